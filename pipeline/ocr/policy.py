"""Who reads: the one place where "auto" is decided, by what this machine has.

Measured on two cores of an AMD EPYC with AVX2 but neither AVX-512 nor AMX, one thread an engine, CPU seconds a page
and share read right (receipts: F1 of words, 10 SROIE scans; profiles: characters, 10 typeset Chinese pages; dense:
noisy drawn A4 pages at 300 dpi, F1 of words or characters, mean of 3 each), as `reader.py` drives the engines:

                                receipts       profiles       dense English   dense Chinese   peak memory
    Tesseract                   1.2 s  0.747   0.78 s 0.990   7.7 s  0.989    13.7 s 0.977    0.12 GB
    RapidOCR on onnxruntime     2.0 s  0.903   0.78 s 1.000   13.8 s 0.994    12.3 s 0.998    0.65 GB
    RapidOCR on OpenVINO        2.1 s  0.902   0.79 s 1.000   13.3 s 0.994    12.1 s 0.998    1.05 GB

On a processor with AMX (design, section 3) OpenVINO took 0.94 s a receipt where onnxruntime took 3.3 s. So:

1. "auto" reads with RapidOCR first: on receipts it gets six in ten of the words right that Tesseract gets wrong, at
   0.9 to 1.8 times the time.
2. Tesseract, where it has the packs for the languages, reads again what came out poorly.
3. RapidOCR runs on OpenVINO where the processor has AVX-512 or AMX, which it makes use of; elsewhere on onnxruntime,
   as fast there on two thirds of the memory. Where only one of them is installed, on that one.

Later engines ("tesserocr", "got") take their place in `ENGINES`, which is in order of accuracy, and in `choose`.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import PermanentError
from pipeline.ocr import rapid, tesseract
from pipeline.ocr.base import Availability, check_languages

ENGINES = ("rapidocr", "tesseract")
"""The engines there are, by the names settings use; "auto" stands for a choice among them."""

WIDE_FLAGS = frozenset({"amx_tile", "amx_bf16", "avx512f", "avx512_vnni", "avx512_bf16"})


@dataclass(frozen=True, slots=True)
class Choice:
    """Who reads the pages of a knowledge base on this machine.

    Attributes:
        engines: names, first reads, the next read again what came out poorly.
        reason: a sentence for people.
        backend: what RapidOCR runs on: "openvino", "onnxruntime", or "" where it does not read.
    """

    engines: tuple[str, ...]
    reason: str
    backend: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """What the choice depends on.

    Attributes:
        cpu_flags: the processor's features as Linux names them; empty elsewhere.
        rapidocr: whether it can run.
        backends: libraries here that can run RapidOCR's models.
        tesseract: whether it can read the languages in question.
    """

    cpu_flags: frozenset[str]
    rapidocr: Availability
    backends: tuple[str, ...]
    tesseract: Availability

    @classmethod
    def here(cls, languages: Sequence[str]) -> Machine:
        """This machine, seen for these languages."""
        return cls(cpu_flags(), rapid.available(), rapid.backends(), tesseract.available(languages))


def cpu_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """The processor's features, empty where the system does not tell."""
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return frozenset()
    line = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return frozenset(line.partition(":")[2].split())


def choose(engine: str, languages: Sequence[str], machine: Machine | None = None) -> Choice:
    """Decides who reads.

    Args:
        engine: "auto" or one of `ENGINES`. An engine asked for by name reads alone.
        languages: BCP 47 codes of the knowledge base.
        machine: what to look at instead of this machine.

    Raises:
        PermanentError: `engine_missing` if what was asked for cannot run here (the message says how to mend it);
            `bad_request` if there is no such engine.
    """
    check_languages(languages)
    if engine != "auto" and engine not in ENGINES:
        known = ", ".join(("auto", *ENGINES))
        raise PermanentError("bad_request", f"There is no reading engine {engine!r}. Choose one of: {known}.")
    machine = machine or Machine.here(languages)
    states = {"rapidocr": machine.rapidocr, "tesseract": machine.tesseract}
    backend, why = _backend(machine)
    if engine != "auto":
        states[engine].require()
        rapidly = engine == "rapidocr"
        return Choice((engine,), f"{engine} was asked for{f'; it runs {why}' if rapidly else ''}.",
                      backend if rapidly else "")  # fmt: skip
    able = tuple(name for name in ENGINES if states[name].ok)
    if not able:
        both = " ".join(f"{state.reason} {state.remedy}" for state in states.values())
        raise PermanentError("engine_missing", f"No reading engine can run here. {both}")
    if able == ENGINES:
        return Choice(able, f"RapidOCR reads most of it right and runs {why}; "
                            "Tesseract reads again what came out poorly.", backend)  # fmt: skip
    if able == ("rapidocr",):
        return Choice(able, f"RapidOCR reads alone and runs {why}: {machine.tesseract.reason}", backend)
    return Choice(able, f"Tesseract reads alone: {machine.rapidocr.reason}")


def _backend(machine: Machine) -> tuple[str, str]:
    """What RapidOCR runs on, and why."""
    if len(machine.backends) < 2:
        backend = machine.backends[0] if machine.backends else ""
        return backend, f"on {backend}, the only one of its backends installed"
    if machine.cpu_flags & WIDE_FLAGS:
        return "openvino", "on OpenVINO, as this processor has AVX-512 or AMX"
    kind = platform.machine() or "processor"
    return "onnxruntime", f"on onnxruntime, as fast on this {kind} without AVX-512 as OpenVINO and smaller"
