"""BertReference: the same encoder in plain numpy, slow and easy to check: the proof that a graph is right."""

from collections.abc import Mapping, Sequence
from math import erf, log
from typing import Any

import numpy as np

from nlp.bert_graph import DISTANCES, FURTHEST, KINDS, PLACES, WORDS, BertShape

Array = np.ndarray[Any, Any]
_erf = np.vectorize(erf, otypes=[np.float64])


def reference_embedding(shape: BertShape, weights: Mapping[str, Array], ids: Sequence[int]) -> Array:
    """The embedding of one text, of length 1, after Devlin et al. 2019 (BERT), in 64-bit numbers."""

    def weight(name: str) -> Array:
        numbers: Array = np.asarray(weights[name], dtype=np.float64)
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
    row = weight(WORDS)[list(ids)] + weight(PLACES)[: len(ids)]
    row = normal(row + weight(KINDS)[0], "embeddings.LayerNorm")
    apart = np.zeros((heads, len(ids), len(ids)))
    if shape.distance_buckets:
        for one, other in np.ndindex(len(ids), len(ids)):
            apart[:, one, other] = weight(DISTANCES)[_bucket(other - one, shape.distance_buckets)]
    for number in range(shape.num_hidden_layers):
        layer = f"encoder.layer.{number}"
        query, key, value = (
            linear(row, f"{layer}.attention.self.{part}").reshape(len(ids), heads, size).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        likeness = query @ key.transpose(0, 2, 1) / np.sqrt(size) + apart
        shares = np.exp(likeness - likeness.max(axis=-1, keepdims=True))
        mixed = (shares / shares.sum(axis=-1, keepdims=True) @ value).transpose(1, 0, 2).reshape(len(ids), -1)
        row = normal(linear(mixed, f"{layer}.attention.output.dense") + row, f"{layer}.attention.output.LayerNorm")
        wide = linear(row, f"{layer}.intermediate.dense")
        bent = wide * 0.5 * (1 + _erf(wide / np.sqrt(2)))
        row = normal(linear(bent, f"{layer}.output.dense") + row, f"{layer}.output.LayerNorm")
    pooled = {"mean": row.mean(axis=0), "max": row.max(axis=0), "cls": row[0]}[shape.pooling]
    embedding: Array = pooled / np.linalg.norm(pooled)
    return embedding


def _bucket(distance: int, buckets: int) -> int:
    """The bucket of how far ahead (or, below 0, behind) a word is: near ones have their own, far ones share by logs."""
    half, far = buckets // 2, abs(distance)
    side, exact = half * (distance > 0), half // 2
    if far < exact:
        return side + far
    return side + min(half - 1, exact + int(log(far / exact) / log(FURTHEST / exact) * (half - exact)))
