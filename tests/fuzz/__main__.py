"""``python -m tests.fuzz --seconds N [--target NAME ...]``: fuzz, count the inputs, exit with 1 on a finding."""

import argparse
import sys
import tempfile
from pathlib import Path

from .run import run
from .targets import TARGETS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="for all targets together")
    parser.add_argument("--target", action="append", choices=list(TARGETS), help="may be repeated; default: all")
    parser.add_argument(
        "--seed", type=int, default=0, help="the same seed gives the same inputs; 0 gives new inputs each time"
    )
    parser.add_argument("--findings", type=Path, help="directory for inputs that break a rule")
    parser.add_argument("--corpus", type=Path, help="directory that keeps inputs that reach new code, for the next run")
    options = parser.parse_args()
    findings = options.findings or Path(tempfile.mkdtemp(prefix="findings-"))
    targets = options.target or list(TARGETS)
    total = 0
    for target in targets:
        tried = run(target, options.seconds / len(targets), findings / target, options.corpus, options.seed)
        total += tried.executions
        print(f"{target}: {tried.executions:,} inputs, {tried.how}", flush=True)
    found = sorted(findings.glob("*/*.txt"))
    for path in found:
        print(f"\n{path}\n{path.read_text('utf-8')[:2000]}")
    print(f"\n{total:,} inputs, {len(found)} findings" + (f" in {findings}" if found else ""))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
