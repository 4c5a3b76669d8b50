"""The command line: arguments in, text and an exit code out."""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from rejoinder.errors import RejoinderError

__all__ = ["main"]

# The commands that run the queries of anybody.
_ASKING = ("query", "sparql", "why")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit: 0 done, 1 a check found something, 2 wrong usage, 3 input, 4 store, 70 a bug."""
    from rejoinder.doors.cli.arguments import parse

    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed by whoever called us, so nobody reads it
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    try:
        options = parse(given)
        code = None
        if given[0] in _ASKING:
            from rejoinder.doors.cli.apart import apart

            code = apart()
        if code is None:
            code = options.run(options)
        sys.stdout.flush()
        sys.exit(code)
    except RejoinderError as error:
        if debug:
            raise
        _say(f"error: {error.message}" + (f"\n  {error.cure}" if error.cure else ""))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        if given[:1] in (["load"], ["unload"], ["infer"]):
            _say("interrupted; what readers see is the old graph or the new. Call it again to go on.")
        else:
            _say("interrupted; nothing was left half written")
        sys.exit(130)
    except BrokenPipeError:  # whoever read our output has seen enough; Python would complain when it closes stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        if debug:
            raise
        _say(f"error: {error.filename or 'standard output'}: {error.strerror or error}")
        sys.exit(4)
    except Exception as error:
        if debug:
            raise
        _say(
            f"error: this is a bug in rejoinder: {type(error).__name__}: {error}\n"
            "  run the command again with --debug and report what it prints"
        )
        sys.exit(70)


def _say(text: str) -> None:
    from rejoinder.doors.cli.talk import say  # only where something went wrong

    say(text)
