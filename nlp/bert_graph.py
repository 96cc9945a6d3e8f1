"""BertGraph: a BERT encoder as an ONNX graph, built from its weights without the framework that trained it.

One text at a time, without padding: what a text becomes then depends on nothing but the text, to the bit. The mean of
the last layer's rows, of length 1, is the text's embedding (Reimers and Gurevych 2019, Sentence-BERT).
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from nlp.errors import InvalidModel

Array = np.ndarray[Any, Any]

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

MAX_LAYERS, MAX_HIDDEN, MAX_VOCABULARY, MAX_POSITIONS = 48, 4_096, 1_000_000, 4_096


class BertShape(msgspec.Struct, frozen=True):
    """The sizes of a BERT, as its `config.json` says them."""

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    max_position_embeddings: int
    type_vocab_size: int = 2
    layer_norm_eps: float = 1e-12
    hidden_act: str = "gelu"
    model_type: str = "bert"
    position_embedding_type: str = "absolute"

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
        if self.model_type != "bert":
            raise InvalidModel(f"config.json: the model is of type {self.model_type!r}, and only bert can be built")
        if self.hidden_act != "gelu" or self.position_embedding_type != "absolute":
            raise InvalidModel("config.json: only BERTs with gelu and absolute positions can be built")
        if self.hidden_size % self.num_attention_heads:
            raise InvalidModel("config.json: hidden_size is no multiple of num_attention_heads")


class BertGraph:
    """Puts the graph together. With `int8`, weights are 8-bit integers, with a scale for each block."""

    def __init__(self, shape: BertShape, weights: Mapping[str, Array], *, int8: bool) -> None:
        self._shape = shape
        self._weights = weights
        self._int8 = int8
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def build(self) -> bytes:
        """The graph; raises `InvalidModel` for a weight that is missing, of another shape or no number."""
        shape = self._shape
        row = self._embedding()
        for number in range(shape.num_hidden_layers):
            row = self._layer(row, f"encoder.layer.{number}.")
        mean = self._node("ReduceMean", row, axes=[1], keepdims=0)
        length = self._node("ReduceL2", mean, axes=[1], keepdims=1)
        self._nodes.append(helper.make_node("Div", [mean, length], ["embedding"], name="embedding"))
        graph = helper.make_graph(
            self._nodes, "bert",
            [helper.make_tensor_value_info(name, TensorProto.INT64, [1, "words"]) for name in ("ids", "positions")],
            [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, shape.hidden_size])],
            self._constants,
        )  # fmt: skip
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", MICROSOFT_OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, producer_name="botkit", ir_version=IR_VERSION)
        data: bytes = model.SerializeToString(deterministic=True)
        return data

    def _weight(self, name: str, *size: int) -> Array:
        weight = self._weights.get(name, self._weights.get(f"bert.{name}"))
        if weight is None:
            raise InvalidModel(f"model.safetensors: {name} is missing")
        if weight.shape != size:
            raise InvalidModel(f"model.safetensors: {name} has shape {weight.shape}, and config.json wants {size}")
        if not np.isfinite(weight).all():
            raise InvalidModel(f"model.safetensors: {name} holds what is no number")
        return weight.astype(np.float32)

    def _constant(self, value: Array) -> str:
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _node(self, kind: str, *inputs: str, domain: str = "", outputs: int = 1, **attributes: Any) -> Any:
        name = f"n{len(self._nodes)}"
        made = [name] if outputs == 1 else [f"{name}_{number}" for number in range(outputs)]
        self._nodes.append(helper.make_node(kind, list(inputs), made, name=name, domain=domain, **attributes))
        return name if outputs == 1 else made

    def _embedding(self) -> str:
        shape = self._shape
        words = self._weight("embeddings.word_embeddings.weight", shape.vocab_size, shape.hidden_size)
        positions = self._weight(
            "embeddings.position_embeddings.weight", shape.max_position_embeddings, shape.hidden_size
        )
        kinds = self._weight("embeddings.token_type_embeddings.weight", shape.type_vocab_size, shape.hidden_size)
        positions = positions + kinds[0]
        if self._int8:
            scales = np.maximum(np.abs(words).max(axis=1, keepdims=True), 1e-9) / EIGHT_BITS
            small = np.rint(words / scales).astype(np.int8)
            whole = self._node("Cast", self._node("Gather", self._constant(small), "ids"), to=TensorProto.FLOAT)
            row = self._node("Mul", whole, self._node("Gather", self._constant(scales.astype(np.float32)), "ids"))
        else:
            row = self._node("Gather", self._constant(words), "ids")
        where = self._node("Gather", self._constant(positions), "positions")
        return self._normal(row, where, "embeddings.LayerNorm")

    def _layer(self, row: str, prefix: str) -> str:
        size, inner = self._shape.hidden_size, self._shape.intermediate_size
        parts = [(f"{prefix}attention.self.{part}", size, size) for part in ("query", "key", "value")]
        query, key, value = self._node("Split", self._linear(row, *parts), outputs=3, axis=2)
        attended = self._node(
            "MultiHeadAttention", query, key, value, domain="com.microsoft", num_heads=self._shape.num_attention_heads
        )
        mixed = self._linear(attended, (f"{prefix}attention.output.dense", size, size))
        row = self._normal(mixed, row, f"{prefix}attention.output.LayerNorm")
        wide = self._linear(row, (f"{prefix}intermediate.dense", inner, size))
        bent = self._node("Gelu", wide, domain="com.microsoft")
        return self._normal(
            self._linear(bent, (f"{prefix}output.dense", size, inner)), row, f"{prefix}output.LayerNorm"
        )

    def _linear(self, row: str, *parts: tuple[str, int, int]) -> str:
        """The row times the transposed weights of the parts side by side, plus their biases."""
        weight = np.concatenate([self._weight(f"{name}.weight", out, size) for name, out, size in parts])
        bias = self._constant(np.concatenate([self._weight(f"{name}.bias", out) for name, out, _ in parts]))
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
        size = self._shape.hidden_size
        gamma, beta = (self._constant(self._weight(f"{name}.{part}", size)) for part in ("weight", "bias"))
        return str(
            self._node(
                "SkipLayerNormalization", row, other, gamma, beta, domain="com.microsoft",
                epsilon=self._shape.layer_norm_eps,
            )
        )  # fmt: skip
