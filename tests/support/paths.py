"""The folders that tests read."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The repository."""

FIXTURES = ROOT / "tests" / "fixtures"

SAMPLES = ROOT.parent / "shared" / "samples"
"""The documented payloads, beside the repository. They may be missing: a test that reads them is skipped then."""
