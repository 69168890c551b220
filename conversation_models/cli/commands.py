"""The commands and their exit statuses."""

import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import Annotated

import typer
from msgspec import json

from ..captured.envelopes import laid_out
from ..errors import ConversationDecodeError, ConversationModelsError
from ..models.events import ConversationEvent, ResponseErrorEvent
from ..models.failures import ServiceError
from ..models.responses import ConversationResponse
from ..spelling.families import Naming
from ..stream.builder import collect as collect_events
from ..stream.errors import ConversationResponseError, MultipleResponsesError, with_code
from .findings import Findings
from .inputs import Documents, Events, Expected, InputError, codec_for, open_input
from .options import AnyType, ArchiveAt, ArchiveFiles, AtOption, File, Files, NamingOption, TypeOption
from .pieces import brief
from .sections import json_text
from .terminal import complain, end_long_read, open_streams, output, say, write_json
from .transcript import Transcript

__all__ = ["run"]

app: typer.Typer = typer.Typer(
    help="Read, check and convert Mistral conversations: requests, answers, and streams of server-sent events.",
    add_completion=False,
    pretty_exceptions_enable=False,
)


def run() -> int:
    """Run the command that the arguments ask for, and return the exit status."""
    if not open_streams():
        complain("standard output is closed")
        return 1
    try:
        status = app(sys.argv[1:] or ["--help"], prog_name="conversation-models", standalone_mode=False)
        sys.stdout.flush()
    except (OSError, KeyboardInterrupt) as error:
        # Data left in the buffer would fail again, or wait again for its reader, when the interpreter exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, KeyboardInterrupt):
            return 130
        if not isinstance(error, BrokenPipeError):
            complain(f"standard output: {error.strerror}")
        return 1
    except Exception as error:
        # A usage error. Duck-typed, because typer versions differ in which exception class they raise.
        usage = getattr(error, "format_message", None)
        if usage is None:
            raise
        complain(f"{' '.join(usage().split())} (see --help)")
        return 2
    return int(status or 0)


def print_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version  # Its import takes time.

        output.print(f"conversation-models {version('conversation-models')}")
        raise typer.Exit


