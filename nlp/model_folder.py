"""ModelFolder: a Hugging Face model folder, read as one kind of model: a BERT, whatever its makers called its parts.

RoBERTa (Liu et al. 2019), XLM-R (Conneau et al. 2020), DistilBERT (Sanh et al. 2019) and MPNet (Song et al. 2020)
differ from BERT in the names of their weights, in the number of the first position, and MPNet in what distance adds.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from nlp.bert_graph import DISTANCES, KINDS, PLACES, WORDS, BertShape, Pooling
from nlp.encoder import MAX_WORDS
from nlp.errors import InvalidModel

Array = np.ndarray[Any, Any]

CONFIG_FILE, WEIGHTS_FILE, WORDS_FILE = "config.json", "model.safetensors", "tokenizer.json"
FILES = (WEIGHTS_FILE, WORDS_FILE, CONFIG_FILE)
MODULES_FILE, POOLING_FOLDER, PREFIX = "modules.json", "1_Pooling", "pooling_mode_"
"""Where the library sentence-transformers says how a model's rows become one embedding."""

POOLINGS: dict[str, Pooling] = {"mean": "mean", "mean_tokens": "mean", "mean_sqrt_len_tokens": "mean", "cls": "cls",
                                "cls_token": "cls", "max": "max", "max_tokens": "max"}  # fmt: skip
"""Embeddings have length 1, so that the root of the number of words, by which some divide, makes no difference."""

PARTS = {"Transformer", "Pooling", "Normalize"}
MAX_FILE_BYTES = 3 << 29


class Model(msgspec.Struct, frozen=True):
    """A model as it was read: `weights` have the names of BERT, `tokenizer` is the file as it lay there."""

    shape: BertShape
    weights: dict[str, Array]
    tokenizer: bytes
    weights_sha256: str


class Family(msgspec.Struct, frozen=True):
    """How a family of models says what BERT says: settings, and names of a layer's weights, by BERT's own."""

    prefix: str
    layers: str = "encoder.layer"
    settings: dict[str, str] = {}
    parts: dict[str, str] = {}
    unused: int | None = 0
    """So many positions come before that of the first word; None where padding has the last of them."""
    has_kinds: bool = True
    has_distances: bool = False


ROBERTA = Family("roberta.", unused=None)
FAMILIES = {
    "bert": Family("bert."),
    "roberta": ROBERTA,
    "xlm-roberta": ROBERTA,
    "camembert": ROBERTA,
    "distilbert": Family(
        "distilbert.",
        layers="transformer.layer",
        settings={"hidden_size": "dim", "num_hidden_layers": "n_layers", "num_attention_heads": "n_heads",
                  "intermediate_size": "hidden_dim", "hidden_act": "activation"},
        parts={"attention.self.query": "attention.q_lin", "attention.self.key": "attention.k_lin",
               "attention.self.value": "attention.v_lin", "attention.output.dense": "attention.out_lin",
               "attention.output.LayerNorm": "sa_layer_norm", "intermediate.dense": "ffn.lin1",
               "output.dense": "ffn.lin2", "output.LayerNorm": "output_layer_norm"},
        has_kinds=False,
    ),
    "mpnet": Family(
        "mpnet.",
        parts={"attention.self.query": "attention.attn.q", "attention.self.key": "attention.attn.k",
               "attention.self.value": "attention.attn.v", "attention.output.dense": "attention.attn.o",
               "attention.output.LayerNorm": "attention.LayerNorm"},
        unused=2, has_kinds=False, has_distances=True,
    ),
}  # fmt: skip


def read_model(folder: Path, *, official: Mapping[str, str] | None = None) -> Model:
    """The model of a folder with `config.json`, `model.safetensors` and `tokenizer.json`.

    `official` are the SHA-256 that the files must have. Raises `InvalidModel` with the reason.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    data = {file: _read(folder, file) for file in FILES}
    for file, wanted in (official or {}).items():
        found = hashlib.sha256(data[file]).hexdigest()
        if found != wanted:
            raise InvalidModel(f"{file} is refused: its SHA-256 is {found}, not {wanted}")
    pooling = _pooling(folder)
    try:
        config = msgspec.json.decode(data[CONFIG_FILE], type=dict[str, Any])
        stored: dict[str, Array] = load(data[WEIGHTS_FILE])
    except (msgspec.MsgspecError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise InvalidModel(f"{folder}: {error}") from None
    family = _family(config)
    shape, unused = _shape(config, family, pooling)
    weights = _weights(stored, family, shape, unused)
    return Model(shape, weights, data[WORDS_FILE], hashlib.sha256(data[WEIGHTS_FILE]).hexdigest())


def tokenizer_of(model: Model) -> Any:
    """The model's own tokenizer, which cuts texts as the encoder does; raises `InvalidModel`."""
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_str(model.tokenizer.decode())
    except Exception as error:  # the library raises nothing more special
        raise InvalidModel(f"the model cannot be run: {WORDS_FILE}: {error}") from None
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_WORDS)
    return tokenizer


def _family(config: Mapping[str, Any]) -> Family:
    kind = config.get("model_type", "bert")
    family = FAMILIES.get(kind) if isinstance(kind, str) else None
    if family is None:
        raise InvalidModel(f"config.json: the model is of type {kind!r}, and can be {', '.join(FAMILIES)}")
    if config.get("is_decoder"):
        raise InvalidModel("config.json: the model is a decoder, and only encoders can be built")
    return family


