"""TorchEncoder: the same encoder once more, in torch: its top layers can learn. Fine-tuning alone makes one."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nlp.bert_graph import DISTANCES, KINDS, PLACES, WORDS, BertShape, distance_buckets

Array = np.ndarray[Any, Any]

DROPOUT = 0.1
"""The share of a layer's outputs that is left out while it learns (Devlin et al. 2019, appendix A.2)."""

MOST_AT_ONCE = 64


class TorchEncoder:
    """An encoder whose last `layers` layers learn; what comes below is fixed, and so computed once for each text."""

    def __init__(self, shape: BertShape, weights: Mapping[str, Array], layers: int) -> None:
        import torch

        self._torch = torch
        self._functional = torch.nn.functional
        self._shape = shape
        self._first = shape.num_hidden_layers - layers
        self._buckets = distance_buckets(shape.max_position_embeddings, shape.distance_buckets or 4)
        self._given = dict(weights)
        learnt = tuple(f"encoder.layer.{number}." for number in range(self._first, shape.num_hidden_layers))
        self.learning = {
            name: torch.tensor(value, dtype=torch.float32, requires_grad=True)
            for name, value in weights.items()
            if name.startswith(learnt)
        }
        fixed = {name: torch.from_numpy(value) for name, value in weights.items() if name not in self.learning}
        self._tensors = {**fixed, **self.learning}

    def below(self, ids: Sequence[int]) -> Any:
        """What the fixed layers make of one text: a row for each piece of a word."""
        with self._torch.no_grad():
            row = self._tensors[WORDS][list(ids)] + self._tensors[PLACES][: len(ids)]
            row = self._normal(row[None] + self._tensors[KINDS][0], "embeddings.LayerNorm")
            for number in range(self._first):
                row = self._layer(row, None, number, learning=False)
        return row[0]

    def above(self, rows: Sequence[Any], *, learning: bool) -> Any:
        """The embeddings of texts, of length 1, from what `below` made of them."""
        lengths = self._torch.tensor([len(row) for row in rows])
        row = self._torch.nn.utils.rnn.pad_sequence(list(rows), batch_first=True)
        there = self._torch.arange(row.shape[1])[None] < lengths[:, None]
        for number in range(self._first, self._shape.num_hidden_layers):
            row = self._layer(row, there, number, learning=learning)
        if self._shape.pooling == "cls":
            pooled = row[:, 0]
        elif self._shape.pooling == "max":
            pooled = row.masked_fill(~there[..., None], float("-inf")).amax(dim=1)
        else:
            pooled = (row * there[..., None]).sum(dim=1) / lengths[:, None]
        return self._functional.normalize(pooled, dim=1)

    def embed(self, rows: Sequence[Any]) -> Any:
        """The same, without learning, for any number of texts."""
        order = sorted(range(len(rows)), key=lambda number: len(rows[number]))
        parts = self._torch.empty(len(rows), self._shape.hidden_size)
        with self._torch.no_grad():
            for start in range(0, len(order), MOST_AT_ONCE):
                some = order[start : start + MOST_AT_ONCE]
                parts[some] = self.above([rows[number] for number in some], learning=False)
        return parts

    def weights(self) -> dict[str, Array]:
        """All weights as they are now; those that do not learn are the very ones that were given."""
        return {**self._given, **{name: tensor.detach().numpy().copy() for name, tensor in self.learning.items()}}

    def _linear(self, row: Any, name: str) -> Any:
        return self._functional.linear(row, self._tensors[f"{name}.weight"], self._tensors[f"{name}.bias"])

    def _normal(self, row: Any, name: str) -> Any:
        weight, bias = self._tensors[f"{name}.weight"], self._tensors[f"{name}.bias"]
        return self._functional.layer_norm(row, weight.shape, weight, bias, self._shape.layer_norm_eps)

    def _apart(self, words: int) -> Any:
        """What the distance of every word to every other adds to their likeness: heads by words by words."""
        places = np.arange(words)
        buckets = self._buckets[places[None] - places[:, None] + self._shape.max_position_embeddings - 1]
        return self._tensors[DISTANCES][self._torch.from_numpy(buckets)].permute(2, 0, 1)

    def _layer(self, row: Any, there: Any, number: int, *, learning: bool) -> Any:
        layer, heads = f"encoder.layer.{number}", self._shape.num_attention_heads
        texts, words, size = row.shape
        query, key, value = (
            self._linear(row, f"{layer}.attention.self.{part}").view(texts, words, heads, -1).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        likeness = query @ key.transpose(2, 3) / (size // heads) ** 0.5
        if self._shape.distance_buckets:
            likeness = likeness + self._apart(words)
        if there is not None:
            likeness = likeness.masked_fill(~there[:, None, None], float("-inf"))
        mixed = (likeness.softmax(dim=-1) @ value).transpose(1, 2).reshape(texts, words, size)
        out = self._drop(self._linear(mixed, f"{layer}.attention.output.dense"), learning)
        row = self._normal(out + row, f"{layer}.attention.output.LayerNorm")
        wide = self._functional.gelu(self._linear(row, f"{layer}.intermediate.dense"))
        out = self._drop(self._linear(wide, f"{layer}.output.dense"), learning)
        return self._normal(out + row, f"{layer}.output.LayerNorm")

    def _drop(self, row: Any, learning: bool) -> Any:
        return self._functional.dropout(row, DROPOUT, training=learning)
