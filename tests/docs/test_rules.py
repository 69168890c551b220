"""The rules for the documentation's blocks fail where they should, and pass where they should."""

from pathlib import Path

import pytest

import conversation_models as cm

from .pages import blocks_in
from .rules import BlockError, check, check_kind, is_doctest, run_doctests


def wrong_in(text: str, folder: Path) -> str:
    """Why the only block of a page fails. Empty if it does not."""
    (block,) = blocks_in(text, "page.md")
    try:
        check_kind(block)
        if is_doctest(block):
            run_doctests([block], "page.md")
        else:
            check(block, None, folder, text)
    except (BlockError, ValueError, cm.ConversationModelsError) as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("block", "why"),
    [
        ("```\nx\n```", "no rule for a block"),
        ("    indented", "no rule for a block"),
        ("```rust\nx\n```", "no rule for a block"),
        ("```{code-block} python\nx = 1\n```", "no rule for a block"),
        ("```python later\nprint(1)\n```", "no rule for a block"),
        ("```python check\n>>> 1\n```", "A doctest has no word"),
        ("```python\n>>> 1\n2\n```", "Expected:"),
        ("```python\nraise SystemExit(3)\n```", "ended with status 3"),
        ("```python\nx = 1\n```", "only defines names"),
        ("```python app=nothing\nprint(1)\n```", "no server for app=nothing"),
        ("```python before\ndef f() -> None: ...\n```", "only the functions of its own page"),
        ("```python untested\nprint(1)\n```", "does not say that it is not run"),
        ("```python check\nx: int = ''\n```", "Incompatible types"),
        ("```console\nrm -r x\n```", "no rule for the command"),
        ("```console\npip install conversation-modules\n```", "does not name conversation-modules"),
        ("```console\npip install 'conversation-models[cloud]'\n```", "does not name conversation-models[cloud]"),
        ("```console\nconversation-models show absent.json\n```", "ended with status"),
        ("```console check\nconversation-models usage logs/ --clusters x\n```", "ended with status 2"),
        ("```console\n$ conversation-models --version\n1\n```", "Printed:\nconversation-models 0."),
        ("```console\n$ pip install httpx\nDone\n```", "which is not run"),
        ("```json any\n{\n```", "Expecting"),
        ('```json\n{"a": 1}\n```', "cannot be told"),
        ('```json TextChunk\n{"type": "text"}\n```', "missing required field `text`"),
        ('```json Nothing\n{"type": "text"}\n```', "no type is called 'Nothing'"),
        ('```text events\ndata: {"type": "video.delta"}\n\n```', "Not all of these are events"),
        ("```sql sqlite\nSELECT * FROM usage WHERE team = 'none'\n```", "It finds nothing"),
    ],
)
def test_a_wrong_block_is_found(block: str, why: str, tmp_path: Path) -> None:
    assert why in wrong_in(block, tmp_path)


@pytest.mark.parametrize(
    "block",
    [
        "```python\n>>> 1\n1\n```",
        "```python\nprint(1)\n```",
        "```python untested\nprint(1)\n```\nIt is not run by a test.",
        "```python check\nx: int = 1\n```",
        "```console\npip install 'conversation-models[cli]' httpx  # both\nconversation-models show log.ndjson\n```",
        "```console\n$ conversation-models --version\nconversation-models ...\n```",
        "```console check\nconversation-models usage s3://logs/ --cluster tcp://scheduler:8786\n```",
        '```json\n{"detail": "Invalid API Key"}\n```',
        '```json TextChunk\n{"type": "text", "text": "a"}\n```',
        "```sql sqlite\nSELECT * FROM usage\n```",
        "```text\n+---+\n```",
        "```{toctree}\na\n```",
    ],
)
def test_a_right_block_passes(block: str, tmp_path: Path) -> None:
    assert wrong_in(block, tmp_path) == ""
