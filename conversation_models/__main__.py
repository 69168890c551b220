"""``python -m conversation_models`` and the ``conversation-models`` command, with or without the extra."""

import sys

__all__ = ["main"]


def main() -> int:
    """Run the command line and return the exit status."""
    try:
        from .cli.commands import run
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("conversation_models"):
            raise
        print(
            'conversation-models: the command line needs the "cli" extra: pip install "conversation-models[cli]"'
            f" (no module named {error.name!r})",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        return 130
    return run()


if __name__ == "__main__":
    sys.exit(main())
