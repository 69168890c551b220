"""Markdown on a terminal: the text that the reader sees, and the breaks of its lines."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from conversation_models.cli.markdown import rendered
from conversation_models.cli.wrapping import Fragment, wrapped

from ..support.each import each
from ..support.program import response, run
from ..support.terminals import STYLES, on_terminal


def shown(source: str, width: int = 40) -> str:
    return "".join([text for text, _ in rendered([Fragment(source)], width)])


def styles(source: str) -> dict[str, str]:
    return {text: style for text, style in rendered([Fragment(source)], 40) if text and style}


def test_marks_become_styles() -> None:
    assert shown("# Top\n## Next\n**a** _b_ ~~c~~ `d` [e](https://e.example)") == (
        "Top\nNext\na b c d e (https://e.example)\n"
    )
    assert styles("# Top\n## Next\n**a** _b_ ~~c~~ `d` ***f*** [e](https://e.example)") == {
        "Top": "bold underline",
        "Next": "bold",
        "a": "bold",
        "b": "italic",
        "c": "strike",
        "d": "green",
        "f": "bold italic",
        "e": "underline",
        " (https://e.example)": "dim",
    }


def test_lists_and_quotes_keep_their_form() -> None:
    source = """\
Text
* one
* two
  - deep

3) three

   more
4) four
-

> said
> > again
>
> - item
***
"""
    assert (
        shown(source)
        == """\
Text
• one
• two
  • deep

3) three

   more
4) four
•\N{SPACE}

│ said
│ │ again
│
│ • item
────────────────────
"""
    )


def test_lines_break_between_words_and_below_the_text_of_items() -> None:
    source = (
        "- The tallest lighthouse in Brittany stands on an island\n\n> quoted text is also broken between its words"
    )
    assert (
        shown(source, 30)
        == """\
• The tallest lighthouse in
  Brittany stands on an island

│ quoted text is also broken
│ between its words
"""
    )


def test_code_is_never_broken() -> None:
    line = "x = " + " + ".join(map(str, range(40)))
    for source, expected in (
        (f"```python numbers\n{line}\n\n\tindented  \n```", f"```python numbers\n{line}\n\n\tindented  \n```\n"),
        (f"    {line}\n", f"    {line}\n"),
        (f"- a\n\n  ~~~\n  {line}\n  ~~~", f"• a\n\n  ~~~\n  {line}\n  ~~~\n"),
        (f"> ```\n> {line}", f"│ ```\n│ {line}\n│ ```\n"),
    ):
        assert shown(source, 20) == expected


def test_words_are_never_broken() -> None:
    url = "https://towers.example/" + "a" * 60
    assert shown(f"See {url} or {url}, please", 30) == f"See\n{url}\nor\n{url},\nplease\n"
    assert shown(f"- {url}", 30) == f"• {url}\n"


def test_chinese_breaks_between_characters() -> None:
    assert shown("灯塔很高" * 4, 10) == "灯塔很高灯\n塔很高灯塔\n很高灯塔很\n高\n"


@each(
    ("source", "expected"),
    [
        ("<b>x</b> <script>y</script>", "<b>x</b> <script>y</script>"),
        ("<!-- hidden -->", "<!-- hidden -->"),
        ("[1]: https://one.example 'title'", "[1]: https://one.example 'title'"),
        ("[a](<https://a.example> 'title')", "a (https://a.example title)"),
        ("![a *cat*](https://cat.example/c.png)", "[image a *cat* https://cat.example/c.png]"),
        ("![](https://cat.example/c.png)", "[image https://cat.example/c.png]"),
        ("<https://a.example>", "https://a.example"),
        ("[https://good.example](https://evil.example)", "https://good.example (https://evil.example)"),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("| a | b |\n|---|---|\n| 1 | 2 | 3 |", "| a | b |\n|---|---|\n| 1 | 2 | 3 |"),
        ("> " * 30 + "deep", "> " * 30 + "deep"),
        ("one\ntwo  \nthree", "one\ntwo\nthree"),
        (r"2 \* 3 &lt; 7", "2 * 3 < 7"),
    ],
)
def test_nothing_is_hidden(source: str, expected: str) -> None:
    assert shown(source, 200).rstrip("\n") == expected


@pytest.mark.parametrize(
    "source",
    [
        "&#27;[2J &#x9b;31m &#x202e; &#8232;",
        "<https://a.example/%1b%5d0;title%07>",
        "[a](https://a.example/%1b '&#x202e;\n&#13;')",
        "![&#x202e;](https://a.example/%9b)",
        "```&#x202e;\n&#x202e;\n```",
        "`&#x202e;`",
        "# &#x202e;",
    ],
)
def test_controls_that_the_text_spells_are_visible(source: str) -> None:
    assert not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e]", shown(source))


def test_fragments_that_are_not_markdown_are_kept() -> None:
    fragments = [Fragment("**See"), Fragment("[1_a_]", "cyan"), Fragment("** `code"), Fragment("[2]", "cyan")]
    fragments += [Fragment("`\ue000\n```\nx"), Fragment("[*3*]", "cyan"), Fragment("\n```")]
    assert [fragment for fragment in rendered(fragments, 80) if fragment.text] == [
        Fragment("See", "bold"),
        Fragment("[1_a_]", "cyan"),
        Fragment(" "),
        Fragment("code", "green"),
        Fragment("[2]", "cyan"),
        Fragment("\N{REPLACEMENT CHARACTER}"),
        Fragment("\n"),
        Fragment("```", "dim"),
        Fragment("\n"),
        Fragment("x", "green"),
        Fragment("[*3*]", "cyan"),
        Fragment("\n"),
        Fragment("```", "dim"),
        Fragment("\n"),
    ]


@pytest.mark.parametrize("source", ["**a** " * 10_000, "> " * 100_000])
def test_long_text_is_not_read_as_markdown(source: str) -> None:
    assert shown(source, 80).split() == source.split()


@given(st.text("ab  \n*_`~#>-+1.)[]()!<&;|\\\t"), st.integers(1, 30))
def test_any_text_is_shown(source: str, width: int) -> None:
    """Marks may vanish, and letters may not."""
    assert re.sub("[^ab]", "", shown(source, width)) == re.sub("[^ab]", "", source)


texts = st.text("ab é灯 \n\t")


@given(st.lists(texts), st.integers(1, 12))
def test_wrapped_lines_are_as_long_as_words_allow(parts: list[str], width: int) -> None:
    fragments = [Fragment(part, str(index)) for index, part in enumerate(parts)]
    lines = [*wrapped(fragments, width)]
    assert [style for _, style in lines] == [style for _, style in fragments]
    text, before = "".join([text for text, _ in lines]), "".join(parts)
    assert text.split() == [word for line in text.split("\n") for word in line.split()]
    assert re.sub(r"\s", "", text) == re.sub(r"\s", "", before)
    for line in text.split("\n"):
        words = re.findall("灯|[^\\s灯]+", line)
        assert cell_len(line.rstrip()) <= width or len(words) == 1 or "\t" in line


# On a terminal ---------------------------------------------------------------------------------------------------

CODE = "print(" + " + ".join(map(str, range(40))) + ")"
MESSAGE: list[dict[str, Any]] = [
    {"type": "thinking", "thinking": [{"type": "text", "text": "One **thought** " * 8}]},
    {
        "type": "text",
        "text": f"# Towers\n\nA **tall** [tower](https://evil.example/%1b]8) \n\n```python\n{CODE}\n```\n\nIt is",
    },
    {"type": "tool_reference", "tool": "web_search", "title": "Lights", "url": "https://lights.example/1"},
    {"type": "text", "text": " high. ![x](https://cat.example)"},
]


def test_a_message_on_a_terminal_is_rendered_and_in_a_pipe_it_is_not(tmp_path: Path) -> None:
    document = json.dumps(response({"type": "message.output", "content": MESSAGE}))
    (tmp_path / "document").write_text(document)
    assert (
        f"# Towers\n\nA **tall** [tower](https://evil.example/%1b]8) \n\n```python\n{CODE}\n```"
        in run("show", tmp_path / "document").out
    )
    status, sent = on_terminal("show", tmp_path / "document")
    assert status == 0
    thought = "One **thought** One **thought** One **thought** One **thought**"
    assert (
        STYLES.sub("", sent)
        == f"""\
