"""Fuzzing: rules that hold for any bytes (the oracles), and generators of such bytes.

``python -m tests.fuzz --seconds 60`` runs every target: guided by coverage if atheris is installed, with seeded
mutations if not. It prints the number of inputs and exits with 1 if one of them broke a rule.
"""
