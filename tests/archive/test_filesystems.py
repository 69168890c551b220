"""Files that are not on this machine's disk: a real server of ``s3://`` on loopback, and memory."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pyarrow.parquet as pq
import pytest

from conversation_models import archive

from ..support.archives import make_archive, total_tokens


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    settings = {
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
    }
    before = dict(os.environ)
    os.environ |= settings
    filesystem = fsspec.filesystem("s3", skip_instance_cache=False)
    filesystem.mkdir("logs")
    yield filesystem
    os.environ.clear()
    os.environ |= before
    server.stop()


# The server takes several seconds.
@pytest.fixture(params=[pytest.param("s3", marks=pytest.mark.long), "memory"])
def store(request: pytest.FixtureRequest) -> tuple[str, Any]:
    filesystem = request.getfixturevalue("s3") if request.param == "s3" else fsspec.filesystem("memory")
    root = "s3://" if request.param == "s3" else "memory:///"
    return f"{root}logs/{request.node.name.partition('[')[0]}", filesystem


def test_a_run_reads_and_writes_objects(tmp_path: Path, store: tuple[str, Any]) -> None:
    url, filesystem = store
    paths = make_archive(tmp_path, files=5, bodies=20)
    for path in paths:
        filesystem.pipe(f"{url}/in/{os.path.basename(path)}", Path(path).read_bytes())
    run = archive.run([f"{url}/in/"], f"{url}/out")
    assert run.complete
    assert [part.source for part in run.parts] == [f"{url}/in/{os.path.basename(path)}" for path in paths]
    names = {os.path.basename(name) for name in filesystem.ls(f"{url}/out", detail=False)}
    assert names == {"manifest.json", *[f"part-{index:06}.parquet" for index in range(5)]}
    tokens = 0
    for part, path in zip(run.parts, paths, strict=True):
        with filesystem.open(f"{url}/out/{part.name}") as file:
            table = pq.read_table(file)
        assert table.drop_columns("source").equals(archive.usage_table(path).drop_columns("source"))
        tokens += sum(filter(None, table["total_tokens"].to_pylist()))
    assert tokens == total_tokens(paths)


def test_missing_parts_are_made_and_changed_objects_read_again(tmp_path: Path, store: tuple[str, Any]) -> None:
    url, filesystem = store
    paths = make_archive(tmp_path, files=3, bodies=5)
    for path in paths:
        filesystem.pipe(f"{url}/in/{os.path.basename(path)}", Path(path).read_bytes())
    archive.run([f"{url}/in/*.ndjson*"], f"{url}/out")
    filesystem.rm(f"{url}/out/part-000001.parquet")
    filesystem.pipe(f"{url}/in/{os.path.basename(paths[2])}", Path(paths[0]).read_bytes())
    told: list[archive.Progress] = []
    run = archive.run([f"{url}/in/*.ndjson*"], f"{url}/out", on_progress=told.append)
    assert sorted(one.part.name for one in told if one.part) == ["part-000001.parquet", "part-000002.parquet"]
    assert run.parts[2].rows == run.parts[0].rows


def test_the_directory_of_another_run_is_refused(tmp_path: Path, store: tuple[str, Any]) -> None:
    url, filesystem = store
    (path,) = make_archive(tmp_path, files=1, bodies=5)
    filesystem.pipe(f"{url}/in/a", Path(path).read_bytes())
    archive.run([f"{url}/in/a"], f"{url}/out")
    with pytest.raises(archive.ArchiveError, match="other path of the bodies"):
        archive.run([f"{url}/in/a"], f"{url}/out", at="body")
    holder = b'{"token":"t","host":"elsewhere","process":1,"renewed_at":99999999999}'
    filesystem.pipe(f"{url}/out/run.json", holder)
    with pytest.raises(archive.ArchiveError, match="another run writes into it, process 1 on elsewhere"):
        archive.run([f"{url}/in/a"], f"{url}/out")
    assert filesystem.cat(f"{url}/out/run.json") == holder


def test_an_object_that_is_missing_is_an_error(store: tuple[str, Any]) -> None:
    url, _ = store
    with pytest.raises(archive.ArchiveError, match="nothing"):
        archive.usage_table(f"{url}/nothing")


@pytest.mark.long
def test_a_bucket_that_is_missing_is_an_error(s3: Any) -> None:
    assert s3
    for path in ("s3://nowhere/a", "s3://nowhere/*"):
        with pytest.raises(archive.ArchiveError, match="nowhere"):
            archive.run([path], "memory://out")
