"""A GOT-OCR 2 of some 50,000 random weights that always says the same, built with transformers' own classes.

Everything is as in the real one (page of 1,024 pixels, 256 image tokens, prompt, stop string) but for the sizes, and
but for the last step: the language model's layers are silenced, so that each token alone decides which comes next.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    GotOcr2Config,
    GotOcr2ForConditionalGeneration,
    GotOcr2Processor,
    PreTrainedTokenizerFast,
)
from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import GotOcr2ImageProcessorPil

_WIDTH = 32
SURE = 1.0
"""The weight of the token to come, those of others being 0: as the norm before it scales, one half sure."""


def build(folder: Path, says: Sequence[str]) -> None:
    """Writes a model to a folder that reads on every page what `says` holds, piece by piece."""
    tokenizer = _tokenizer(says)
    number = tokenizer.convert_tokens_to_ids
    torch.manual_seed(0)
    model = GotOcr2ForConditionalGeneration(
        GotOcr2Config(
            vision_config={"hidden_size": 8, "output_channels": 8, "num_hidden_layers": 1, "num_attention_heads": 1,
                           "mlp_dim": 8, "global_attn_indexes": []},
            text_config={"model_type": "qwen2", "vocab_size": len(tokenizer), "hidden_size": _WIDTH,
                         "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 1,
                         "num_key_value_heads": 1, "max_position_embeddings": 8192, "tie_word_embeddings": False,
                         "bos_token_id": None, "eos_token_id": None, "pad_token_id": tokenizer.pad_token_id},
            image_token_index=number("<imgpad>"),
            image_seq_length=256,
            tie_word_embeddings=False,
        )
    )  # fmt: skip
    chain = [number("\u010a"), *(number(piece) for piece in says), number("<|im_end|>")]  # the prompt ends in a newline
    language = model.model.language_model
    with torch.no_grad():
        language.layers[0].self_attn.o_proj.weight.zero_()
        language.layers[0].mlp.down_proj.weight.zero_()
        model.lm_head.weight.zero_()
        for place, (token, following) in enumerate(pairwise(chain)):
            language.embed_tokens.weight[token] = torch.eye(_WIDTH)[place]
            model.lm_head.weight[following, place] = SURE
    model.save_pretrained(folder)
    GotOcr2Processor(GotOcr2ImageProcessorPil(size={"height": 1024, "width": 1024}), tokenizer).save_pretrained(folder)


def _tokenizer(says: Sequence[str]) -> PreTrainedTokenizerFast:
    """Bytes, and each piece as a token of its own."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    inner = Tokenizer(models.BPE(vocab={char: index for index, char in enumerate(alphabet)}, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    special = ["<|im_start|>", "<img>", "</img>", "<imgpad>"]
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token="<|im_end|>", pad_token="<|endoftext|>", additional_special_tokens=special
    )
    tokenizer.add_tokens(list(says))
    return tokenizer
