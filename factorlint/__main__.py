"""`factorlint` and `python -m factorlint`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; returns the exit code. ``--version`` alone is answered before anything heavy loads."""
    try:
        if sys.argv[1:] in (["--version"], ["-V"]):
            from factorlint import __version__

            sys.stdout.write(f"factorlint {__version__}\n")
            sys.stdout.flush()
            return 0
        from factorlint.cli import run

        return run()
    except KeyboardInterrupt:
        return 130
    except OSError as error:  # nothing can be printed
        sys.stderr.write(f"factorlint: exit 2: {error.strerror}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
