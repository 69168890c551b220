"""Links to Markdown files outside of the site download them, as links to other files of the repository do.

The parser takes every Markdown file for a page.
"""

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

LINK = re.compile(r"\[(?P<text>[^]]+)\]\((?P<path>(?:\.\./)+[^)#\s]+\.md)(?:#[^)]*)?\)")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", make_downloads)
    return {"parallel_read_safe": True}


def make_downloads(app: Sphinx, page: str, source: list[str]) -> None:
    def written(link: re.Match[str]) -> str:
        target = Path(app.srcdir, page).parent.joinpath(link["path"]).resolve()
        if target.is_relative_to(Path(app.srcdir).resolve()):
            return link[0]
        return f"{{download}}`{link['text']} <{link['path']}>`"

    source[0] = LINK.sub(written, source[0])
