"""Where it lands: catalogue, one database a knowledge base, ledger, files, vectors, search.

Functions are named for what they mean to the pipeline; no SQL, no Chroma call and no path leaves this package.
"""
