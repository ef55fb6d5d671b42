"""Turns an Avro schema into two straight-line Python functions: one that encodes a datum, one that decodes it.

Why: fastavro walks the schema again for each datum and tries every branch of a union by validating the datum.
Our records use unions only as "null or T", so the walk can be done once, at start (see docs/decisions/002). Bytes
and dictionaries are the same as fastavro's; tests compare the two over random data.
"""

import struct
from collections.abc import Callable, Mapping
from typing import Any

Encode = Callable[[Mapping[str, Any]], bytes]
Decode = Callable[[bytes, int], dict[str, Any]]

_SHORT = 8192
_DOUBLE = struct.Struct("<d")
_BITS_64 = 1 << 63
_BITS_32 = 1 << 31


class Uncompilable(Exception):
    """The schema uses a shape that is not compiled; fastavro reads and writes it all the same."""


class TrailingBytes(ValueError):
    """The datum ended before its bytes did."""


def _varint(raw: int) -> bytes:
    out = bytearray()
    while raw > 127:
        out.append(raw & 127 | 128)
        raw >>= 7
    out.append(raw)
    return bytes(out)


# Zigzag variable-length form of 0, 1, 2, …: nearly every length and small number of an event.
_SMALL = tuple(_varint(number << 1) for number in range(_SHORT))


def _long(number: int, limit: int = _BITS_64) -> bytes:
    """The zigzag variable-length form of a number of at most 64 (or, by `limit`, 32) bits."""
    if 0 <= number < _SHORT:
        return _SMALL[number]
    if not -limit <= number < limit:
        raise ValueError("number out of range")
    raw = number << 1 if number >= 0 else ~(number << 1)
    if 1 << 35 <= raw < 1 << 42:  # epoch milliseconds from 1970-07 to 2039-09, without the loop
        return bytes(
            (
                raw & 127 | 128,
                raw >> 7 & 127 | 128,
                raw >> 14 & 127 | 128,
                raw >> 21 & 127 | 128,
                raw >> 28 & 127 | 128,
                raw >> 35,
            )
        )
    return _varint(raw)


def _raw_long(data: bytes, first: int, at: int) -> tuple[int, int]:
    """The rest of a variable-length number whose first byte (128 or more) stands before `at`."""
    raw = first & 127
    shift = 7
    while True:
        byte = data[at]
        at += 1
        raw |= (byte & 127) << shift
        if byte < 128:
            break
        shift += 7
        if shift > 63:
            raise ValueError("number longer than 64 bits")
    if raw >> 64:
        raise ValueError("number longer than 64 bits")
    return raw, at


