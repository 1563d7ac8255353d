"""Checking a large ledger by several processes, each of which checks whole cycles."""

from __future__ import annotations

import gc
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from sqlalchemy import func, select

from incentives.ledger.engine import Ledger
from incentives.ledger.heads import heads
from incentives.ledger.integrity import CycleVerified, Verified, verify, verify_cycle
from incentives.ledger.models import JournalEntry

# Below this many entries starting processes costs more than it saves.
FEW_ENTRIES = 100_000


def verify_ledger(ledger: Ledger, *, few_entries: int = FEW_ENTRIES) -> Verified:
    """Check everything, as `verify` does: chain, roles and guards here, the cycles by as many processes as there are processors.

    Each process reads one state of its own. An act that is done meanwhile is seen whole or not at all, by each of them.

    Args:
        ledger: The ledger.
        few_entries: With fewer it is done in this process.
    """
    with ledger.reading() as session:
        numbers = [head.cycle_id for head in heads(session)]
        entries = session.scalar(select(func.count()).select_from(JournalEntry)) or 0
        processes = min(len(numbers), _processors())
        if entries < few_entries or processes < 2:
            return verify(session)
        url = ledger.engine.url.render_as_string(hide_password=False)
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            return verify(session, pool.map(partial(_verify_one, url), numbers))


def _verify_one(url: str, cycle_id: int) -> CycleVerified:
    # A process of its own that holds millions of small values and no cycles of them: looking for some takes a tenth of its time.
    gc.disable()
    with Ledger.connect(url) as ledger, ledger.reading() as session:
        return verify_cycle(session, next(head for head in heads(session) if head.cycle_id == cycle_id))


def _processors() -> int:
    usable: Sequence[int] | set[int] = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return len(usable)
