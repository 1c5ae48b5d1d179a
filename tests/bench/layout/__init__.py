"""Reading order and kinds of blocks, measured on labelled pages: `python -m tests.bench.layout FOLDER`."""