@app.callback()
def program(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=print_version, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command()
def show(files: Files, naming: NamingOption = None, type: TypeOption = None, at: AtOption = None) -> int:
    """Print conversations, requests and errors for a person to read.

    A live stream is shown as it arrives: curl -N ... | conversation-models show -
    """

    headings = count()

    def show_one(source: Documents | Events) -> bool:
        if len(files) > 1:
            if next(headings):
                output.print()
            say(f"==> {source.name} <==", "bold")
        return show_stream(source) if isinstance(source, Events) else show_documents(source)

    return each(files, Expected(naming, type, at or ()), show_one, progress=not sys.stdout.isatty())


def show_documents(source: Documents) -> bool:
    with Findings(source, complain, complain) as findings:
        for record in source:
            if isinstance(record.value, ConversationDecodeError):
                findings.error(str(record.value))
            elif isinstance(record.value, (ResponseErrorEvent, ServiceError)):
                for line in reported(record.value):
                    findings.error(line)
            else:
                if source.count > 1:
                    output.print()
                Transcript(output).body(record.value)
    return not findings.errors


def show_stream(source: Events) -> bool:
    transcript = Transcript(output)
    # Errors are held back until the end: a section of the transcript may be half written.
    held: list[str] = []
    try:
        with Findings(source, held.append, held.append) as findings:
            for record in source:
                if isinstance(record.value, ConversationDecodeError):
                    findings.error(str(record.value))
                elif isinstance(record.value, (ResponseErrorEvent, ServiceError)):
                    for line in reported(record.value):
                        findings.error(line, source.name)
                elif not isinstance(record.value, ConversationResponse):
                    transcript.event(record.value)
    finally:
        transcript.end()
        for line in held:
            complain(line)
    return not findings.errors


@app.command()
def validate(files: Files, naming: NamingOption = None, type: TypeOption = None, at: AtOption = None) -> int:
    """Check that the models can read documents and streams.

    Prints a line for each FILE, and a line with the path of the error for each document or event that is wrong.

    Fields and types that the models do not know are warnings. The exit status is 1 if anything is wrong. At most 1,000
    errors and 1,000 warnings are printed for each FILE.
    """
    return each(files, Expected(naming, type, at or ()), validate_one)


def validate_one(source: Documents | Events) -> bool:
    namings = set()
    try:
        with Findings(source, partial(say, style="red"), partial(say, style="yellow")) as findings:
            for record in source:
                if isinstance(record.value, ConversationDecodeError):
                    findings.error(f"invalid: {record.value}")
                    continue
                if record.naming:
                    namings.add({"camel": "camelCase", "snake": "snake_case"}[record.naming])
                findings.drift(record.drift())
                if isinstance(record.value, (ResponseErrorEvent, ServiceError)):
                    for line in reported(record.value):
                        findings.warning(line)
    except ConversationModelsError as error:
        say(f"{source.name}: invalid: {error}", "red")
        return False
    one_document = source.count == 1 and isinstance(source, Documents)
    if not findings.errors:
        facts = [*([] if one_document else [f"{source.count:,} {source.noun}s"]), *sorted(namings)]
        say(f"{source.name}: ok ({', '.join(facts)})" if facts else f"{source.name}: ok", "green")
    elif not one_document:
        say(f"{source.name}: {findings.errors:,} of {source.count:,} {source.noun}s are invalid", "red")
    return not findings.errors


@app.command()
def convert(
    to: Annotated[Naming, typer.Option("--to", help="The spelling to write.", show_default=False)],
    from_: Annotated[Naming | None, typer.Option("--from", help="The spelling to read. Detected if not given.")] = None,
    type: TypeOption = None,
    at: AtOption = None,
    indent: Annotated[int | None, typer.Option(min=1, max=8, help="Lay documents out, indented by so many.")] = None,
    file: File = "-",
) -> int:
    """Write documents or a stream to standard output, with the keys in the spelling asked for.

    Fields that the models do not know are kept as they are; so is every byte around the member that --at names.
    Documents and events that cannot be read are left out and reported on standard error.
    """
    target = codec_for(to)

    def convert_one(source: Documents | Events) -> bool:
        is_stream = isinstance(source, Events)
        if is_stream and indent:
            raise InputError("a stream of server-sent events, for which --indent has no meaning")
        with Findings(source, complain, complain) as findings:
            for record in source:
                if isinstance(record.value, ConversationDecodeError):
                    findings.error(str(record.value))
                elif is_stream:
                    write_json(target.encode_event(record.value))
                else:
                    try:
                        document = record.member.replaced_by(target.encode_lines([record.value]).removesuffix(b"\n"))
                        write_json((laid_out(document, indent) if indent else document.rstrip()) + b"\n")
                    except ConversationDecodeError as error:  # The envelope is not UTF-8.
                        findings.error(str(error))
        return not findings.errors

    return each([file], Expected(from_, type, at or ()), convert_one, progress=not sys.stdout.isatty())


@app.command()
def collect(file: File = "-", naming: NamingOption = None) -> int:
    """Print the final response of a captured stream as JSON, with the keys spelled as in the stream."""

    def collect_one(source: Documents | Events) -> bool:
        if isinstance(source, Documents):
            raise InputError("not a stream of server-sent events")
        try:
            response = collect_events(valid_events(source))
        except ConversationResponseError as error:
            raise InputError(next(reported(error.event))) from error
        except MultipleResponsesError as error:
            raise InputError("the stream holds more than one response") from error
        write_json(codec_for(source.naming).encode_lines([response]))
        return True

    return each([file], Expected(naming), collect_one)


def valid_events(source: Events) -> Iterator[ConversationEvent]:
    for record in source:
        if isinstance(record.value, ConversationDecodeError):
            raise InputError(f"event {source.count}: {record.value}")
        if not isinstance(record.value, ConversationResponse):
            yield record.value


@app.command()
def schema(
    type: AnyType,
    naming: Annotated[Naming, typer.Option(help="The spelling of the keys.")] = "camel",
) -> int:
    """Print the JSON Schema (draft 2020-12) of a model, or of a union of models."""
    write_json(json.format(json.encode(codec_for(naming).schema(type))) + b"\n")
    return 0


@app.command()
def usage(
    files: ArchiveFiles,
    out: Annotated[
        str | None, typer.Option("--out", "-o", metavar="DIR", help="Keep the tables there, as Parquet, one a FILE.")
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Group by model, agent, tool, connector, function, day, or a column."),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print the groups as CSV.")] = False,
    at: ArchiveAt = None,
    key: Annotated[
        list[str] | None,
        typer.Option(metavar="[NAME=]PATH", help="A column of your own, such as team=headers.x-team."),
    ] = None,
    cluster: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="The scheduler of a Dask cluster: tcp://scheduler:8786.")
    ] = None,
) -> int:
    """Print what the calls in archives cost: tokens by model, tool, connector, status and day.

    With -o, a run that was interrupted and is started again reads only the files that are missing. The exit status is 1
    if anything could not be read.
    """
    try:
        from .usage import name_and_path, run_usage
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("conversation_models"):
            raise
        complain(
            f'usage needs the "archive" extra: pip install "conversation-models[cli,archive]" (no module named'
            f" {error.name!r})"
        )
        return 1
    try:
        keys = dict(map(name_and_path, key or []))
        return run_usage(files, out, at=at, keys=keys, by=by or [], as_csv=csv, cluster=cluster)
    except (ConversationModelsError, InputError, ValueError) as error:
        complain(str(error))
        return 1
    finally:
        end_long_read()


# Shared by the commands ----------------------------------------------------------------------------------------------


def each(
    files: list[str], expected: Expected, command: Callable[[Documents | Events], bool], *, progress: bool = True
) -> int:
    """Run ``command`` on every file and return the exit status: 0 if it returned true for all of them."""
    status = 0
    for path in files:
        try:
            if not command(open_input(path, expected, progress=progress)):
                status = 1
        except (InputError, ConversationModelsError) as error:
            complain(f"{path}: {error}")
            status = 1
        finally:
            end_long_read()
    return status


def reported(error: ResponseErrorEvent | ServiceError) -> Iterator[str]:
    """The error that the service, or a gateway, sent: its message, and its details if there are more."""
    yield f"the service reported an error: {with_code(error)}"
    details = error.details if isinstance(error, ServiceError) else None
    for detail in details if isinstance(details, list) else [details] if details else []:
        match detail:
            case {"loc": [*place], "msg": str(problem)}:
                line = f"{'.'.join(map(str, place))}: {problem}"
            case dict():
                # The input that was wrong may be a secret.
                line = brief(json_text({name: value for name, value in detail.items() if name != "input"}))
            case _:
                line = brief(json_text(detail))
        if line != error.message:
            yield line
