"""TinyBert: model folders with two small layers and random weights, and a tokenizer of a few words.

Of the families of models that there are, each has its own names for the same things, as transformers writes them.
"""

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

WORDS = [
    "[PAD]", "<pad>", "[CLS]", "[SEP]", *"abcdefghijklmnopqrstuvwxyz0123456789?!.,", "where", "is", "my", "order",
    "[UNK]",
]  # fmt: skip
"""Two kinds of padding, since RoBERTa's has the number 1: an unknown word with that number would have no position."""

CONFIG: dict[str, Any] = {
    "model_type": "bert", "vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
    "intermediate_size": 64, "max_position_embeddings": 160, "hidden_act": "gelu", "layer_norm_eps": 1e-12,
    "position_embedding_type": "absolute", "transformers_version": "4.8.2",
}  # fmt: skip

OTHERS: dict[str, dict[str, Any]] = {
    "roberta": {"max_position_embeddings": 162, "type_vocab_size": 1, "pad_token_id": 1, "layer_norm_eps": 1e-5},
    "xlm-roberta": {"max_position_embeddings": 162, "type_vocab_size": 1, "pad_token_id": 1},
    "distilbert": {
        "dim": 32, "hidden_dim": 64, "n_heads": 4, "n_layers": 2, "activation": "gelu", "vocab_size": 64,
        "max_position_embeddings": 160, "model_type": "distilbert", "pad_token_id": 0,
    },
    "mpnet": {"max_position_embeddings": 162, "pad_token_id": 1, "relative_attention_num_buckets": 32},
}  # fmt: skip
"""What the configurations of the other families say; distilbert says all in its own way."""

NAMES = {
    "distilbert": (
        ("encoder.layer", "transformer.layer"), ("attention.self.query", "attention.q_lin"),
        ("attention.self.key", "attention.k_lin"), ("attention.self.value", "attention.v_lin"),
        ("attention.output.dense", "attention.out_lin"), ("attention.output.LayerNorm", "sa_layer_norm"),
        ("intermediate.dense", "ffn.lin1"), ("output.dense", "ffn.lin2"), ("output.LayerNorm", "output_layer_norm"),
    ),
    "mpnet": (
        ("attention.self.query", "attention.attn.q"), ("attention.self.key", "attention.attn.k"),
        ("attention.self.value", "attention.attn.v"), ("attention.output.dense", "attention.attn.o"),
        ("attention.output.LayerNorm", "attention.LayerNorm"),
    ),
}  # fmt: skip


def config(kind: str) -> dict[str, Any]:
    if kind == "distilbert":
        return OTHERS[kind]
    return {**CONFIG, **OTHERS.get(kind, {}), "model_type": kind}


def family_weights(kind: str) -> dict[str, np.ndarray[Any, Any]]:
    """The weights of a model of another family: those of `weights`, called as there, and what else it has."""
    chance = np.random.default_rng(7)
    found = weights()
    places, kinds = "embeddings.position_embeddings.weight", "embeddings.token_type_embeddings.weight"
    if config(kind)["max_position_embeddings"] == 162:  # those of the padding are of no use
        found[places] = np.concatenate([chance.normal(0, 9, (2, 32)).astype(np.float32), found[places]])
    if kind in ("distilbert", "mpnet"):
        del found[kinds]
    elif kind != "bert":
        found[kinds] = found[kinds][:1].copy()
    if kind == "mpnet":
        found["encoder.relative_attention_bias.weight"] = chance.normal(0, 1, (32, 4)).astype(np.float32)
    for ours, theirs in NAMES.get(kind, ()):
        found = {name.replace(ours, theirs): value for name, value in found.items()}
    return found


def write_family(folder: Path, kind: str) -> Path:
    """A model folder of another family."""
    write(folder)
    (folder / "config.json").write_text(json.dumps(config(kind)))
    save_file(family_weights(kind), folder / "model.safetensors")
    return folder


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
    tokenizer.normalizer, tokenizer.pre_tokenizer = BertNormalizer(), BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing("[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])  # type: ignore[assignment]
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
