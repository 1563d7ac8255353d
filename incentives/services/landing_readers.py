"""Who reads delivered files into bronze: this process, and others beside it where there is much to read.

A file's place in bronze depends on its bytes alone, so files may be read in any order and at once; what counts is
decided by the landing, in the order of the deliveries. A process that reads ends when its landing does, whatever
ended that one.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Self

from incentives.errors import IncentivesError, OutsideError
from incentives.feeds.contracts import FEEDS
from incentives.feeds.deliveries import Delivery
from incentives.feeds.erased_landing import open_search
from incentives.feeds.landing import ChangedWhileReadError, LandedFile, land_rows
from incentives.feeds.mappings.landed import Mappings
from incentives.feeds.readers.unreadable import UnreadableFileError
from incentives.feeds.tokens import Tokenizer
from incentives.workspace import Workspace

# Another process is there after half a second, in which this one reads about 30 MB, or 100 files.
BYTES_MIN = 64 << 20
FILES_MIN = 400
# Each holds up to half a gigabyte.
READERS_MAX = 3
_SERVE = "import sys; sys.path[:] = sys.argv[2:]; from incentives.services.landing_readers import serve; serve(int(sys.argv[1]))"


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that must be set aside, and why."""

    reason: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Waits:
    """A file that could not be read now, and why; it stays where it is."""

    reason: str
    sentence: str


Read = LandedFile | Refused | Waits
CHANGED = Waits("changed_while_read", "Somebody still writes or moves the file; it lands with the next landing.")


@dataclass(slots=True)
class Asked:
    """A file that somebody will read, or has read."""

    delivery: Delivery
    _done: threading.Event = field(default_factory=threading.Event)
    _read: Read | None = None

    def settle(self, read: Read | None) -> None:
        """Say what became of it; None where nothing will."""
        self._read = read
        self._done.set()

    def wait(self) -> Read | None:
        """Return what became of it once it is known."""
        self._done.wait()
        return self._read


class Reader:
    """Reads files in this process.

    Args:
        ws: The workspace.
        mappings: How its sources' files are read.
        folder: For unfinished files; nobody else uses it.
    """

    def __init__(self, ws: Workspace, mappings: Mappings, folder: Path) -> None:
        self._ws = ws
        self._mappings = mappings
        self._folder = folder
        self._tokenizer = Tokenizer(ws.key())
        self._search = open_search(ws)

    def read(self, delivery: Delivery, mapping: str | None = None) -> Read:
        """Bring a file's rows into bronze, or say why not.

        Args:
            delivery: The file; its source may deliver it.
            mapping: Fingerprint of the mapping that it is read with; any where none is given.

        Raises:
            IncentivesError, OSError: The landing cannot go on.
        """
        reading = self._mappings.reading(delivery.source, FEEDS[delivery.feed])
        if mapping not in (None, reading.digest):
            return Waits("changed_while_read", "Somebody changed the source's mapping; the file lands with the next landing.")
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            return land_rows(self._ws, delivery, reading, tokenizer=self._tokenizer, folder=self._folder, search=self._search)
        except (ChangedWhileReadError, FileNotFoundError):
            return CHANGED
        except UnreadableFileError as refusal:
            return Refused(refusal.reason, refusal.sentence)
        except (IncentivesError, OSError):
            raise
        except Exception as error:
            # A file that a reader did not expect must not keep the others from landing; nothing is said of what it holds.
            return Waits("reader_failed", f"The reader failed with {type(error).__name__}; report it with the file.")
        finally:
            for left in self._folder.iterdir():
                left.unlink()


