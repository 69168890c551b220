"""The documentation: ``pip install -e '.[docs]'``, then ``sphinx-build -W -n --keep-going -b html docs build/docs``."""

import sys
from importlib import metadata
from pathlib import Path

sys.path.append(str(Path(__file__).parent / "_extensions"))

project = "conversation_models"
release = version = metadata.version("conversation-models")
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "as_written", "outside_links"]
exclude_patterns = ["_extensions", "charts/*.md"]
nitpicky = True
default_role = "code"

# Pages -------------------------------------------------------------------------------------------------------------

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

# The reference -----------------------------------------------------------------------------------------------------

autodoc_member_order = "bysource"
autodoc_default_options = {"member-order": "bysource"}
add_module_names = False
# Names of the standard library, of msgspec and pyarrow, and of types that programs do not import.
_ELSEWHERE = """
AsyncGenerator AsyncIterable Callable Executor Generator Iterable Iterator Mapping Sequence collections.abc.Mapping
datetime datetime.datetime Buffer Self T Raw pyarrow.Schema pyarrow.Table Naming Status Rewrite ThinkContent
"""
nitpick_ignore = [("py:class", name) for name in _ELSEWHERE.split()]

# The site ----------------------------------------------------------------------------------------------------------

html_theme = "furo"
html_title = "conversation_models"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_extra_path = ["llms.txt"]
html_show_copyright = False
html_copy_source = False

# `sphinx-build -b linkcheck` needs the network. The strict build checks the links between pages.
linkcheck_timeout = 15
linkcheck_retries = 2
linkcheck_ignore = [r"https?://(127\.0\.0\.1|localhost)", r"https://example\.org.*"]
