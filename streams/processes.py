"""Processes beside the worker's own: a pool for forecasts, none of which outlives its parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait

PARENT_VARIABLE = "HEADSTART_PARENT_PID"
LOOK_EVERY_S = 0.5


@contextmanager
def forecast_pool(processes: int) -> Iterator[Executor]:
    """So many processes to forecast in; with 0 a thread of this one, for debugging."""
    if processes == 0:
        with ThreadPoolExecutor(1) as threads:
            yield threads
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_live_with_parent)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def end_with_parent() -> None:
    """From now on end as on SIGTERM when the process that started us and asked for this is gone."""
    pid = os.environ.get(PARENT_VARIABLE)
    if pid is None:
        return

    def watch(parent: int) -> None:
        while os.getppid() == parent:  # the system tells nobody: we have to look
            time.sleep(LOOK_EVERY_S)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, args=(int(pid),), name="parent", daemon=True).start()


def end_within(seconds: float, *, code: int) -> None:
    """From now on this process has so long to end by itself; then it ends with this exit code."""
    timer = threading.Timer(seconds, os._exit, [code])
    timer.daemon = True
    timer.start()


def _live_with_parent() -> None:
    """In a pool's process: end when the parent ends, however it ends, and leave Ctrl-C to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is None:
        raise RuntimeError("this process has no parent in multiprocessing: start it through forecast_pool")

    def watch(sentinel: int) -> None:
        wait([sentinel])
        os._exit(0)

    threading.Thread(target=watch, args=(parent.sentinel,), daemon=True).start()
