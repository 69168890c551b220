"""The command line. Nothing else in the package imports it; it needs the ``cli`` extra."""
