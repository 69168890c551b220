"""Stored traffic to usage tables: one file in, one table part out, on one machine or many. Needs the ``archive`` extra.

>>> from conversation_models.archive import usage_table
>>> table = usage_table("tests/fixtures/web_search.json")
>>> table.select(["status", "total_tokens", "tools"]).to_pylist()
[{'status': 'completed', 'total_tokens': 6420, 'tools': [('web_search', 1)]}]
"""

from .columns import COLUMNS
from .errors import ArchiveError, Reject
from .kernel import usage_table
from .parts import Part
from .running import Progress, Run, run

__all__ = ["COLUMNS", "ArchiveError", "Part", "Progress", "Reject", "Run", "run", "usage_table"]
