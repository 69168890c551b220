"""Fuzzing: rules that hold for any bytes (the oracles), and generators of such bytes.

``python -m tests.fuzz --seconds 60`` runs every target: guided by coverage where atheris is installed, with seeded
mutations where it is not. It prints how many inputs were tried and exits with 1 if one of them broke a rule.
"""
