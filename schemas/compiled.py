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


_RAW = tuple(map(_varint, range(2 * _SHORT)))
# Zigzag variable-length form of 0, 1, 2, …: nearly every length and small number of an event.
_SMALL = _RAW[::2]
# Two groups of seven bits with more to follow.
_PAIRS = tuple(bytes((pair & 127 | 128, pair >> 7 | 128)) for pair in range(2 * _SHORT))
# Epoch milliseconds of these instants (1970-07 to 2039-09) take six bytes: three look-ups, in place. A tenth of a
# row's fields are such.
_FIRST_INSTANT, _LAST_INSTANT = 1 << 34, (1 << 41) - 1
_INSTANT = "LOW[n & 8191] + PAIRS[n >> 13 & 16383] + RAW[n >> 27]"


def _long(number: int, limit: int = _BITS_64) -> bytes:
    """The zigzag variable-length form of a number of at most 64 (or, by `limit`, 32) bits."""
    if 0 <= number < _SHORT:
        return _SMALL[number]
    if not -limit <= number < limit:
        raise ValueError("number out of range")
    raw = number << 1 if number >= 0 else ~(number << 1)
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
            "LOW": _PAIRS[::2],
            "PAIRS": _PAIRS,
            "RAW": _RAW,
            "rest": _raw_long,
            "pack": _DOUBLE.pack,
            "unpack": _DOUBLE.unpack_from,
            "join": b"".join,
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

    def function(self, title: str, name: str) -> Any:
        scope = dict(self.constants)
        exec(compile("\n".join(self.lines), f"<{title}>", "exec"), scope)
        return scope[name]


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
    """Every schema becomes expressions of bytes, so that a whole record is one `join`.

    That is a third cheaper than to append to a bytearray step by step, and what is None or empty costs next to
    nothing. Arrays, maps and records behind a null have functions of their own.
    """

    def __init__(self, source: _Source, namespace: str) -> None:
        self.source = source
        self.namespace = namespace
        self.types: dict[str, Any] = {}

    def function(self, schema: Any, prefix: bytes) -> str:
        """The name of a function that gives the prefix and a value's form."""
        pieces = ", ".join(self._pieces(schema, "value"))
        name = self.source.name()
        self.source.add(0, f"def {name}(value):", f"    return join(({prefix!r}, {pieces}))")
        return name

    def _pieces(self, schema: Any, value: str) -> list[str]:
        """Expressions that, one behind the other, give the form of the expression `value`, which is used once.

        They share the names `one`, `n` and `text` for what they need twice: each is read before the next is bound.
        """
        schema = _named(schema, self.types, self.namespace)
        kind = schema if isinstance(schema, str) else "union" if isinstance(schema, list) else schema["type"]
        if isinstance(schema, dict) and "logicalType" in schema:
            raise Uncompilable("a logical type")
        if kind == "string":
            return [f"(SMALL[n] if (n := len(text := {value}.encode())) < {_SHORT} else long(n))", "text"]
        if kind == "bytes":
            return [f"long(len(text := {value}))", "text"]
        if kind == "int":
            return [f"(SMALL[n] if 0 <= (n := {value}) < {_SHORT} else long(n, {_BITS_32}))"]
        if kind == "long":
            instant = f"{_INSTANT} if {_FIRST_INSTANT} <= n <= {_LAST_INSTANT} else long(n)"
            return [f"(SMALL[n] if 0 <= (n := {value}) < {_SHORT} else {instant})"]
        if kind == "boolean":
            return [f"BOOLEAN[{value}]"]
        if kind == "double":
            return [f"pack({value})"]
        if kind == "enum":
            symbols = {symbol: _varint(index << 1) for index, symbol in enumerate(schema["symbols"])}
            return [f"{self.source.constant(symbols)}[{value}]"]
        if kind == "union":
            return [self._optional(schema, value)]
        if kind in ("array", "map"):
            return [f"({self._block(schema, kind)}(one) if (one := {value}) else b'\\0')"]
        if kind == "record":
            return self._record(schema, value)
        raise Uncompilable(f"type {kind}")

    def _optional(self, schema: list[Any], value: str) -> str:
        other, null, index = _branch(schema)
        prefix = _varint(index)
        if isinstance(named := _named(other, self.types, self.namespace), dict) and named["type"] == "record":
            form = f"{self.function(other, prefix)}(one)"
        else:
            form = " + ".join((repr(prefix), *self._pieces(other, "one")))
        return f"({_varint(null)!r} if (one := {value}) is None else {form})"

    def _block(self, schema: Any, kind: str) -> str:
        if kind == "array":
            items, pieces = "item in value", self._pieces(schema["items"], "item")
        else:
            items = "key, item in value.items()"
            pieces = [*self._pieces("string", "key"), *self._pieces(schema["values"], "item")]
        name = self.source.name()
        self.source.add(0, f"def {name}(value):", "    out = [long(len(value))]", f"    for {items}:")
        self.source.add(2, f"out += ({', '.join(pieces)},)")
        self.source.add(1, "out.append(b'\\0')", "return join(out)")
        return name

    def _record(self, schema: Any, value: str) -> list[str]:
        pieces = []
        for field in schema["fields"]:
            if "default" not in field:
                taken = f"{value}[{field['name']!r}]"
            elif field["default"] is None:
                taken = f"{value}.get({field['name']!r})"
            else:
                taken = f"{value}.get({field['name']!r}, {self.source.constant(field['default'])})"
            pieces += self._pieces(field["type"], taken)
        return pieces


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
    name = _Encoder(source, schema.get("namespace", "")).function(schema, prefix)
    encode: Encode = source.function(f"encode {schema['name']}", name)
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
    decode: Decode = source.function(f"decode {schema['name']}", "run")
    return decode
