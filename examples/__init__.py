"""Complete programs to copy from. The README shows their cores."""
