"""Read an ONNX file, and cut single networks out of it, without the package `onnx`.

One file may hold several networks, its *parts*: subgraphs that share nothing but weights. Any tool reads it as one
graph. ONNX Runtime computes all outputs of a graph and needs all of its inputs, so each part is cut out as a model of
its own.
Field numbers: onnx.proto3, IR version 10. Encoding: protobuf.dev, "Encoding".
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  # wire types
LONGEST_VARINT = 10  # bytes
# Numbers of fields, by message.
MODEL_IR_VERSION, MODEL_GRAPH, MODEL_OPSET, MODEL_PROPERTY = 1, 7, 8, 14
GRAPH_NODE, GRAPH_INITIALIZER, GRAPH_INPUT, GRAPH_OUTPUT, GRAPH_VALUE = 1, 5, 11, 12, 13
NODE_INPUT, NODE_OUTPUT = 1, 2
TENSOR_DIMS, TENSOR_TYPE, TENSOR_NAME, TENSOR_RAW = 1, 2, 8, 9
VALUE_NAME = 1
OPSET_DOMAIN, OPSET_VERSION = 1, 2
PROPERTY_KEY, PROPERTY_VALUE = 1, 2
FLOATS: dict[int, np.dtype[Any]] = {
    1: np.dtype("<f4"),
    10: np.dtype("<f2"),
}  # of `TensorProto.DataType`


class Field(NamedTuple):
    """One field of a message.

    Attributes:
        number: of the field.
        value: of an integer field; 0 for others.
        content: of a field of bytes; empty for others.
        whole: key and content as they are encoded.
    """

    number: int
    value: int
    content: memoryview
    whole: memoryview

    @property
    def text(self) -> str:
        """The content as text."""
        return bytes(self.content).decode()


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """Decode an integer. Returns it and the place after it."""
    value = 0
    for k, byte in enumerate(data[at : at + LONGEST_VARINT]):
        value |= (byte & 0x7F) << 7 * k
        if byte < 0x80:
            return value, at + k + 1
    raise ValueError("ends within a number")


def _encode(value: int) -> bytes:
    """Encode an integer that is not negative."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _fields(data: memoryview) -> Iterator[Field]:
    """Decode the fields of a message.

    Raises:
        ValueError: the bytes are no whole message.
    """
    at = 0
    while at < len(data):
        start = at
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        value, begin = 0, at
        if wire == VARINT:
            value, at = _varint(data, at)
            begin = at
        elif wire == BYTES:
            size, begin = _varint(data, at)
            at = begin + size
        elif wire in (FIXED32, FIXED64):
            at += 4 if wire == FIXED32 else 8
        else:
            raise ValueError(f"has a field of the unknown type {wire}")
        if not number or at > len(data):
            raise ValueError("ends within a field")
        yield Field(number, value, data[begin:at], data[start:at])


def _integers(field: Field) -> list[int]:
    """Return the integers of a repeated field, which may be one by one or packed."""
    if not field.content:
        return [field.value]
    numbers, at = [], 0
    while at < len(field.content):
        number, at = _varint(field.content, at)
        numbers.append(number)
    return numbers


def _names(message: memoryview, number: int) -> list[str]:
    return [field.text for field in _fields(message) if field.number == number]


class OnnxFile:
    """The outline of an ONNX model.

    Args:
        data: the content of the file.

    Attributes:
        opset: version of the standard operators.
        properties: `metadata_props` of the model.
        inputs: names of the graph's inputs.
        outputs: names of the graph's outputs.

    Raises:
        ValueError: the bytes are no whole model. The text completes "FILE ...".
    """

    def __init__(self, data: bytes) -> None:
        self.opset = 0
        self.properties: dict[str, str] = {}
        self._graph: list[Field] = []
        self._rest: list[Field] = []  # of the model
        for field in _fields(memoryview(data)):
            if field.number == MODEL_GRAPH:
                self._graph = list(_fields(field.content))
                continue
            if field.number == MODEL_PROPERTY:
                key, value = ("".join(_names(field.content, n)) for n in (1, 2))
                self.properties[key] = value
                continue
            if field.number == MODEL_OPSET and not any(_names(field.content, OPSET_DOMAIN)):
                versions = [f.value for f in _fields(field.content) if f.number == OPSET_VERSION]
                self.opset = versions[0] if versions else 0
            self._rest.append(field)
        self.inputs = self._names_of(GRAPH_INPUT)
        self.outputs = self._names_of(GRAPH_OUTPUT)

    def _names_of(self, number: int) -> list[str]:
        parts = (field.content for field in self._graph if field.number == number)
        return [name for part in parts for name in _names(part, VALUE_NAME)]

    def weights(self) -> dict[str, NDArray[Any]]:
        """Return the constants that are float32 or float16 numbers, by name.

        Raises:
            ValueError: one is damaged.
        """
        found = {}
        for field in self._graph:
            if field.number != GRAPH_INITIALIZER:
                continue
            parts = list(_fields(field.content))
            kind = next((f.value for f in parts if f.number == TENSOR_TYPE), 0)
            raw = next((f.content for f in parts if f.number == TENSOR_RAW), None)
            if kind in FLOATS and raw is not None:
                shape = [size for f in parts if f.number == TENSOR_DIMS for size in _integers(f)]
                name = "".join(f.text for f in parts if f.number == TENSOR_NAME)
                found[name] = np.frombuffer(raw, FLOATS[kind]).reshape(shape)
        return found

    def cut(self, outputs: Iterable[str]) -> bytes:
        """Return a model that computes only these outputs, with the inputs and weights that they depend on.

        Raises:
            ValueError: there is no such output.
        """
        wanted = list(outputs)
        missing = [name for name in wanted if name not in self.outputs]
        if missing:
            raise ValueError(f"has no output {missing[0]!r}")
        nodes = [field for field in self._graph if field.number == GRAPH_NODE]
        maker = {name: k for k, n in enumerate(nodes) for name in _names(n.content, NODE_OUTPUT)}
        needed: set[str] = set()
        kept: set[int] = set()
        todo = list(wanted)
        while todo:
            name = todo.pop()
            if name in needed:
                continue
            needed.add(name)
            if name in maker and maker[name] not in kept:
                kept.add(maker[name])
                todo += _names(nodes[maker[name]].content, NODE_INPUT)
        named = {
            GRAPH_INITIALIZER: (TENSOR_NAME, needed),
            GRAPH_INPUT: (VALUE_NAME, needed),
            GRAPH_OUTPUT: (VALUE_NAME, set(wanted)),
            GRAPH_VALUE: (VALUE_NAME, set[str]()),
        }
        graph: list[memoryview] = []
        number = -1
        for field in self._graph:
            if field.number == GRAPH_NODE:
                number += 1
                if number not in kept:
                    continue
            elif field.number in named:
                place, names = named[field.number]
                if not names.intersection(_names(field.content, place)):
                    continue
            graph.append(field.whole)
        size = sum(map(len, graph))
        head = _encode(MODEL_GRAPH << 3 | BYTES) + _encode(size)
        return b"".join([*(field.whole for field in self._rest), head, *graph])
