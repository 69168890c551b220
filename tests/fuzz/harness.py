"""One target under atheris: ``python -m tests.fuzz.harness TARGET FINDINGS [options and corpora of libFuzzer]``.

It writes inputs that break a rule to the directory FINDINGS, one for each place in the code, and continues.
"""

import hashlib
import importlib
import sys
import traceback
from pathlib import Path
from random import Random


def main() -> None:
    target, findings, *options = sys.argv[1:]
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["conversation_models"]):
        importlib.import_module("conversation_models")
    from .mutation import mutated
    from .seeds import seeds
    from .targets import TARGETS

    check = TARGETS[target]
    others = [seed[2:] for seed in seeds(target)]

    def test_one_input(data: bytes) -> None:
        try:
            check(data)
        except Exception as error:
            report(error, data, Path(findings))

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        random = Random(seed)
        if random.randrange(3):
            return mutated(data, random, others)[:max_size]
        changed: bytes = atheris.Mutate(data, max_size)
        return changed

    atheris.Setup([target, *options], test_one_input, custom_mutator=mutate)
    atheris.Fuzz()


def report(error: Exception, data: bytes, findings: Path) -> None:
    """Keep the shortest input for each way to fail."""
    where = "".join(f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__))
    name = hashlib.sha256(f"{type(error)}{where}".encode()).hexdigest()[:12]
    findings.mkdir(parents=True, exist_ok=True)
    path = findings / name
    if not path.exists() or len(path.read_bytes()) > len(data):
        path.write_bytes(data)
        reason = "".join(traceback.format_exception(error))
        (findings / f"{name}.txt").write_text(f"{data!r}\n\n{reason[-6000:]}", "utf-8", "replace")


if __name__ == "__main__":
    main()
