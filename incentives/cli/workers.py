"""Several processes that answer on one socket: a page costs processor time, and one Python process has one processor."""

from __future__ import annotations

import multiprocessing
import signal
import socket
import threading
from collections.abc import Callable
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from typing import TYPE_CHECKING

from incentives.errors import OutsideError

if TYPE_CHECKING:
    import uvicorn

MakeConfig = Callable[[], "uvicorn.Config"]


def serve_by(workers: int, make_config: MakeConfig, listener: socket.socket) -> None:
    """Answer on a socket until the process is told to stop, by SIGINT or SIGTERM.

    Args:
        workers: How many processes; one is this one.
        make_config: Makes the application and its server's settings; called in each process, so it can be pickled.
        listener: A socket that listens.

    Raises:
        OutsideError: A process ended without being told to; the others are stopped.
    """
    if workers == 1:
        import uvicorn

        uvicorn.Server(make_config()).run(sockets=[listener])
        return
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_answer, args=(make_config, listener)) for _ in range(workers)]
    told = threading.Event()

    def stop(*_signal: object) -> None:
        told.set()
        _stop(processes)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    for process in processes:
        process.start()
    wait([process.sentinel for process in processes])
    _stop(processes)
    for process in processes:
        process.join()
    if not told.is_set():
        raise OutsideError("a process that serves the portal ended.", remedy="Its last words stand above; start it again.")


def _stop(processes: list[SpawnProcess]) -> None:
    for process in processes:
        if process.is_alive():
            process.terminate()


def _answer(make_config: MakeConfig, listener: socket.socket) -> None:
    """Answer until told to stop, or until the process that started this one is gone."""
    import uvicorn

    server = uvicorn.Server(make_config())

    def follow() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
            server.should_exit = True

    threading.Thread(target=follow, daemon=True).start()
    server.run(sockets=[listener])