conversation c1

assistant
thinking: {thought} One
**thought** One **thought** One **thought** One **thought**\N{SPACE}

Towers

A tall tower (https://evil.example/%1b%5D8)

```python
{CODE}
```

It is[1] high. [image x https://cat.example]
  [1] Lights https://lights.example/1

usage 0 tokens (0 prompt, 0 completion)
"""
    )
    assert "\x1b[1mtall\x1b[0m" in sent
    assert "\x1b[32mprint(" in sent
    assert "\x1b[36m[1]\x1b[0m" in sent


def test_text_of_the_user_is_not_read_as_markdown(tmp_path: Path) -> None:
    history = {"conversation_id": "c1", "entries": [{"role": "user", "content": "2*3*4 and __init__ " * 6}]}
    (tmp_path / "document").write_text(json.dumps(history))
    status, sent = on_terminal("show", tmp_path / "document")
    assert status == 0
    line = "2*3*4 and __init__ 2*3*4 and __init__ 2*3*4 and __init__ 2*3*4 and __init__"
    assert f"\nuser\n{line}\n2*3*4 and __init__ 2*3*4 and __init__ \n" in STYLES.sub("", sent)


def test_json_has_colours_on_a_terminal(tmp_path: Path) -> None:
    entries = [
        {"type": "function.call", "tool_call_id": "c", "name": "f", "arguments": '{"a\\n\x7f": [1.5, null, "b"]}'},
        {"type": "function.result", "tool_call_id": "c", "result": '{"ok": true}'},
        {"type": "function.result", "tool_call_id": "c", "result": '{"not json'},
    ]
    (tmp_path / "document").write_text(json.dumps({"conversation_id": "c1", "entries": entries}))
    status, sent = on_terminal("show", tmp_path / "document")
    assert status == 0
    assert '\x1b[34m"a\\n␡":\x1b[0m' in sent
    assert "\x1b[36m1.5\x1b[0m" in sent
    assert "\x1b[35mnull\x1b[0m" in sent
    assert '\x1b[32m"b"\x1b[0m' in sent
    assert '\x1b[34m"ok":\x1b[0m' in sent
    assert '\x1b[2m {"not json\x1b[0m' in sent
    assert 'result c {"ok": true}\n' in STYLES.sub("", sent)
