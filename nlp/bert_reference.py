"""BertReference: the same encoder in plain numpy, slow and easy to check: the proof that a graph is right."""

from collections.abc import Mapping, Sequence
from math import erf
from typing import Any

import numpy as np

from nlp.bert_graph import BertShape

Array = np.ndarray[Any, Any]
_erf = np.vectorize(erf, otypes=[np.float64])


def reference_embedding(shape: BertShape, weights: Mapping[str, Array], ids: Sequence[int]) -> Array:
    """The embedding of one text, of length 1, after Devlin et al. 2019 (BERT), in 64-bit numbers."""

    def weight(name: str) -> Array:
        found = weights.get(name)
        numbers: Array = np.asarray(weights[f"bert.{name}"] if found is None else found, dtype=np.float64)
        return numbers

    def linear(row: Array, name: str) -> Array:
        product: Array = row @ weight(f"{name}.weight").T + weight(f"{name}.bias")
        return product

    def normal(row: Array, name: str) -> Array:
        middle = row - row.mean(axis=-1, keepdims=True)
        spread = np.sqrt((middle**2).mean(axis=-1, keepdims=True) + shape.layer_norm_eps)
        scaled: Array = middle / spread * weight(f"{name}.weight") + weight(f"{name}.bias")
        return scaled

    heads, size = shape.num_attention_heads, shape.hidden_size // shape.num_attention_heads
    row = weight("embeddings.word_embeddings.weight")[list(ids)]
    row = row + weight("embeddings.position_embeddings.weight")[: len(ids)]
    row = normal(row + weight("embeddings.token_type_embeddings.weight")[0], "embeddings.LayerNorm")
    for number in range(shape.num_hidden_layers):
        layer = f"encoder.layer.{number}"
        query, key, value = (
            linear(row, f"{layer}.attention.self.{part}").reshape(len(ids), heads, size).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        likeness = query @ key.transpose(0, 2, 1) / np.sqrt(size)
        shares = np.exp(likeness - likeness.max(axis=-1, keepdims=True))
        mixed = (shares / shares.sum(axis=-1, keepdims=True) @ value).transpose(1, 0, 2).reshape(len(ids), -1)
        row = normal(linear(mixed, f"{layer}.attention.output.dense") + row, f"{layer}.attention.output.LayerNorm")
        wide = linear(row, f"{layer}.intermediate.dense")
        bent = wide * 0.5 * (1 + _erf(wide / np.sqrt(2)))
        row = normal(linear(bent, f"{layer}.output.dense") + row, f"{layer}.output.LayerNorm")
    mean = row.mean(axis=0)
    embedding: Array = mean / np.linalg.norm(mean)
    return embedding
