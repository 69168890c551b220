"""What cannot be read is set aside, with its offset and the reason, and the rest of the file is read."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conversation_models import archive
from conversation_models.archive import opening
from conversation_models.archive.options import Options
from conversation_models.archive.reading import Reading

from ..support.amounts import examples
from ..support.archives import answer, lines_of, stored, stream_of
from ..support.paths import ROOT
from ..support.program import frame


class Found:
    """The table of a file and what was set aside."""

    def __init__(self, path: str | Path, **options: Any) -> None:
        self.rejects: list[archive.Reject] = []
        self.table = archive.usage_table(str(path), on_reject=self.rejects.append, **options)

    @property
    def ids(self) -> list[str]:
        ids: list[str] = self.table["conversation_id"].to_pylist()
        return ids

    @property
    def places(self) -> list[tuple[int, int | None, str]]:
        return [reject[1:] for reject in self.rejects]


FIRST, SECOND = lines_of([answer(1)]), lines_of([answer(2)])
IDS = ["conv_1", "conv_2"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"conversation_id": "c", "out', "Input data was truncated (byte 29)"),
        (b"<html>Bad gateway</html>", "JSON is malformed: invalid character (byte 0)"),
        (b"\x7fELF\x00\xff", "JSON is malformed: invalid character (byte 0)"),
        (b"[1, 2]", "not a response, a request or the body of an error"),
        (b'{"hello": 1}', "not a response, a request or the body of an error"),
        (b'{"type": "message.output.delta", "id": "m", "content": ""}', "an event outside of a stream"),
    ],
)
def test_a_line_that_cannot_be_read_is_set_aside(tmp_path: Path, line: bytes, reason: str) -> None:
    found = Found(stored(tmp_path / "a.ndjson", FIRST + line + b"\n" + SECOND))
    assert found.ids == IDS
    assert found.places == [(len(FIRST), len(line), reason)]
    assert found.rejects[0].source == str(tmp_path / "a.ndjson")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (
            b'{"conversation_id": 5, "outputs": [], "usage": {}}',
            "Expected `str`, got `int` - at `$.conversation_id`",
        ),
        (
            b'{"conversation_id": "c", "outputs": [], "usage": {"totalTokens": 5}}',
            "`totalTokens` is the camelCase spelling of `total_tokens`: read this with `cm.camel` - at"
            " `$.usage.totalTokens`",
        ),
    ],
)
def test_an_unreadable_response_is_a_row_and_set_aside(tmp_path: Path, line: bytes, reason: str) -> None:
    found = Found(stored(tmp_path / "a.ndjson", FIRST + line + b"\n" + SECOND))
    assert found.table["status"].to_pylist() == ["completed", "unreadable", "completed"]
    assert found.table["total_tokens"].to_pylist() == [4, None, 5]
    assert found.places == [(len(FIRST), len(line), reason)]


@pytest.mark.parametrize(
    ("usage", "fits"),
    [({"total_tokens": 2**63 - 1}, True), ({"total_tokens": 2**63}, False), ({"connectors": {"a": 2**63}}, False)],
)
def test_a_number_that_does_not_fit_is_set_aside(tmp_path: Path, usage: dict[str, Any], fits: bool) -> None:
    line = lines_of([{"conversation_id": "c", "outputs": [], "usage": usage}])
    found = Found(stored(tmp_path / "a.ndjson", line))
    assert found.ids == (["c"] if fits else [])
    assert found.places == ([] if fits else [(0, len(line) - 1, "a number that does not fit in 64 bits")])


def test_a_file_that_begins_within_a_line_is_still_lines(tmp_path: Path) -> None:
    found = Found(stored(tmp_path / "a.ndjson", FIRST[20:] + FIRST + SECOND))
    assert found.ids == IDS
    assert [reject.offset for reject in found.rejects] == [0]


@pytest.mark.parametrize("at", [None, "response.body"])
def test_an_envelope_without_a_body_is_set_aside(tmp_path: Path, at: str | None) -> None:
    documents = [{"response": {"body": answer(1)}}, {"response": None}, {"response": {"body": None}}]
    found = Found(stored(tmp_path / "a.ndjson", lines_of(documents)), at=at)
    assert found.ids == (["conv_1"] if at else [])
    assert len(found.rejects) == (2 if at else 3)


def test_a_stream_whose_end_is_malformed_is_a_row_and_set_aside(tmp_path: Path) -> None:
    bad = frame("conversation.response.started", conversation_id="c") + frame("conversation.response.done", usage=5)
    found = Found(stored(tmp_path / "a.sse", (stream_of(1) + bad + stream_of(2)).encode()))
    assert found.table["status"].to_pylist() == ["completed", "unreadable", "completed"]
    ((offset, _, reason),) = found.places
    assert offset == len(stream_of(1))
    assert reason == "Expected `object`, got `int` - at `$.usage`"


def test_a_stream_without_a_response_is_set_aside(tmp_path: Path) -> None:
    found = Found(stored(tmp_path / "a.sse", b": ping\n\n: ping\n\n"))
    assert (found.ids, found.places) == ([], [(0, None, "a stream without a response")])


@pytest.mark.parametrize("name", ["a.gz", "a.zst"])
def test_a_file_whose_compressed_data_is_cut_off_is_read_up_to_there(tmp_path: Path, name: str) -> None:
    path = Path(stored(tmp_path / name, lines_of(map(answer, range(4000)))))
    path.write_bytes(path.read_bytes()[:-10])
    found = Found(path)
    assert len(found.ids) > (3000 if name == "a.zst" else 3990)
    assert found.ids == [f"conv_{number}" for number in range(len(found.ids))]
    assert found.rejects[-1].reason == f"the {'gzip' if name == 'a.gz' else 'zstd'} data is cut off"


@pytest.mark.parametrize("name", ["a.gz", "a.zst"])
def test_damaged_compressed_data_is_set_aside(tmp_path: Path, name: str) -> None:
    path = Path(stored(tmp_path / name, FIRST))
    path.write_bytes(path.read_bytes() + b"garbage")
    found = Found(path)
    assert found.ids == ["conv_1"]
    assert found.rejects[-1].reason.startswith(f"the {'gzip' if name == 'a.gz' else 'zstd'} data is damaged: ")


@pytest.mark.parametrize("name", ["a.gz", "a.zst"])
def test_several_members_in_a_file_are_one_text(tmp_path: Path, name: str) -> None:
    path = Path(stored(tmp_path / name, FIRST))
    path.write_bytes(
        path.read_bytes() + Path(stored(tmp_path / name, SECOND)).read_bytes() + bytes(20) * (name == "a.gz")
    )
    assert (Found(path).ids, Found(path).rejects) == (IDS, [])


@given(st.binary(max_size=300))
@example(b"[]")
@examples(300)
def test_any_bytes_are_read_skipped_or_set_aside(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        reading = Reading(stored(Path(folder, "a"), data), Options(None, {}), lambda _: None)
        rows = len(list(reading.rows()))
    assert rows + reading.rejected + reading.skipped > 0 or not data.strip(b"\0 \t\r\n\f\v\xef\xbb\xbf")


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    for name in ("a", "a.gz", "a.zst"):
        found = Found(stored(tmp_path / name, b""))
        assert (found.ids, found.rejects) == ([], [])


def test_a_file_that_grows_is_read_as_it_was_when_it_was_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "CHUNK", 8)
    path = Path(stored(tmp_path / "a.ndjson", b"nonsense\n" + FIRST + SECOND))
    rejects: list[archive.Reject] = []

    def grow(reject: archive.Reject) -> None:
        if not rejects:
            with path.open("ab") as log:
                log.write(FIRST)
        rejects.append(reject)

    table = archive.usage_table(str(path), on_reject=grow)
    assert table["conversation_id"].to_pylist() == IDS
    size = len(b"nonsense\n" + FIRST + SECOND)
    assert rejects[1:] == [
        (str(path), size, len(FIRST), f"the file grew by {len(FIRST)} bytes while it was read: run again")
    ]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("missing.ndjson", "No such file or directory"),
        ("", "Is a directory"),
        ("memory://missing", "missing"),
        ("unknown://x", "Protocol not known: unknown"),
    ],
)
def test_a_file_that_cannot_be_opened_is_an_error(tmp_path: Path, path: str, reason: str) -> None:
    name = path if ":" in path else str(tmp_path / path)
    with pytest.raises(archive.ArchiveError, match=f"^{re.escape(name)}: .*{reason}"):
        archive.usage_table(name)


MEMORY = """
import re, sys
from conversation_models import archive
rejects = []
table = archive.usage_table(sys.argv[1], on_reject=rejects.append)
# Not ru_maxrss, which includes the memory of the process that forked this one.
peak = re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]
print(table.num_rows, rejects[0].reason, peak, sep="|")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("size", [100 << 20, pytest.param(1 << 30, marks=pytest.mark.long)])
def test_a_line_over_the_limit_is_not_held_in_memory(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.ndjson"
    with path.open("wb") as file:
        file.write(FIRST + b'{"conversation_id": "')
        file.seek(size - 2, os.SEEK_CUR)  # A hole: zeros that take no disk.
        file.write(b'"}\n' + SECOND)
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    rows, reason, peak = done.stdout.split("|")
    line = path.stat().st_size - len(FIRST + SECOND) - 1
    assert (rows, reason) == ("2", f"a body of {line:,} bytes, over the limit of 67,108,864")
    assert int(peak) * 1024 < 260 << 20
