"""The commands, and what they answer to the shell."""

import io
import os
import sys
from collections.abc import Callable, Iterator
from itertools import count
from typing import Annotated

import typer

from ..errors import ConversationDecodeError, ConversationModelsError
from ..models.events import ConversationEvent, ResponseErrorEvent
from ..models.responses import ConversationResponse
from ..spelling.twins import Naming
from ..stream.builder import collect as collect_events
from ..stream.errors import ConversationResponseError
from .inputs import Documents, Events, InputError, codec_for, open_input
from .terminal import complain, end_long_read, output, say
from .transcript import Transcript

__all__ = ["run"]

app = typer.Typer(
    help="Read, check and convert Mistral conversations: responses, and streams of server-sent events.",
    add_completion=False,
    pretty_exceptions_enable=False,
)

Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE",
        help="JSON, newline-delimited JSON or a captured stream; - is standard input.",
        show_default=False,
    ),
]
File = Annotated[str, typer.Argument(metavar="[FILE]", help="Standard input when not given.", show_default=False)]
NamingOption = Annotated[
    Naming | None,
    typer.Option(help="How the keys are spelled: conversationId or conversation_id. Found out when not given."),
]


def run() -> int:
    """Run the command that the arguments ask for; what it returns is the exit status."""
    if not isinstance(sys.stdout, io.TextIOWrapper):
        complain("standard output is closed")
        return 1
    # Text that the terminal's encoding does not have is no reason to stop.
    sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status = app(sys.argv[1:] or ["--help"], prog_name="conversation-models", standalone_mode=False)
        sys.stdout.flush()
    except OSError as error:
        # What is still in the buffer would fail once more when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            complain(f"standard output: {error.strerror}")
        return 1
    except Exception as error:
        # Wrong usage. By what it can do: some versions of typer raise click's exceptions, others their own.
        usage = getattr(error, "format_message", None)
        if usage is None:
            raise
        complain(f"{' '.join(usage().split())} (--help tells more)")
        return 2
    return int(status or 0)


@app.command()
def show(files: Files, naming: NamingOption = None) -> int:
    """Print conversations for a person to read.

    A live stream is shown as it arrives: curl -N ... | conversation-models show -
    """

    headings = count()

    def show_one(source: Documents | Events) -> bool:
        if len(files) > 1:
            if next(headings):
                output.print()
            say(f"==> {source.name} <==", "bold")
        return show_stream(source) if isinstance(source, Events) else show_documents(source)

    return each(files, naming, show_one, progress=not sys.stdout.isatty())


def show_documents(source: Documents) -> bool:
    ok = True
    for record in source:
        if isinstance(record.value, ConversationResponse):
            if source.count > 1:
                output.print()
            Transcript(output).response(record.value)
        else:
            complain(f"{source.place}: {record.value}")
            ok = False
    return ok


def show_stream(source: Events) -> bool:
    transcript = Transcript(output)
    errors = []
    try:
        for record in source:
            if isinstance(record.value, ConversationDecodeError):
                errors.append(f"{source.place}: {record.value}")
            elif isinstance(record.value, ResponseErrorEvent):
                errors.append(f"{source.name}: {reported(record.value)}")
            elif not isinstance(record.value, ConversationResponse):
                transcript.event(record.value)
    except ConversationModelsError as error:
        errors.append(f"{source.name}: {error}")
    finally:
        transcript.end()
    for message in errors:
        complain(message)
    return not errors


@app.command()
def validate(files: Files, naming: NamingOption = None) -> int:
    """Check that documents and streams are what the models can read.

    Prints a line for each FILE, and one for each document or event that is wrong, with the path of the error.

    Fields and types that the models do not know are warnings. The exit status is 1 if anything is wrong.
    """
    return each(files, naming, validate_one)


