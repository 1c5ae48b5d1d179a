"""GOT-OCR 2 through transformers' own class, for machines with a GPU. Here alone does reading use torch.

The model gives plain text, without boxes: `got_lines` lays it on the page. The weights come from a folder or a model
hub, as the setting `ocr.got_model` says; only safetensors are loaded and no code of the model's, so that weights from
elsewhere can run nothing. torch and transformers are imported when the first page is read, never before: a process
that reads by other engines stays without them.
"""

from __future__ import annotations

import functools
import importlib.util
import math
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import PermanentError, TransientError
from pipeline.ocr.base import Availability, check_languages
from pipeline.types import PageImage, Word

if TYPE_CHECKING:
    import torch

MAX_NEW_TOKENS = 4096
"""The most tokens a page may have, some 6,000 Chinese characters: a model that repeats itself stops there."""
STOP = "<|im_end|>"
_MOST_PIECES = 8  # tokens that one character may be made of


def available(model: str) -> Availability:
    """Whether GOT-OCR 2 can run here, and if not how to mend it. Loads nothing.

    Args:
        model: folder with the weights or their id on a model hub; empty where none is set.
    """
    for package in ("torch", "transformers"):
        if importlib.util.find_spec(package) is None:
            return Availability(False, f"The Python package {package} is not installed.", f"pip install {package}.")
    if not model:
        return Availability(
            False, "No weights of GOT-OCR 2 are set.",
            "Set ocr.got_model to a folder with them or to their id on a model hub, stepfun-ai/GOT-OCR-2.0-hf.",
        )  # fmt: skip
    if _is_path(model) and not (Path(model) / "config.json").is_file():
        return Availability(
            False, f"The folder {model} holds no model of GOT-OCR 2 (no config.json).",
            "Put the weights there, or set ocr.got_model to another folder or an id on a model hub.",
        )  # fmt: skip
    return Availability(True, f"GOT-OCR 2 from {model} on transformers {version('transformers')}.")


class Got:
    """Reads pages with GOT-OCR 2, which knows English and Chinese of both kinds at once.

    Args:
        model: folder with the weights or their id on a model hub.
        max_new_tokens: tokens of a page at most.
    """

    name = "got"

    def __init__(self, model: str, max_new_tokens: int = MAX_NEW_TOKENS) -> None:
        self.model = model
        self.max_new_tokens = max_new_tokens
        self._loaded: Any = None
        self._processor: Any = None

    @property
    def version(self) -> str:
        """Version of transformers, and the model's name."""
        return f"transformers {version('transformers')} {Path(self.model).name if _is_path(self.model) else self.model}"

    def settings(self, image: PageImage, languages: Sequence[str]) -> dict[str, Any]:
        """Model, device and limits; the model takes no language."""
        told: dict[str, Any] = {"model": self.model, "max_new_tokens": self.max_new_tokens, "dpi": round(image.dpi, 1)}
        if self._loaded is not None:
            told |= {"device": str(self._loaded.device), "dtype": str(self._loaded.dtype).removeprefix("torch.")}
        return told

    def warm(self) -> None:
        """Loads the model: onto the GPU in half precision where there is one, else in 32 bits on the processor.

        Raises:
            PermanentError: `engine_missing`, where the weights are not there or are no GOT-OCR 2.
        """
        if self._loaded is not None:
            return
        available(self.model).require()
        import torch
        from transformers import AutoProcessor, GotOcr2ForConditionalGeneration
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # type: ignore[no-untyped-call]  # our log is no terminal
        if torch.cuda.is_available():
            device, dtype = "cuda", torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
        else:
            device, dtype = "cpu", torch.float32
            torch.set_num_threads(1)  # the pages are the parallelism
        try:
            processor = AutoProcessor.from_pretrained(  # type: ignore[no-untyped-call]
                self.model, trust_remote_code=False
            )
            loaded = GotOcr2ForConditionalGeneration.from_pretrained(
                self.model, dtype=dtype, use_safetensors=True, trust_remote_code=False
            )
        except (OSError, ValueError, KeyError) as error:  # not there, out of reach, or another model's
            raise PermanentError(
                "engine_missing",
                f"The weights of GOT-OCR 2 could not be loaded from {self.model}: {str(error)[:200]} "
                "Set ocr.got_model to a folder with them, or download them first.",
            ) from error
        self._processor, self._loaded = processor, loaded.to(device).eval()  # type: ignore[arg-type]

    def read(self, image: PageImage, languages: Sequence[str]) -> list[Word]:
        """See `Engine.read`. Nothing here watches the clock: the parent kills this process when the time is over."""
        from PIL import Image

        from pipeline.ocr.got_lines import lay
        from pipeline.ocr.ink import find_ink, load_grey

        check_languages(languages)
        self.warm()
        grey = load_grey(image)
        try:
            pieces = self._generate(Image.fromarray(grey).convert("RGB"))
        except RuntimeError as error:  # torch's for most, a lack of memory on the GPU among them
            raise TransientError(f"GOT-OCR 2 failed: {str(error)[-300:]}") from error
        return lay(pieces, find_ink(grey, image.dpi), image)

    def _generate(self, page: Any) -> list[tuple[str, float]]:
        """What the model says of a page: pieces of text and how sure it was of each, 0..1.

        Greedy, so that the same page always reads the same. The probabilities are noted token by token: the scores of
        4,096 tokens over a vocabulary of 151,860, which `output_scores` keeps, would take 2.5 GB.
        """
        import torch
        from transformers import LogitsProcessorList

        sure: list[float] = []

        def note(_: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
            sure.append(float(scores[0].float().softmax(-1).max()))
            return scores

        inputs = self._processor(page, return_tensors="pt").to(self._loaded.device)
        inputs["pixel_values"] = inputs["pixel_values"].to(self._loaded.dtype)
        tokenizer = self._processor.tokenizer
        with torch.inference_mode():
            tokens = self._loaded.generate(
                **inputs, do_sample=False, num_beams=1, max_new_tokens=self.max_new_tokens, tokenizer=tokenizer,
                stop_strings=STOP, logits_processor=LogitsProcessorList([note]),
            )  # fmt: skip
        told = tokens[0, inputs["input_ids"].shape[1] :].tolist()
        return pieces_of(zip(told, sure, strict=True), tokenizer)


def pieces_of(tokens: Iterable[tuple[int, float]], tokenizer: Any) -> list[tuple[str, float]]:
    """Tokens as text, each piece with the geometric mean of its tokens' probabilities.

    A character may be split over several tokens: they are one piece. The text ends at the stop string.
    """
    pieces: list[tuple[str, float]] = []
    waiting: list[tuple[int, float]] = []
    for token in tokens:
        waiting.append(token)
        text = tokenizer.decode([number for number, _ in waiting])
        if text.endswith("\ufffd") and len(waiting) < _MOST_PIECES:
            continue
        if STOP in text:
            text, waiting = text.partition(STOP)[0], waiting[:1]
            return [*pieces, (text, _mean(waiting))] if text else pieces
        pieces.append((text, _mean(waiting)))
        waiting = []
    return pieces


def _mean(tokens: Sequence[tuple[int, float]]) -> float:
    return math.exp(sum(math.log(max(sure, 1e-9)) for _, sure in tokens) / len(tokens))


def _is_path(model: str) -> bool:
    return model.startswith(("/", ".", "~")) or Path(model).is_dir()


@functools.cache
def shared(model: str) -> Got:
    """The one instance of this process: its weights take gigabytes."""
    return Got(model)
