"""Compares this library with everything its users would pick instead. See ``benchmarks/README.md``."""