def validate_one(source: Documents | Events) -> bool:
    drift = Drift()
    namings = set()
    invalid = 0
    try:
        for record in source:
            if isinstance(record.value, ConversationDecodeError):
                say(f"{source.place}: invalid: {record.value}", "red")
                invalid += 1
                continue
            namings.add({"camel": "camelCase", "snake": "snake_case"}[record.codec.naming])
            warnings = drift.new(record.drift())
            if isinstance(record.value, ResponseErrorEvent):
                warnings.append(reported(record.value))
            for warning in warnings:
                say(f"{source.place}: warning: {warning}", "yellow")
    except ConversationModelsError as error:
        say(f"{source.name}: invalid: {error}", "red")
        return False
    one_document = source.count == 1 and isinstance(source, Documents)
    if not invalid:
        facts = [*([] if one_document else [f"{source.count:,} {source.noun}s"]), *sorted(namings)]
        say(f"{source.name}: ok ({', '.join(facts)})", "green")
    elif not one_document:
        say(f"{source.name}: {invalid:,} of {source.count:,} {source.noun}s are invalid", "red")
    return not invalid


@app.command()
def convert(
    to: Annotated[Naming, typer.Option("--to", help="The spelling to write.", show_default=False)],
    from_: Annotated[
        Naming | None, typer.Option("--from", help="The spelling to read. Found out when not given.")
    ] = None,
    file: File = "-",
) -> int:
    """Write documents or a stream to standard output, in the naming asked for.

    What cannot be read is left out; so are fields that the models do not know. Both are named on standard error.
    """
    target = codec_for(to)

    def convert_one(source: Documents | Events) -> bool:
        drift = Drift()
        ok = True
        for record in source:
            if isinstance(record.value, ConversationDecodeError):
                complain(f"{source.place}: {record.value}")
                ok = False
                continue
            if isinstance(record.value, ConversationResponse):
                sys.stdout.buffer.write(target.encode_lines([record.value]))
            else:
                sys.stdout.buffer.write(target.encode_event(record.value))
            for warning in drift.new(record.drift()):
                complain(f"{source.place}: warning: {warning}")
        return ok

    return each([file], from_, convert_one, progress=not sys.stdout.isatty())


@app.command()
def collect(file: File = "-", naming: NamingOption = None) -> int:
    """Put a captured stream together: print the final response as JSON, in the naming of the stream."""

    def collect_one(source: Documents | Events) -> bool:
        if isinstance(source, Documents):
            raise InputError("not a stream of server-sent events")
        try:
            response = collect_events(valid_events(source))
        except ConversationResponseError as error:
            raise InputError(reported(error.event)) from error
        sys.stdout.buffer.write(codec_for(source.naming).encode_lines([response]))
        return True

    return each([file], naming, collect_one)


def valid_events(source: Events) -> Iterator[ConversationEvent]:
    for record in source:
        if isinstance(record.value, ConversationDecodeError):
            raise InputError(f"event {source.count}: {record.value}")
        if not isinstance(record.value, ConversationResponse):
            yield record.value


# What the commands share ---------------------------------------------------------------------------------------------


def each(
    files: list[str], naming: Naming | None, command: Callable[[Documents | Events], bool], *, progress: bool = True
) -> int:
    """Run ``command``, which says whether all was well, on every file; the exit status."""
    status = 0
    for path in files:
        try:
            if not command(open_input(path, naming, progress=progress)):
                status = 1
        except (InputError, ConversationModelsError) as error:
            complain(f"{path}: {error}")
            status = 1
        finally:
            end_long_read()
    return status


class Drift:
    """What the models do not know in an input, each thing once: lines of a kind would all say the same."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def new(self, paths: list[str]) -> list[str]:
        """Warnings of those of ``paths`` that there was none of yet."""
        new = [path for path in paths if path not in self._told]
        # An input of any length may hold any number of them.
        if len(self._told) < 10_000:
            self._told.update(new)
        return [f"the models do not know {path}" for path in new]


def reported(event: ResponseErrorEvent) -> str:
    """What the service said when it gave up."""
    return f"the service reported an error: {event.message} (code {event.code})"
