"""Short queues and fair choice: which units get a message, and when.

A stage has few messages in its queue at once, most often one beside those that its workers have; what else waits
stands in the ledger. Whenever one is taken, the queue is topped up round-robin: first over knowledge bases, then over
documents, the longest unserved first. So a book of 800 pages never stands before a one-page letter. Where many
knowledge bases have work, some of them are looked at, drawn by lot: each has its turn as often. Nothing is sent for a
stage that is paused. Calling it twice, or from many processes, is safe: at worst a unit gets two messages, and the
second claims nothing.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable

from actors.broker import Queue, Sent
from pipeline import log, stages
from pipeline.settings import Settings
from storage import ledger, pauses
from storage.catalog import Storage
from storage.database import Missing

_COMPARED = 16  # knowledge bases with work, beside one for each message
_LOG = log.get("dispatch")
__all__ = ["Queue", "ready_limit", "top_up"]


def ready_limit(settings: Settings, stage: str) -> int:
    """How many messages of a stage may stand in its queue, beside those that workers have.

    Few, as each stands before whatever comes later: a letter waits for all of them to be worked on. Enough, as whoever
    takes one puts the next in before it begins to work.
    """
    return max(settings.queue.min_outstanding, settings.processes(stage) * settings.stage(stage).threads // 4)


def top_up(
    storage: Storage,
    queue: Queue,
    names: Iterable[str] = stages.NAMES,
    own: str | None = None,
    only: str | None = None,
) -> int:
    """Send messages for ready units until the stages' queues are full; how many were sent.

    Args:
        own: Redis id of a message that the caller has done with: its unit may be sent again.
        only: id of the knowledge base in which units were made ready just now: what waits elsewhere was sent for, or is
            when a message is taken.

    Raises:
        ServiceUnavailable: the queue server is out of reach. Nothing is lost: the sweep tops up again.
    """
    active, paused = pauses.wanted(storage.catalog)
    if only is not None:
        active = [kb for kb in active if kb == only]
    if not active:
        return 0
    standing = queue.standing([name for name in names if name not in paused])
    return sum(
        _top_up_stage(storage, queue, name, active, [message for message in messages if message.redis_id != own])
        for name, messages in standing.items()
    )


def _top_up_stage(storage: Storage, queue: Queue, stage: str, active: list[str], messages: list[Sent]) -> int:
    room = ready_limit(storage.settings, stage) - sum(message.waiting for message in messages)
    if room <= 0:
        return 0
    known = {message.key for message in messages}
    per_kb = Counter(key[0] for key in known)
    per_document = Counter((key[0], key[1]) for key in known)
    waiting: dict[str, list[ledger.Waiting]] = {}
    for kb in random.sample(active, len(active)):
        if len(waiting) == room + _COMPARED:
            break
        try:
            # At most as many documents as messages have one under way, so among so many more are enough without.
            found = ledger.waiting(storage.open(kb), stage, len(known) + room)
        except Missing:  # deleted since it was listed
            continue
        except Exception as error:
            # One database that cannot be read must not keep the others' work from being sent.
            _LOG.error("knowledge base passed over", kb=kb, exc_info=error)
            continue
        if found:
            waiting[kb] = found
    sent = 0
    while room > 0 and waiting:
        # Fewest under way first; among equals, whoever was served longest ago.
        kb = min(waiting, key=lambda kb: (per_kb[kb], waiting[kb][0].kb_served_s, kb))
        choice = min(waiting[kb], key=lambda unit: (per_document[kb, unit.document], unit.served_s, unit.document))
        key = _next_unsent(storage, kb, stage, choice, known, room)
        if key is None:
            waiting[kb].remove(choice)
            if not waiting[kb]:
                del waiting[kb]
            continue
        queue.send(stage, *key)
        known.add(key)
        per_kb[kb] += 1
        per_document[kb, choice.document] += 1
        room -= 1
        sent += 1
    return sent


def _next_unsent(
    storage: Storage, kb: str, stage: str, choice: ledger.Waiting, known: set[tuple[str, str, int, str]], room: int
) -> tuple[str, str, int, str] | None:
    """The document's first ready unit without a message, or None when all have one."""
    first = (kb, choice.document, choice.run, choice.unit)
    if first not in known:
        return first
    for run, unit in ledger.ready_units(storage.open(kb), stage, choice.document, len(known) + room):
        key = (kb, choice.document, run, unit)
        if key not in known:
            return key
    return None
