"""The arguments and options that several commands have."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import typer

from ..captured.envelopes import path_of
from ..spelling.families import Naming
from .types import BODIES, TYPES, type_named

__all__ = ["AnyType", "ArchiveAt", "ArchiveFiles", "AtOption", "File", "Files", "NamingOption", "TypeOption"]


def _parsed(parse: Callable[[str], Any], text: str) -> Any:
    """The value of an option."""
    try:
        return parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE",
        help="JSON, newline-delimited JSON or a captured stream; - for standard input.",
        show_default=False,
    ),
]
ArchiveFiles = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE",
        help="Files, globs and directories, here or anywhere that fsspec opens: s3://logs/2025-11/. - for stdin.",
        show_default=False,
    ),
]
File = Annotated[str, typer.Argument(metavar="[FILE]", help="Standard input if not given.", show_default=False)]
NamingOption = Annotated[
    Naming | None,
    typer.Option(help="How the keys are spelled: conversationId or conversation_id. Detected if not given."),
]
TypeOption = Annotated[
    Any,
    typer.Option(
        metavar="NAME",
        parser=partial(_parsed, partial(type_named, BODIES)),
        help="The type of the documents, such as ConversationHistory or list[Conversation]. Detected if not given.",
    ),
]
AnyType = Annotated[
    Any,
    typer.Argument(
        metavar="TYPE",
        parser=partial(_parsed, partial(type_named, TYPES)),
        help=f"One of {', '.join(sorted(TYPES))}.",
        show_default=False,
    ),
]


def _checked_path(text: str) -> str:
    _parsed(path_of, text)
    return text


ArchiveAt = Annotated[
    str | None,
    typer.Option(metavar="PATH", parser=_checked_path, help="Where in each document the body is: response.body"),
]
AtOption = Annotated[
    Any,
    typer.Option(
        metavar="PATH", parser=partial(_parsed, path_of), help="Where in each document the body is: response.body"
    ),
]
