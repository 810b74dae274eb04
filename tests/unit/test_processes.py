"""No process of ours outlives the one that started it and asked for that."""

from __future__ import annotations

import os
import subprocess
import sys

from streams.processes import PARENT_VARIABLE
from tests.support.deadline import eventually

CHILD = """
import time
from streams.processes import end_with_parent
end_with_parent()
print("runs", flush=True)
time.sleep(60)
"""
PARENT = f"""
import os, subprocess, sys
environ = os.environ | {{{PARENT_VARIABLE!r}: str(os.getpid())}}
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}], env=environ, stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid)
"""


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_process_ends_with_its_parent_whatever_it_is_doing():
    ended = subprocess.run([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, check=True, timeout=30)

    eventually(lambda: not is_there(int(ended.stdout)), 20, what="the child has ended")
