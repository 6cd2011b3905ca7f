"""Mutations of bytes, texts and values, by a seeded generator of random numbers."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

WORDS = (0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
NAMED = (  # fields of containers whose neighbours decide about sizes and times
    *(b"mvhd", b"mdhd", b"tkhd", b"stts", b"ctts", b"stsz", b"stsc", b"stco", b"elst", b"stsd"),
    *(b"avcC", b"esds", b"colr", b"mdat", b"moof", b"ftyp", b"avih", b"strh", b"strf", b"idx1"),
    *(b"IHDR", b"IDAT", b"fmt ", b"data", b"OpusHead", b"OggS", b"fLaC", b"VP8 ", b"ANMF", b"RIFF"),
)
TEXTS = (
    *("", " ", "nan", "inf", "-inf", "-1", "0", "1", "1e9", "1e308", "1.5", "-0.0", "2147483648"),
    *("-9223372036854775809", "abc", "null", "None", "true", "[]", "{}", "[1,2]", "[nan]", "0x10"),
    *(
        "1_000",
        "é",
        "a" * 300,
        "☃" * 50,
        "/dev/null",
        "${seed}",
        "%s",
        "{x}",
        "a,b",
        "'",
        '"',
        "\t",
    ),
)
VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        0,
        -1,
        1,
        1.5,
        0.001,
        float("nan"),
        float("inf"),
        1e308,
        2**31,
        2**63,
        -(2**63) - 1,
    ),
    *(10**30, "", "abc", "25", "nan", [], [0], [[]], [10**9], {}, {"a": 1}, "${oc.env:HOME}"),
    *("x" * 5000, "../../../x", "\x00", "a\nb", "é"),
)


def _cut(data: bytearray, rng: Random) -> None:
    del data[rng.randrange(len(data) + 1) :]


def _flip(data: bytearray, rng: Random) -> None:
    for _ in range(rng.choice((1, 4, 32, 256))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _block(data: bytearray, rng: Random) -> tuple[int, int]:
    first = rng.randrange(len(data))
    return first, min(len(data), first + rng.choice((1, 8, 64, 512, 4096)))


def _zero(data: bytearray, rng: Random) -> None:
    first, last = _block(data, rng)
    data[first:last] = bytes(last - first)


def _remove(data: bytearray, rng: Random) -> None:
    first, last = _block(data, rng)
    del data[first:last]


def _repeat(data: bytearray, rng: Random) -> None:
    first, last = _block(data, rng)
    data[first:first] = data[first:last] * rng.choice((1, 3))


def _noise(data: bytearray, rng: Random) -> None:
    first, last = _block(data, rng)
    data[first:last] = rng.randbytes(last - first)


def _append(data: bytearray, rng: Random) -> None:
    data += rng.randbytes(rng.choice((1, 100, 10_000)))


def _word(data: bytearray, rng: Random) -> None:
    """Set a number behind a field's name, or near the start of the file."""
    present = [name for name in NAMED if name in data]
    if present and rng.random() < 0.8:
        name = rng.choice(present)
        start = data.index(name) - 4 + rng.randrange(0, 48)
    else:
        start = rng.randrange(min(256, len(data)))
    size = rng.choice((1, 2, 4))
    order: Any = rng.choice(("big", "little"))
    start = max(0, min(start, len(data) - size))
    value = rng.choice(WORDS) % (1 << 8 * size)
    data[start : start + size] = value.to_bytes(size, order)


BYTES: tuple[Callable[[bytearray, Random], None], ...] = (
    *(_cut, _flip, _zero, _remove, _repeat, _noise, _append),
    *(_word, _word, _word, _word),
)


def mutate_bytes(content: bytes, rng: Random) -> bytes:
    """Apply one to three mutations."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 3))):
        if len(data) < 8:
            break
        rng.choice(BYTES)(data, rng)
    return bytes(data)


def mutate_json(value: Any, rng: Random) -> Any:
    """Replace, add or remove one value somewhere in plain data."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(list(value))
        how = rng.random()
        if how < 0.1:
            return {k: v for k, v in value.items() if k != key}
        if how < 0.15:
            return {**value, rng.choice(("", "x", "_target_", "*")): rng.choice(VALUES)}
        return {**value, key: mutate_json(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.5:
        at = rng.randrange(len(value))
        return [*value[:at], mutate_json(value[at], rng), *value[at + 1 :]]
    return rng.choice(VALUES)


def mutate_table(text: str, rng: Random) -> bytes:
    """Damage one place of a CSV file, or save it the way another program would."""
    lines = [line.split(",") for line in text.splitlines()]
    for _ in range(rng.choice((1, 1, 2))):
        row = rng.choice(lines)
        at = rng.randrange(len(row)) if row else 0
        how = rng.random()
        if how < 0.6:
            cell = rng.choice((*TEXTS, "x" * 5000, "../../../x", "10" * 20)).replace('"', '""')
            row[at : at + 1] = [cell]  # an empty row gets it, too
        elif how < 0.7:
            del row[at:]
        elif how < 0.8:
            lines.append(list(row))
        elif how < 0.9:
            row.insert(at, rng.choice(TEXTS))
        else:
            lines.remove(row)
            lines = lines or [[""]]
    separator = rng.choice((",", ",", ",", ";", "\t"))
    text = "\n".join(separator.join(row) for row in lines)
    encoding = rng.choice(("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1"))
    data = text.encode(encoding, "replace")
    return mutate_bytes(data, rng) if rng.random() < 0.2 else data


def deep_json(depth: int) -> str:
    """Return JSON that is nested so deeply that a recursive reader gives up."""
    return json.dumps({"clip": "[" * depth})
