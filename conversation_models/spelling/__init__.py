"""One set of types, two spellings of their keys."""