def _shape(config: Mapping[str, Any], family: Family, pooling: Pooling) -> tuple[BertShape, int]:
    """The sizes, and how many positions come before the first that is used."""
    said = {name: config.get(family.settings.get(name, name)) for name in BertShape.__struct_fields__}
    said["pooling"] = pooling
    if not family.has_kinds:
        said["type_vocab_size"] = 1
    said["distance_buckets"] = config.get("relative_attention_num_buckets", 32) if family.has_distances else 0
    try:
        unused = msgspec.convert(config.get("pad_token_id", 1), int) + 1 if family.unused is None else family.unused
        places = msgspec.convert(said["max_position_embeddings"], int) - unused
        said["max_position_embeddings"] = places
        return msgspec.convert({name: value for name, value in said.items() if value is not None}, BertShape), unused
    except msgspec.ValidationError as error:
        raise InvalidModel(f"config.json: {error}") from None


def _weights(stored: Mapping[str, Array], family: Family, shape: BertShape, unused: int) -> dict[str, Array]:
    """The weights by BERT's names; positions that are never used are cut off."""

    def take(theirs: str, *size: int) -> Array:
        weight = stored.get(theirs, stored.get(family.prefix + theirs))
        if weight is None:
            raise InvalidModel(f"model.safetensors: {theirs} is missing")
        if weight.shape != size:
            raise InvalidModel(f"model.safetensors: {theirs} has shape {weight.shape}, and config.json wants {size}")
        if not np.isfinite(weight).all():
            raise InvalidModel(f"model.safetensors: {theirs} holds what is no number")
        return weight.astype(np.float32)

    size, inner, places = shape.hidden_size, shape.intermediate_size, shape.max_position_embeddings
    found = {WORDS: take(WORDS, shape.vocab_size, size), PLACES: take(PLACES, places + unused, size)[unused:]}
    found[KINDS] = take(KINDS, shape.type_vocab_size, size) if family.has_kinds else np.zeros((1, size), np.float32)
    if family.has_distances:
        found[DISTANCES] = take(DISTANCES, shape.distance_buckets, shape.num_attention_heads)
    for end in ("weight", "bias"):
        found[f"embeddings.LayerNorm.{end}"] = take(f"embeddings.LayerNorm.{end}", size)
    square = (*(f"attention.self.{part}" for part in ("query", "key", "value")), "attention.output.dense")
    linear = {**dict.fromkeys(square, (size, size)), "intermediate.dense": (inner, size), "output.dense": (size, inner)}
    for number in range(shape.num_hidden_layers):
        ours, theirs = f"encoder.layer.{number}", f"{family.layers}.{number}"
        for part, (out, inward) in linear.items():
            name = f"{theirs}.{family.parts.get(part, part)}"
            found[f"{ours}.{part}.weight"] = take(f"{name}.weight", out, inward)
            found[f"{ours}.{part}.bias"] = take(f"{name}.bias", out)
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            for end in ("weight", "bias"):
                found[f"{ours}.{part}.{end}"] = take(f"{theirs}.{family.parts.get(part, part)}.{end}", size)
    return found


def _pooling(folder: Path) -> Pooling:
    """How rows become one embedding; the mean where nothing is said. Refuses what would give another one here."""
    name = POOLING_FOLDER
    if (folder / MODULES_FILE).is_file():
        modules = _json(folder, Path(MODULES_FILE), list[dict[str, Any]])
        kinds = {str(row.get("type", "")).rpartition(".")[2]: str(row.get("path", "")) for row in modules}
        if strange := sorted(set(kinds) - PARTS):
            raise InvalidModel(f"{MODULES_FILE}: it has {', '.join(strange)}, and can have {', '.join(sorted(PARTS))}")
        name = kinds.get("Pooling", POOLING_FOLDER)
        if Path(name).name != name:
            raise InvalidModel(f"{MODULES_FILE}: {name!r} is no folder beside it")
    where = Path(name) / CONFIG_FILE
    if not (folder / where).is_file():
        return "mean"
    found = _json(folder, where, dict[str, Any])
    modes = [name.removeprefix(PREFIX) for name, on in sorted(found.items()) if name.startswith(PREFIX) and on is True]
    modes = modes or [str(found.get("pooling_mode", "no mode"))]
    if len(modes) > 1 or modes[0] not in POOLINGS:
        raise InvalidModel(f"{where}: its pooling is {' and '.join(modes)}, and has to be one of {', '.join(POOLINGS)}")
    return POOLINGS[modes[0]]


def _json(folder: Path, where: Path, kind: Any) -> Any:
    try:
        return msgspec.json.decode((folder / where).read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError) as error:
        raise InvalidModel(f"{where}: {error}") from None


def _read(folder: Path, file: str) -> bytes:
    path = folder / file
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InvalidModel(f"{path} is larger than {MAX_FILE_BYTES >> 20} MiB")
        return path.read_bytes()
    except OSError as error:
        raise InvalidModel(f"{path}: {error.strerror}: a model folder has {', '.join(FILES)}") from None
