"""TinyBert: a model folder with a BERT of two small layers and random weights, and a tokenizer of a few words."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abcdefghijklmnopqrstuvwxyz0123456789?!.,", "where", "is", "my", "order"]
CONFIG: dict[str, Any] = {
    "model_type": "bert", "vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
    "intermediate_size": 64, "max_position_embeddings": 160, "hidden_act": "gelu", "layer_norm_eps": 1e-12,
    "position_embedding_type": "absolute", "transformers_version": "4.8.2",
}  # fmt: skip


def weights(seed: int = 0) -> dict[str, np.ndarray[Any, Any]]:
    chance = np.random.default_rng(seed)
    size, inner = CONFIG["hidden_size"], CONFIG["intermediate_size"]

    def some(*shape: int) -> np.ndarray[Any, Any]:
        return chance.normal(0, 0.3, shape).astype(np.float32)

    found = {
        "embeddings.word_embeddings.weight": some(CONFIG["vocab_size"], size),
        "embeddings.position_embeddings.weight": some(CONFIG["max_position_embeddings"], size),
        "embeddings.token_type_embeddings.weight": some(2, size),
    }
    normals = ["embeddings.LayerNorm"]
    for number in range(CONFIG["num_hidden_layers"]):
        layer = f"encoder.layer.{number}"
        shapes = {f"attention.self.{part}": (size, size) for part in ("query", "key", "value")}
        shapes |= {"attention.output.dense": (size, size), "intermediate.dense": (inner, size),
                   "output.dense": (size, inner)}  # fmt: skip
        for name, shape in shapes.items():
            found[f"{layer}.{name}.weight"], found[f"{layer}.{name}.bias"] = some(*shape), some(shape[0])
        normals += [f"{layer}.attention.output.LayerNorm", f"{layer}.output.LayerNorm"]
    for name in normals:
        found[f"{name}.weight"], found[f"{name}.bias"] = 1 + some(size), some(size)
    return found


def write(folder: Path, **config: Any) -> Path:
    """A model folder; `config` changes what `config.json` says."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({**CONFIG, **config}))
    save_file(weights(), folder / "model.safetensors")
    vocabulary = {word: number for number, word in enumerate(dict.fromkeys(WORDS))}
    vocabulary |= {f"##{letter}": len(vocabulary) + at for at, letter in enumerate("aers")}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = BertNormalizer(), BertPreTokenizer()  # type: ignore[assignment]
    tokenizer.post_processor = TemplateProcessing("[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])  # type: ignore[assignment]
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
