"""What tells one embedding model from another, whatever it is loaded with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_SAMPLES = 16  # evenly spaced runs of 64 values of each tensor enter the fingerprint
_RUN = 64
_ROUND = np.uint32(0x7FFF)


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor to be sampled.

    Attributes:
        shape: of it.
        run: the flat values from one offset to another, float32.
    """

    shape: tuple[int, ...]
    run: Callable[[int, int], NDArray[np.float32]]


def fingerprint(prompts: Sequence[str], tokens: Sequence[int], tensors: Mapping[str, Tensor]) -> str:
    """32 hex digits of prompts, a tokenised probe, and names, shapes and evenly spaced values of all tensors.

    Values enter as bfloat16, so that a model is the same in either precision.
    """
    digest = hashlib.sha256(repr(tuple(prompts)).encode())
    digest.update(repr(list(tokens)).encode())
    for name, tensor in sorted(tensors.items()):
        if ".pooler." in name:  # unused, and random in models that come without
            continue
        size = int(np.prod(tensor.shape, dtype=np.int64))
        step = max(_RUN, size // _SAMPLES)  # few runs, not many values: each touches a page of a mapped file
        runs = [tensor.run(at, min(at + _RUN, size)) for at in range(0, size, step)]
        values = _as_bfloat16(np.concatenate(runs) if runs else np.empty(0, np.float32))
        digest.update(f"{name}{tensor.shape}".encode() + values.astype("<f4").tobytes())
    return digest.hexdigest()[:32]


def _as_bfloat16(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rounded to bfloat16, to the nearest and of two to the even one, as torch does."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    odd = (bits >> 16) & 1
    return ((bits + _ROUND + odd) & np.uint32(0xFFFF0000)).view(np.float32)
