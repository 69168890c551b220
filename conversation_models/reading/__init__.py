"""The second path of reading, taken only when msgspec's own decoder has refused."""