class Readers:
    """Reads files: one after the other where there is little to read, otherwise several beside each other.

    The others take the largest file that nobody reads yet, this process the one that is waited for.

    Args:
        ws: The workspace.
        mappings: How its sources' files are read.
        folder: For unfinished files; emptied by the next landing.
        deliveries: What is to be read.

    Raises:
        InputError: The workspace key is missing.
    """

    def __init__(self, ws: Workspace, mappings: Mappings, folder: Path, deliveries: Sequence[Delivery]) -> None:
        self._ws = ws
        self._mappings = mappings
        self._folder = folder
        self._here: Reader | None = None
        self._failure: BaseException | None = None
        self._lock = threading.Lock()
        self._asked = {delivery: Asked(delivery) for delivery in deliveries}
        sizes = {delivery: _size(delivery) for delivery in deliveries}
        self._left = {delivery: self._asked[delivery] for delivery in sorted(deliveries, key=lambda each: -sizes[each])}
        others = readers_for(list(sizes.values())) - 1
        self._others = [_OtherProcess(ws, mappings.sources, folder / f"{os.getpid()}-{number}") for number in range(others)]
        self._threads = [threading.Thread(target=self._drive, args=(other,), daemon=True) for other in self._others]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._lock:
            self._left.clear()
        for other in self._others:
            other.end(at_once=kind is not None)
        for thread in self._threads:
            thread.join()

    def read(self, delivery: Delivery) -> Read:
        """Return what became of a file.

        Raises:
            IncentivesError, OSError: The landing cannot go on.
        """
        asked = self._asked.get(delivery)
        while asked is not None and self._failure is None:
            with self._lock:
                chosen = delivery if delivery in self._left else next(iter(self._left), None)
                taken = None if chosen is None else self._left.pop(chosen)
            if taken is None:
                found = asked.wait()
                if found is not None:
                    return found
                break
            taken.settle(self.read_here(taken.delivery))
        if self._failure is not None:
            raise self._failure
        return self.read_here(delivery)

    def read_here(self, delivery: Delivery) -> Read:
        """Read a file in this process. Raises as `read` does."""
        self._here = self._here or Reader(self._ws, self._mappings, self._folder / "here")
        return self._here.read(delivery)

    def _drive(self, other: _OtherProcess) -> None:
        """Have another process read whatever is left, the largest first."""
        while True:
            with self._lock:
                delivery = next(iter(self._left), None)
                if delivery is None:
                    return
                asked = self._left.pop(delivery)
            try:
                digest = self._mappings.reading(delivery.source, FEEDS[delivery.feed]).digest
                asked.settle(other.read(delivery, digest))
            except BaseException as error:
                self._failure = self._failure or error
                asked.settle(None)
                return


def readers_for(sizes: Sequence[int]) -> int:
    """Return how many readers are worth it for files of these sizes in bytes."""
    if len(sizes) < 2 or (sum(sizes) < BYTES_MIN and len(sizes) < FILES_MIN) or not sys.executable:
        return 1
    return min(cores(), READERS_MAX, len(sizes))


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _size(delivery: Delivery) -> int:
    try:
        return delivery.path.stat().st_size
    except OSError:
        return 0


class _OtherProcess:
    """A reader in a process of its own, started afresh: nothing of this one's threads or locks is carried over.

    The interpreter is started by hand, since `multiprocessing` would import the program's main module again, which may
    well do what it does once more.
    """

    def __init__(self, ws: Workspace, sources: frozenset[str], folder: Path) -> None:
        self._connection, theirs = multiprocessing.Pipe()
        command = [sys.executable, "-c", _SERVE, str(theirs.fileno()), *sys.path]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[theirs.fileno()])
        theirs.close()
        self._connection.send((ws, sources, folder))

    @property
    def pid(self) -> int:
        """Its number among the machine's processes."""
        return self._process.pid

    def read(self, delivery: Delivery, mapping: str) -> Read:
        """Have it read a file. Raises what it raised, or that it ended."""
        try:
            self._connection.send((delivery, mapping))
            answer = self._connection.recv()
        except (EOFError, OSError) as error:
            raise OutsideError(
                "a process that read files ended; nothing of the landing counts.",
                where=delivery.file_name,
                remedy="See whether the machine ran out of memory, then land again.",
            ) from error
        if isinstance(answer, BaseException):
            raise answer
        assert isinstance(answer, LandedFile | Refused | Waits)
        return answer

    def end(self, *, at_once: bool) -> None:
        """End it: at once, or when it has read what it reads."""
        if at_once:
            self._process.kill()
        self._process.communicate()
        self._connection.close()


def serve(descriptor: int) -> None:
    """Read what another process asks for until it asks no more; what it asks comes through a connection.

    Standard input says whether that process is still there, and is read for nothing else.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_landing, daemon=True).start()
    connection = Connection(descriptor)
    ws, sources, folder = connection.recv()
    reader = Reader(ws, Mappings.of(ws.root, sources), folder)
    while True:
        delivery, mapping = connection.recv()
        try:
            connection.send(reader.read(delivery, mapping))
        except OSError as error:
            connection.send(error)
        except IncentivesError as error:
            connection.send(OutsideError(error.render()))


def _end_with_the_landing() -> None:
    """End this process as soon as the one that started it is gone, also in the middle of a file."""
    while os.read(0, 1):
        pass
    os._exit(0)
