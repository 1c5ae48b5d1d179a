"""Objects that belong to nothing, found by walking through the bucket, a piece at each full scan of the sweep.

A bucket knows no folders that could be looked at, and may hold millions of objects: no list of all fits one round of
the sweep. What is walked over twice:

    tmp/   page images of runs that are not in work any more: their worker died, or wrote after it had lost its lease
    kb/    documents that no database knows: an upload that died before its commit, a result written after its document
           was deleted; and knowledge bases that the catalogue does not know: a restore that was cut off

A page image goes at once. The others may be in the making, as their rows come after them: they must have been sighted
for long, and knowledge bases without a change. Age is counted here, by a clock that cannot jump. A knowledge base older
than all that the catalogue has stays: the bucket may be that of another catalogue, and the address of this one a slip.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from sqlalchemy import bindparam

from storage import cleanup, clock
from storage.catalog import Storage
from storage.database import Missing, text
from storage.file_store import IMAGES, Listing, home

_PIECE = 10_000  # keys a step: ten requests
_KNOWN = text("SELECT id FROM document WHERE id IN :ids").bindparams(bindparam("ids", expanding=True))


class _Walk:
    """A way through all keys that begin alike."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._after: str | None = None

    def piece(self, listing: Listing) -> tuple[list[list[str]], bool]:
        """The parts of the next keys, and whether these were the last."""
        keys = listing.keys(self._key, self._after, _PIECE)
        ended = len(keys) < _PIECE
        self._after = None if ended else keys[-1]
        return [key.split("/") for key in keys], ended


@dataclass(frozen=True, slots=True)
class _Sighting:
    count: int
    since_s: float


class StrayObjects:
    """The sweep's two walks, and what it must remember of them.

    Args:
        age_s: for how long one must have belonged to nothing.
    """

    def __init__(self, age_s: float) -> None:
        self._age_s = age_s
        self._images, self._documents = _Walk(IMAGES), _Walk("kb")
        self._found: Counter[str] = Counter()
        self._seen: dict[str, _Sighting] = {}
        self._next_walk_s = 0.0

    def step(self, storage: Storage, listing: Listing) -> int:
        """Go on walking; how many strays were removed. Safe to interrupt and to repeat at any point.

        Raises:
            ServiceUnavailable: the object store is out of reach.
        """
        removed = self._remove_images(storage, listing)
        if clock.now_s() >= self._next_walk_s:
            removed += self._look_for_orphans(storage, listing)
        return removed

    def _remove_images(self, storage: Storage, listing: Listing) -> int:
        keys, _ = self._images.piece(listing)
        runs: defaultdict[str, set[str]] = defaultdict(set)
        for parts in keys:
            runs[parts[1]].add(parts[2])
        removed = 0
        for name, drawn in runs.items():
            kb_id, _, document = name.partition("-")
            for run in drawn - cleanup.working(storage, kb_id, document):  # asked after: of these runs none is new
                storage.file_store.delete_under(f"{IMAGES}/{name}/{run}")
                removed += 1
        return removed

    def _look_for_orphans(self, storage: Storage, listing: Listing) -> int:
        keys, ended = self._documents.piece(listing)
        objects: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for parts in keys:
            objects[parts[1]][parts[3]] += 1
        for kb_id, documents in objects.items():
            self._found.update(_orphans(storage, kb_id, documents))
        if not ended:
            return 0
        removed, now, seen = 0, clock.now_s(), {}
        for key, count in self._found.items():
            sighting = self._seen.get(key)
            if sighting is None or sighting.count != count:
                sighting = _Sighting(count, now)
            if now - sighting.since_s < self._age_s:
                seen[key] = sighting
            elif _is_orphan(storage, key):  # still: its row may have come since
                storage.file_store.delete_under(key)
                removed += 1
        self._seen = seen
        self._found.clear()
        self._next_walk_s = now + self._age_s / 4
        return removed


def _is_orphan(storage: Storage, key: str) -> bool:
    _, kb_id, *document = key.split("/")
    return key in _orphans(storage, kb_id, Counter(document[1:]))


def _orphans(storage: Storage, kb_id: str, documents: Counter[str]) -> Counter[str]:
    """Of documents with so many objects each, what belongs to nothing, by key.

    A deleted knowledge base's belong to it until they are removed (`Storage.remove_remains`).
    """
    if not storage.knows(kb_id):
        return Counter() if storage.predates_all(kb_id) else Counter({home(kb_id): documents.total()})
    names, known = sorted(documents), set[str]()
    try:
        kb = storage.open(kb_id)
        with kb.db.read() as connection:
            for at in range(0, len(names), 500):
                known |= set(connection.execute(_KNOWN, {"ids": names[at : at + 500]}).scalars())
    except Missing:
        return Counter()
    return Counter({kb.files(name).key: count for name, count in documents.items() if name not in known})
