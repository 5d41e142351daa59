"""`factorlint` and `python -m factorlint`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; returns the exit code. What is plainly said is done without loading what reads the rest."""
    try:
        if sys.argv[1:] in (["--version"], ["-V"]):
            from factorlint import __version__

            sys.stdout.write(f"factorlint {__version__}\n")
            sys.stdout.flush()
            return 0
        from factorlint import argv

        asked = argv.read(sys.argv[1:])
        if asked is not None:
            from factorlint import commands

            return commands.run(asked)
        from factorlint import cli

        return cli.run()
    except KeyboardInterrupt:
        return 130
    except OSError as error:  # nothing can be printed
        sys.stderr.write(f"factorlint: exit 2: {error.strerror}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
