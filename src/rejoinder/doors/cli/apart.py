"""Ask in a process of its own, since the engine can end the process that it runs in."""

import os
import signal
import threading
import time

from rejoinder.errors import StoreError

__all__ = ["apart"]

# How long a command may take to leave nothing half written after Ctrl-C, which the engine does not hear (seconds).
_GRACE = 0.5


def apart() -> int | None:
    """Go on in a child process: None is returned there, and here the exit code of the child, when it has ended.

    Oxigraph ends its process where it cannot put values in order (it finds 9 < 10, 10 < "10a" and "10a" < 9) and where
    a query is nested too deeply, and it cannot be interrupted. Raises StoreError where it did so, and
    KeyboardInterrupt where it had to be stopped. Without fork, as on Windows, all is done in one process.
    """
    if not hasattr(os, "fork"):
        return None
    ours, its = os.pipe()
    child = os.fork()
    if not child:
        os.environ["RUST_BACKTRACE"] = "0"  # which is for those who build the engine
        os.close(its)
        threading.Thread(target=_end_after, args=(ours,), daemon=True).start()
        return None
    os.close(ours)
    signal.signal(signal.SIGTERM, lambda number, frame: os.kill(child, number))
    try:
        status = os.waitpid(child, 0)[1]
    except KeyboardInterrupt:  # by a terminal the child hears it too
        status = _stopped(child)
    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGTERM:
        return 128 + signal.SIGTERM
    if code < 0:
        raise StoreError(
            f"the engine broke down over this query ({signal.Signals(-code).name}); there is no answer",
            "it cannot order numbers beside texts (order by STR() of them), nest very deeply, or go without memory",
        )
    return code


def _end_after(parent: int) -> None:
    """Wait for the end of a pipe, which comes when the parent has ended, by whatever signal; then there is no work."""
    os.read(parent, 1)
    os._exit(1)


def _stopped(child: int) -> int:
    """Return the status of a child that Ctrl-C has ended. Raises KeyboardInterrupt where it had to be killed."""
    end = time.monotonic() + _GRACE
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    raise KeyboardInterrupt
