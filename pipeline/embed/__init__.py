"""Embedding: chunks and queries become vectors. `embedder` computes them; `unpack` makes the default model's folder.

Importing this package loads neither torch nor sentence-transformers.
"""
