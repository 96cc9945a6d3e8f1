"""BertGraph: a BERT encoder as an ONNX graph, built from its weights without the framework that trained it.

Texts of the same length at a time, without padding: what a text becomes then depends on nothing but the text, to the
bit. The mean of
the last layer's rows (or their maximum, or the first of them), of length 1, is the text's embedding (Reimers and
Gurevych 2019, Sentence-BERT). With `distance_buckets`, how far words lie apart adds to how they heed each other, the
same in every layer (Song et al. 2020, MPNet; Raffel et al. 2020, T5, section 2.1).

The rows of the last layer are given too, as the words of the text: with a projection, of fewer numbers and length 1.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from nlp.errors import InvalidModel

Array = np.ndarray[Any, Any]
Pooling = Literal["mean", "cls", "max"]

WORDS, PLACES = "embeddings.word_embeddings.weight", "embeddings.position_embeddings.weight"
KINDS, DISTANCES = "embeddings.token_type_embeddings.weight", "encoder.relative_attention_bias.weight"

OPSET, MICROSOFT_OPSET, IR_VERSION = 17, 1, 8
EIGHT_BITS = 127.0
MIDDLE = 128
BLOCK = 64
"""So many weights of a row share a scale. With one scale a column and one for all of a text's activations, which is
the usual dynamic quantisation, the cosine to the float graph is 0.991 on questions to a bot; with blocks 0.999."""

INT8_SUMS = 4
"""The accuracy level of the operator at which sums are made of 8-bit products."""
LEAST_POSITIONS = 128
"""Texts are cut to this many pieces of words: a model that cannot take them all would fail on a long one."""

FURTHEST = 128
"""From so far apart on, all words are equally far."""

MAX_LAYERS, MAX_HIDDEN, MAX_VOCABULARY, MAX_POSITIONS = 48, 4_096, 1_000_000, 4_096
MAX_BUCKETS = 128


class BertShape(msgspec.Struct, frozen=True):
    """The sizes of a BERT, as its `config.json` says them, and how its rows become one embedding."""

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    max_position_embeddings: int
    type_vocab_size: int = 2
    layer_norm_eps: float = 1e-12
    hidden_act: str = "gelu"
    position_embedding_type: str = "absolute"
    pooling: Pooling = "mean"
    distance_buckets: int = 0

    def __post_init__(self) -> None:
        sizes = (
            ("vocab_size", self.vocab_size, MAX_VOCABULARY),
            ("hidden_size", self.hidden_size, MAX_HIDDEN),
            ("num_hidden_layers", self.num_hidden_layers, MAX_LAYERS),
            ("num_attention_heads", self.num_attention_heads, MAX_HIDDEN),
            ("intermediate_size", self.intermediate_size, MAX_HIDDEN * 4),
            ("max_position_embeddings", self.max_position_embeddings, MAX_POSITIONS),
            ("type_vocab_size", self.type_vocab_size, MAX_POSITIONS),
        )
        for name, size, most in sizes:
            if not 1 <= size <= most:
                raise InvalidModel(f"config.json: {name} is {size}, and can be 1 to {most}")
        if self.max_position_embeddings < LEAST_POSITIONS:
            found = self.max_position_embeddings
            raise InvalidModel(f"config.json: max_position_embeddings is {found}, and {LEAST_POSITIONS} are needed")
        if self.distance_buckets not in range(0, MAX_BUCKETS, 4):
            found = self.distance_buckets
            raise InvalidModel(f"config.json: relative_attention_num_buckets is {found}, and can be 4, 8, ... to 124")
        if self.hidden_act != "gelu" or self.position_embedding_type != "absolute":
            raise InvalidModel("config.json: only models with gelu and absolute positions can be built")
        if self.hidden_size % self.num_attention_heads:
            raise InvalidModel("config.json: hidden_size is no multiple of num_attention_heads")


def distance_buckets(places: int, buckets: int) -> Array:
    """The bucket of each distance from 1 - `places` (behind) to `places` - 1 (ahead)."""
    half = buckets // 2
    exact = half // 2
    distances = np.arange(1 - places, places)
    far = np.abs(distances)
    share = np.log(np.maximum(far, 1).astype(np.float32) / exact) / np.float32(np.log(FURTHEST / exact))
    rough = np.minimum(exact + (share * (half - exact)).astype(np.int64), half - 1)
    chosen: Array = np.where(far < exact, far, rough) + half * (distances > 0)
    return chosen


class BertGraph:
    """Puts the graph together. With `int8`, weights are 8-bit integers, with a scale for each block.

    The `projection` (numbers of the last layer by numbers of a word) is what becomes of the rows of words.
    """

    def __init__(
        self, shape: BertShape, weights: Mapping[str, Array], *, int8: bool, projection: Array | None = None
    ) -> None:
        self._shape = shape
        self._weights = weights
        self._int8 = int8
        self._projection = np.eye(shape.hidden_size) if projection is None else projection
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._distance_bias = ""

    def build(self) -> bytes:
        """The graph, whose weights are as `read_model` gives them."""
        shape = self._shape
        row = self._embedding()
        self._distance_bias = self._distances() if shape.distance_buckets else ""
        for number in range(shape.num_hidden_layers):
            row = self._layer(row, f"encoder.layer.{number}.")
        pooled = self._pooled(row)
        length = self._node("ReduceL2", pooled, axes=[1], keepdims=1)
        self._nodes.append(helper.make_node("Div", [pooled, length], ["embedding"], name="embedding"))
        short = self._node("MatMul", row, self._constant(self._projection.astype(np.float32)))
        lengths = self._node("ReduceL2", short, axes=[2], keepdims=1)
        self._nodes.append(helper.make_node("Div", [short, lengths], ["words"], name="words"))
        graph = helper.make_graph(
            self._nodes, "bert",
            [
                helper.make_tensor_value_info("ids", TensorProto.INT64, ["texts", "words"]),
                helper.make_tensor_value_info("positions", TensorProto.INT64, [1, "words"]),
            ],
            [
                helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["texts", shape.hidden_size]),
                helper.make_tensor_value_info(
                    "words", TensorProto.FLOAT, ["texts", "words", self._projection.shape[1]]
                ),
            ],
            self._constants,
        )  # fmt: skip
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", MICROSOFT_OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, producer_name="botkit", ir_version=IR_VERSION)
        data: bytes = model.SerializeToString(deterministic=True)
        return data

    def _constant(self, value: Array) -> str:
        name = f"c{len(self._constants)}"
        whole = np.ascontiguousarray(value).reshape(value.shape)  # one number stays one, and is no row of one
        self._constants.append(numpy_helper.from_array(whole, name))
        return name

    def _node(self, kind: str, *inputs: str, domain: str = "", outputs: int = 1, **attributes: Any) -> Any:
        name = f"n{len(self._nodes)}"
        made = [name] if outputs == 1 else [f"{name}_{number}" for number in range(outputs)]
        self._nodes.append(helper.make_node(kind, list(inputs), made, name=name, domain=domain, **attributes))
        return name if outputs == 1 else made

    def _embedding(self) -> str:
        words, positions = self._weights[WORDS], self._weights[PLACES] + self._weights[KINDS][0]
        if self._int8:
            scales = np.maximum(np.abs(words).max(axis=1, keepdims=True), 1e-9) / EIGHT_BITS
            small = np.rint(words / scales).astype(np.int8)
            whole = self._node("Cast", self._node("Gather", self._constant(small), "ids"), to=TensorProto.FLOAT)
            row = self._node("Mul", whole, self._node("Gather", self._constant(scales.astype(np.float32)), "ids"))
        else:
            row = self._node("Gather", self._constant(words), "ids")
        where = self._node("Gather", self._constant(positions), "positions")
        return self._normal(row, where, "embeddings.LayerNorm")

    def _distances(self) -> str:
        """What the distance of every word to every other adds to their likeness: 1 by heads by words by words."""
        places = self._shape.max_position_embeddings
        table = self._weights[DISTANCES][distance_buckets(places, self._shape.distance_buckets)]
        ahead = self._node("Sub", "positions", self._node("Transpose", "positions", perm=[1, 0]))
        found = self._node("Add", ahead, self._constant(np.array(places - 1, dtype=np.int64)))
        rows = self._node("Transpose", self._node("Gather", self._constant(table), found), perm=[2, 0, 1])
        return str(self._node("Unsqueeze", rows, self._constant(np.array([0], dtype=np.int64))))

    def _pooled(self, row: str) -> str:
        if self._shape.pooling == "mean":  # ReduceMean adds in another order when there are several texts
            mean = self._node("GlobalAveragePool", self._node("Transpose", row, perm=[0, 2, 1]))
            return str(self._node("Squeeze", mean, self._constant(np.array([2], dtype=np.int64))))
        if self._shape.pooling == "max":
            return str(self._node("ReduceMax", row, axes=[1], keepdims=0))
        return str(self._node("Gather", row, self._constant(np.array(0, dtype=np.int64)), axis=1))

    def _layer(self, row: str, prefix: str) -> str:
        parts = [f"{prefix}attention.self.{part}" for part in ("query", "key", "value")]
        query, key, value = self._node("Split", self._linear(row, *parts), outputs=3, axis=2)
        bias = ("", "", self._distance_bias) if self._distance_bias else ()  # no bias of its own, no mask
        attended = self._node(
            "MultiHeadAttention", query, key, value, *bias, domain="com.microsoft",
            num_heads=self._shape.num_attention_heads,
        )  # fmt: skip
        mixed = self._linear(attended, f"{prefix}attention.output.dense")
        row = self._normal(mixed, row, f"{prefix}attention.output.LayerNorm")
        bent = self._node("Gelu", self._linear(row, f"{prefix}intermediate.dense"), domain="com.microsoft")
        return self._normal(self._linear(bent, f"{prefix}output.dense"), row, f"{prefix}output.LayerNorm")

    def _linear(self, row: str, *parts: str) -> str:
        """The row times the transposed weights of the parts side by side, plus their biases."""
        weight = np.concatenate([self._weights[f"{name}.weight"] for name in parts])
        bias = self._constant(np.concatenate([self._weights[f"{name}.bias"] for name in parts]))
        if not self._int8:
            return str(self._node("Add", self._node("MatMul", row, self._constant(weight.T)), bias))
        outs, size = weight.shape
        padded = np.pad(weight, ((0, 0), (0, -size % BLOCK))).reshape(outs, -1, BLOCK)
        scales = np.maximum(np.abs(padded).max(axis=2), 1e-9) / EIGHT_BITS
        small = (np.rint(padded / scales[..., None]) + MIDDLE).astype(np.uint8)
        constants = self._constant(small), self._constant(scales.astype(np.float32).reshape(-1))
        return str(
            self._node(
                "MatMulNBits", row, *constants, "", "", bias, domain="com.microsoft", K=size, N=outs, bits=8,
                block_size=BLOCK, accuracy_level=INT8_SUMS,
            )
        )  # fmt: skip

    def _normal(self, row: str, other: str, name: str) -> str:
        gamma, beta = (self._constant(self._weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        return str(
            self._node(
                "SkipLayerNormalization", row, other, gamma, beta, domain="com.microsoft",
                epsilon=self._shape.layer_norm_eps,
            )
        )  # fmt: skip
