"""The vector index in a real Chroma."""

from __future__ import annotations

import numpy as np

from storage import clock
from storage.vectors import VectorStore
from tests.stack import Stack


def test_the_breadth_of_an_older_index_follows_the_settings(stack: Stack) -> None:
    id_, vector = clock.new_id(), np.eye(4, dtype=np.float32)
    older = VectorStore(stack.chroma_url, id_, 20, 30.0)
    older.put([f"a:1:{n}" for n in range(4)], vector)
    later = VectorStore(stack.chroma_url, id_, 60, 30.0)
    try:
        assert later.nearest(vector[2], 1)[0][0] == "a:1:2"
        told = VectorStore(stack.chroma_url, id_, 60, 30.0)._collection().configuration_json["hnsw"]
        assert told["ef_search"] == 60 and told["max_neighbors"] == 32
    finally:
        later.drop()