class _Source:
    """Lines of a function under construction, and the constants they name."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.constants: dict[str, Any] = {
            "SMALL": _SMALL,
            "long": _long,
            "rest": _raw_long,
            "pack": _DOUBLE.pack,
            "unpack": _DOUBLE.unpack_from,
            "BOOLEAN": {True: b"\1", False: b"\0"},
            "TrailingBytes": TrailingBytes,
        }
        self._count = 0

    def name(self) -> str:
        self._count += 1
        return f"v{self._count}"

    def constant(self, value: Any) -> str:
        name = f"K{len(self.constants)}"
        self.constants[name] = value
        return name

    def add(self, depth: int, *lines: str) -> None:
        self.lines.extend("    " * depth + line for line in lines)

    def function(self, name: str) -> Any:
        scope = dict(self.constants)
        exec(compile("\n".join(self.lines), f"<{name}>", "exec"), scope)
        return scope["run"]


def _named(schema: Any, types: dict[str, Any], namespace: str) -> Any:
    """The schema itself for a reference by name; every named type met is remembered under its full name."""
    if isinstance(schema, str):
        return types.get(schema) or types.get(f"{namespace}.{schema}") or schema
    if isinstance(schema, dict) and schema["type"] in ("record", "enum"):
        full = schema["name"] if "." in schema["name"] else f"{namespace}.{schema['name']}"
        types[full] = schema
    return schema


def _branch(schema: list[Any]) -> tuple[Any, int, int]:
    """The other type of a union with null, and the raw index of null and of that type."""
    if len(schema) != 2 or "null" not in schema:
        raise Uncompilable("a union other than of null and one type")
    null = schema.index("null")
    return schema[1 - null], null << 1, (1 - null) << 1


class _Encoder:
    def __init__(self, source: _Source, namespace: str) -> None:
        self.source = source
        self.namespace = namespace
        self.types: dict[str, Any] = {}

    def write(self, schema: Any, value: str, depth: int) -> None:
        """Adds the lines that append the value of the expression `value` to `out`."""
        schema = _named(schema, self.types, self.namespace)
        add = self.source.add
        kind = schema if isinstance(schema, str) else "union" if isinstance(schema, list) else schema["type"]
        if isinstance(schema, dict) and "logicalType" in schema:
            raise Uncompilable("a logical type")
        if kind == "string":
            name = self.source.name()
            add(depth, f"{name} = {value}.encode()", f"n = len({name})")
            add(depth, f"out += SMALL[n] if n < {_SHORT} else long(n)", f"out += {name}")
        elif kind == "bytes":
            name = self.source.name()
            add(depth, f"{name} = {value}", f"out += long(len({name}))", f"out += {name}")
        elif kind in ("long", "int"):
            limit = _BITS_64 if kind == "long" else _BITS_32
            add(depth, f"out += long({value}, {limit})")
        elif kind == "boolean":
            add(depth, f"out += BOOLEAN[{value}]")
        elif kind == "double":
            add(depth, f"out += pack({value})")
        elif kind == "enum":
            symbols = {symbol: _varint(index << 1) for index, symbol in enumerate(schema["symbols"])}
            add(depth, f"out += {self.source.constant(symbols)}[{value}]")
        elif kind == "union":
            other, null, index = _branch(schema)
            name = self.source.name()
            add(depth, f"{name} = {value}", f"if {name} is None:", f"    out += {_varint(null)!r}", "else:")
            add(depth + 1, f"out += {_varint(index)!r}")
            self.write(other, name, depth + 1)
        elif kind in ("array", "map"):
            self._block(schema, kind, value, depth)
        elif kind == "record":
            self._record(schema, value, depth)
        else:
            raise Uncompilable(f"type {kind}")

    def _block(self, schema: Any, kind: str, value: str, depth: int) -> None:
        name, item, key = self.source.name(), self.source.name(), self.source.name()
        self.source.add(depth, f"{name} = {value}", f"if {name}:", f"    out += long(len({name}))")
        if kind == "array":
            self.source.add(depth + 1, f"for {item} in {name}:")
            self.write(schema["items"], item, depth + 2)
        else:
            self.source.add(depth + 1, f"for {key}, {item} in {name}.items():")
            self.write("string", key, depth + 2)
            self.write(schema["values"], item, depth + 2)
        self.source.add(depth, "out += b'\\0'")

    def _record(self, schema: Any, value: str, depth: int) -> None:
        for field in schema["fields"]:
            if "default" not in field:
                taken = f"{value}[{field['name']!r}]"
            elif field["default"] is None:
                taken = f"{value}.get({field['name']!r})"
            else:
                taken = f"{value}.get({field['name']!r}, {self.source.constant(field['default'])})"
            self.write(field["type"], taken, depth)


class _Decoder:
    def __init__(self, source: _Source, namespace: str) -> None:
        self.source = source
        self.namespace = namespace
        self.types: dict[str, Any] = {}

    def read(self, schema: Any, target: str, depth: int) -> None:
        """Adds the lines that read one value at `p` and assign it to `target`."""
        schema = _named(schema, self.types, self.namespace)
        add = self.source.add
        kind = schema if isinstance(schema, str) else "union" if isinstance(schema, list) else schema["type"]
        if isinstance(schema, dict) and "logicalType" in schema:
            raise Uncompilable("a logical type")
        if kind in ("string", "bytes"):
            self._number(depth)
            add(depth, "if n & 1: raise ValueError('negative length')", "q = p + (n >> 1)")
            add(depth, f"{target} = data[p:q]{'.decode()' if kind == 'string' else ''}", "p = q")
        elif kind in ("long", "int"):
            self._number(depth)
            add(depth, f"{target} = (n >> 1) ^ -(n & 1)")
            if kind == "int":
                add(depth, f"if n >= {1 << 32}: raise ValueError('number longer than 32 bits')")
        elif kind == "boolean":
            add(depth, f"{target} = {self.source.constant({0: False, 1: True})}[data[p]]", "p += 1")
        elif kind == "double":
            add(depth, f"{target} = unpack(data, p)[0]", "p += 8")
        elif kind == "enum":
            symbols = {index << 1: symbol for index, symbol in enumerate(schema["symbols"])}
            self._number(depth)
            add(depth, f"{target} = {self.source.constant(symbols)}[n]")
        elif kind == "union":
            other, null, index = _branch(schema)
            self._number(depth)
            add(depth, f"if n == {null}:", f"    {target} = None", f"elif n == {index}:")
            self.read(other, target, depth + 1)
            add(depth, "else:", "    raise ValueError('no such branch')")
        elif kind in ("array", "map"):
            self._block(schema, kind, target, depth)
        elif kind == "record":
            self._record(schema, target, depth)
        else:
            raise Uncompilable(f"type {kind}")

    def _number(self, depth: int) -> None:
        self.source.add(depth, "n = data[p]", "p += 1", "if n > 127:", "    n, p = rest(data, n, p)")

    def _block(self, schema: Any, kind: str, target: str, depth: int) -> None:
        whole, left, key, item = (self.source.name() for _ in range(4))
        add = self.source.add
        add(depth, f"{whole} = {'[]' if kind == 'array' else '{}'}", "while True:")
        self._number(depth + 1)
        add(depth + 1, "if n == 0:", "    break", f"{left} = (n >> 1) ^ -(n & 1)", f"if {left} < 0:")
        add(depth + 2, f"{left} = -{left}")  # a negative count is followed by the block's size in bytes
        self._number(depth + 2)
        add(depth + 1, f"for _ in range({left}):")
        if kind == "array":
            self.read(schema["items"], item, depth + 2)
            add(depth + 2, f"{whole}.append({item})")
        else:
            self.read("string", key, depth + 2)
            self.read(schema["values"], item, depth + 2)
            add(depth + 2, f"{whole}[{key}] = {item}")
        add(depth, f"{target} = {whole}")

    def _record(self, schema: Any, target: str, depth: int) -> None:
        names = {field["name"]: self.source.name() for field in schema["fields"]}
        for field in schema["fields"]:
            self.read(field["type"], names[field["name"]], depth)
        pairs = ", ".join(f"{field!r}: {name}" for field, name in names.items())
        self.source.add(depth, f"{target} = {{{pairs}}}")


def compile_encoder(schema: dict[str, Any], prefix: bytes) -> Encode:
    """A function datum → prefix + Avro body. It raises what Python raises on a datum that does not fit."""
    source = _Source()
    source.add(0, "def run(datum):")
    source.add(1, f"out = bytearray({prefix!r})")
    _Encoder(source, schema.get("namespace", "")).write(schema, "datum", 1)
    source.add(1, "return bytes(out)")
    encode: Encode = source.function(f"encode {schema['name']}")
    return encode


def compile_decoder(schema: dict[str, Any]) -> Decode:
    """A function (data, start) → datum that takes all bytes from `start` on.

    It raises IndexError, KeyError, ValueError or struct.error on bytes that are not a datum of this schema.
    """
    source = _Source()
    source.add(0, "def run(data, p):")
    _Decoder(source, schema.get("namespace", "")).read(schema, "whole", 1)
    source.add(1, "if p != len(data):")
    source.add(2, "if p > len(data): raise IndexError('data ends early')")
    source.add(2, "raise TrailingBytes(f'{len(data) - p} bytes after the end')")
    source.add(1, "return whole")
    decode: Decode = source.function(f"decode {schema['name']}")
    return decode
