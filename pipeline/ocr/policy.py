"""Who reads: the one place where "auto" is decided, by what this machine has.

Measured on two cores of an AMD EPYC with AVX-512 and bfloat16 but no AMX, one thread an engine, 15 SROIE receipts:
CPU seconds a page, F1 of words as they stand between spaces and of runs of letters and digits, peak memory.

                                        seconds   words   runs    memory
    Tesseract, a process a page         0.54      0.764   0.858   0.12 GB
    tesserocr, in this process          0.35      0.764   0.865   0.17 GB
    RapidOCR on onnxruntime             1.23      0.913   0.962   0.44 GB
    RapidOCR on OpenVINO, bfloat16      0.86      0.911   0.960   0.7 GB

On a processor with AMX (design, section 3) OpenVINO took 0.94 s a receipt where onnxruntime took 3.3 s; on one with
neither AVX-512 nor AMX both took 2.0 s. So:

1. "auto" reads with RapidOCR first: it gets seven in ten of the words right that Tesseract gets wrong.
2. Tesseract, where it has the packs for the languages, reads again what came out poorly; in this process where
   tesserocr is installed, which takes two thirds of the time of a process a page.
3. RapidOCR runs on OpenVINO where the processor multiplies bfloat16 (AVX-512 BF16, AMX): that is what makes it
   faster. Elsewhere on onnxruntime, as fast there on less memory. Where only one of them is installed, on that one.

"got" (GOT-OCR 2) reads only where it is asked for by name: "auto" never takes it, on a machine with a GPU neither.
It has not been measured here, and what it reads has no boxes of its own, so that hits could not be shown on their page
as exactly as RapidOCR's are.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import PermanentError
from pipeline.ocr import got, rapid, tesseract, tesserocr
from pipeline.ocr.base import Availability, check_languages

ENGINES = ("rapidocr", "tesserocr", "tesseract", "got")
"""The engines there are, by the names settings use; "auto" stands for a choice among them."""

TESSERACTS = ("tesserocr", "tesseract")
"""Two ways to the same models; "auto" takes the first that is there."""

BFLOAT16_FLAGS = frozenset({"amx_bf16", "avx512_bf16"})


@dataclass(frozen=True, slots=True)
class Choice:
    """Who reads the pages of a knowledge base on this machine.

    Attributes:
        engines: names, first reads, the next read again what came out poorly.
        reason: a sentence for people.
        backend: what RapidOCR runs on: "openvino", "onnxruntime", or "" where it does not read.
        got_model: where the weights of GOT-OCR 2 are, if it reads.
    """

    engines: tuple[str, ...]
    reason: str
    backend: str = ""
    got_model: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """What the choice depends on.

    Attributes:
        cpu_flags: the processor's features as Linux names them; empty elsewhere.
        rapidocr: whether it can run.
        backends: libraries here that can run RapidOCR's models.
        tesseract: whether it can read the languages in question.
        tesserocr: likewise.
        got: whether it can run.
    """

    cpu_flags: frozenset[str]
    rapidocr: Availability
    backends: tuple[str, ...]
    tesseract: Availability
    tesserocr: Availability
    got: Availability

    @classmethod
    def here(cls, languages: Sequence[str], got_model: str = "") -> Machine:
        """This machine, seen for these languages and these weights of GOT-OCR 2."""
        return cls(cpu_flags(), rapid.available(), rapid.backends(), tesseract.available(languages),
                   tesserocr.available(languages), got.available(got_model))  # fmt: skip


def cpu_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """The processor's features, empty where the system does not tell."""
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return frozenset()
    line = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return frozenset(line.partition(":")[2].split())


def choose(engine: str, languages: Sequence[str], machine: Machine | None = None, got_model: str = "") -> Choice:
    """Decides who reads.

    Args:
        engine: "auto" or one of `ENGINES`. An engine asked for by name reads alone.
        languages: BCP 47 codes of the knowledge base.
        machine: what to look at instead of this machine.
        got_model: where the weights of GOT-OCR 2 are, if anywhere.

    Raises:
        PermanentError: `engine_missing` if what was asked for cannot run here (the message says how to mend it);
            `bad_request` if there is no such engine.
    """
    check_languages(languages)
    if engine != "auto" and engine not in ENGINES:
        known = ", ".join(("auto", *ENGINES))
        raise PermanentError("bad_request", f"There is no reading engine {engine!r}. Choose one of: {known}.")
    machine = machine or Machine.here(languages, got_model)
    states = {name: getattr(machine, name) for name in ENGINES}
    backend, why = _backend(machine)
    if engine != "auto":
        states[engine].require()
        rapidly = engine == "rapidocr"
        return Choice((engine,), f"{engine} was asked for{f'; it runs {why}' if rapidly else ''}.",
                      backend if rapidly else "", got_model)  # fmt: skip
    second = next((name for name in TESSERACTS if states[name].ok), None)
    if machine.rapidocr.ok and second:
        way = "in this process" if second == "tesserocr" else "in a process a page"
        return Choice(("rapidocr", second), f"RapidOCR reads most of it right and runs {why}; "
                      f"Tesseract, {way}, reads again what came out poorly.", backend)  # fmt: skip
    if machine.rapidocr.ok:
        return Choice(("rapidocr",), f"RapidOCR reads alone and runs {why}: {machine.tesseract.reason}", backend)
    if second:
        return Choice((second,), f"Tesseract reads alone: {machine.rapidocr.reason}")
    both = " ".join(f"{state.reason} {state.remedy}" for state in (machine.rapidocr, machine.tesseract))
    raise PermanentError("engine_missing", f"No reading engine can run here. {both}")


def _backend(machine: Machine) -> tuple[str, str]:
    """What RapidOCR runs on, and why."""
    if len(machine.backends) < 2:
        backend = machine.backends[0] if machine.backends else ""
        return backend, f"on {backend}, the only one of its backends installed"
    if machine.cpu_flags & BFLOAT16_FLAGS:
        return "openvino", "on OpenVINO, as this processor multiplies bfloat16"
    kind = platform.machine() or "processor"
    return "onnxruntime", f"on onnxruntime, as fast on this {kind} without bfloat16 as OpenVINO and smaller"
