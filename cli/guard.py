"""Start a program that is not ours so that it dies with its parent: `python -m cli.guard PROGRAM ARGUMENTS`."""

from __future__ import annotations

import os
import sys

from pipeline.process import die_with_parent, raise_file_limit

if __name__ == "__main__":
    die_with_parent()
    raise_file_limit()  # Chroma holds several files a knowledge base: a hundred of them pass the usual limit
    os.execv(sys.argv[1], sys.argv[1:])
