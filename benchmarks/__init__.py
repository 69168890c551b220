"""The benchmark suite: this library against everything its users would pick instead. See ``benchmarks/README.md``."""
