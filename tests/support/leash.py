"""Run a command that may not outlive whoever asked for it.

    python leash.py COMMAND ...

The command is a child of this process. Its process id is printed as the first line, and its exit code
becomes ours. It is killed when our own parent is gone, even by SIGKILL (a broken test run must not leave
brokers behind), and asked to end when we are asked to (SIGTERM). Polling the parent's id works on every
POSIX system and, other than Linux's parent-death signal, does not depend on which thread started us.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys

LOOK_EVERY_S = 0.2


def main() -> int:
    """Start the command, watch it and our parent, return the command's exit code."""
    parent = os.getppid()
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    signal.signal(signal.SIGTERM, lambda _signal, _frame: child.terminate())
    try:
        print(child.pid, flush=True)
        while True:
            try:
                return child.wait(timeout=LOOK_EVERY_S)
            except subprocess.TimeoutExpired:
                if os.getppid() != parent:
                    child.kill()
    finally:
        child.kill()  # does nothing to a child that has ended


if __name__ == "__main__":
    sys.exit(main())
