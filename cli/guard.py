"""Start a program that is not ours so that it dies with its parent: `python -m cli.guard PROGRAM ARGUMENTS`."""

from __future__ import annotations

import os
import resource
import sys

from pipeline.process import die_with_parent

if __name__ == "__main__":
    die_with_parent()
    # Chroma holds several files a knowledge base: a hundred of them pass the usual limit.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 65_536) if hard != resource.RLIM_INFINITY else 65_536
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    os.execv(sys.argv[1], sys.argv[1:])
