"""A new type is declared among the models and nowhere else: a copy of the package gets one of each kind."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ..support.amounts import some
from ..support.paths import ROOT

# For each module of the models: what is declared in it, and the union that gets a member.
DECLARED = {
    "chunks.py": (
        '''class VideoChunk(TaggedModel, frozen=True, kw_only=True, tag="video_url"):
    """A video."""

    type: ClassVar[Literal["video_url"]] = "video_url"
    video_url: str
    frame_rate: int | UnsetType = UNSET


''',
        "ContentChunk: TypeAlias = Open[",
        "VideoChunk",
    ),
    "entries.py": (
        '''class VideoOutputEntry(Entry, frozen=True, kw_only=True, tag="video.output"):
    """A video that the model made."""

    type: ClassVar[Literal["video.output"]] = "video.output"
    video_parts: list[ContentChunk]


''',
        "OutputEntry: TypeAlias = Open[",
        "VideoOutputEntry",
    ),
    "events.py": (
        '''class VideoOutputEvent(Event, frozen=True, kw_only=True, tag="video.output.delta"):
    """A piece of a video."""

    type: ClassVar[Literal["video.output.delta"]] = "video.output.delta"
    id: str
    video_part: ContentChunk
    output_index: int = 0


''',
        "ConversationEvent: TypeAlias = Open[",
        "VideoOutputEvent",
    ),
}
RECOGNISED = """

from .chunks import VideoChunk
from .entries import VideoOutputEntry
from .events import VideoOutputEvent

RECOGNISED_BY += (
    Sign(VideoChunk, "video_url"),
    Sign(VideoOutputEntry, "video_parts"),
    Sign(VideoOutputEvent, "video_part"),
)
"""

PROGRAM = r"""
import json, sys
import conversation_models as cm
from conversation_models.models.chunks import VideoChunk
from conversation_models.models.entries import VideoOutputEntry
from conversation_models.models.events import VideoOutputEvent

chunk = {"type": "video_url", "video_url": "https://example.org/v", "frame_rate": 25}
entry = {"type": "video.output", "object": "entry", "id": "v", "video_parts": [chunk]}
message = {"type": "message.output", "object": "entry", "content": [chunk], "role": "assistant"}
usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
body = {"object": "conversation.response", "conversation_id": "c", "outputs": [entry, message], "usage": usage}
video = VideoChunk(video_url="https://example.org/v", frame_rate=25)

def untagged(value):
    if isinstance(value, dict):
        return {key: untagged(member) for key, member in value.items() if key not in ("type", "object", "role")}
    return [untagged(member) for member in value] if isinstance(value, list) else value

KEYS = "conversation_id video_url frame_rate video_parts video_part".split() + list(usage)

def camel(text):
    for key in KEYS:
        head, *rest = key.split("_")
        text = text.replace(f'"{key}": ', f'"{head}{"".join(map(str.title, rest))}": ')
    return text

for given in body, untagged(body):
    for codec, text in (cm.snake, json.dumps(given)), (cm.camel, camel(json.dumps(given))):
        response = codec.decode(text)
        made, said = response.outputs
        assert isinstance(made, VideoOutputEntry) and made.video_parts == [video], made
        assert isinstance(said, cm.MessageOutputEntry) and said.content == [video], said
        assert json.loads(cm.snake.encode(response)) == body
        assert json.loads(cm.camel.encode(response)) == json.loads(camel(json.dumps(body)))
        assert codec.drift(text) == []
        assert {"VideoChunk", "VideoOutputEntry"} <= codec.schema()["$defs"].keys()
        assert repr(made).startswith("VideoOutputEntry(id='v', ") or given is not body, made

event = {"type": "video.output.delta", "id": "v", "video_part": chunk}
for given in event, untagged(event):
    for codec, text in (cm.snake, json.dumps(given)), (cm.camel, camel(json.dumps(given))):
        for frame in f"event: video.output.delta\ndata: {text}\n\n", f"data: {text}\n\n":
            (read,) = codec.event_decoder().feed(frame)
            assert read == VideoOutputEvent(id="v", video_part=video), read
            builder = cm.ResponseBuilder()
            builder.add(read)
            assert builder.response.outputs == []
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the package that has the new types."""
    folder = tmp_path_factory.mktemp("site")
    models = folder / "conversation_models" / "models"
    shutil.copytree(ROOT / "conversation_models", folder / "conversation_models")
    for name, (declaration, union, member) in DECLARED.items():
        source = (models / name).read_text("utf-8")
        assert source.count(union) == 1
        (models / name).write_text(source.replace(union, f"{declaration}{union}{member} | "), "utf-8")
    recognition = models / "recognition.py"
    recognition.write_text(recognition.read_text("utf-8") + RECOGNISED, "utf-8")
    return folder


def run(site: Path, *arguments: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(site)}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=site, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_declared_type_is_read_written_converted_and_recognised(site: Path) -> None:
    run(site, "-c", PROGRAM)


BODY = (
    '{"conversation_id": "c", "outputs": [{"type": "video.output", "id": "v", "video_parts": '
    '[{"video_url": "https://example.org/v"}]}], "usage": {"total_tokens": 3}}'
)
STREAM = (
    'data: {"type":"conversation.response.started","conversation_id":"c"}\n\n'
    'data: {"type":"video.output.delta","id":"v","video_part":{"type":"video_url","video_url":"https://example.org/v"}}\n\n'
    'data: {"type":"conversation.response.done","usage":{"total_tokens":3}}\n\n'
)


# In one process: the imports take longer than the commands.
COMMANDS = r"""
import sys
from conversation_models.__main__ import main

streams = sys.stdout, sys.stderr
for command in ["show"], ["validate"], ["convert", "--to", "camel"], ["schema", "VideoChunk"]:
    sys.argv[1:] = command if command[0] == "schema" else [*command, "input"]
    assert main() == 0
    sys.stdout.flush()
    sys.stdout, sys.stderr = streams
    print("\f", end="", flush=True)
"""


@some(1, "text", [BODY, STREAM])
def test_the_command_line_shows_checks_and_converts_a_declared_type(site: Path, text: str) -> None:
    (site / "input").write_text(text, "utf-8")
    shown, checked, converted, schema, _ = run(site, "-c", COMMANDS).split("\f")
    assert "video.output" in shown
    assert "https://example.org/v" in shown
    assert "ok" in checked
    assert "warning" not in checked
    assert "https://example.org/v" in converted
    assert '"frameRate"' in schema
