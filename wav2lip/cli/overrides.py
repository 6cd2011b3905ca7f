"""The words `key=value` of a Hydra command line, made safe and suggested when misspelt."""

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, Transformer
from hydra.errors import HydraException

from wav2lip.errors import InputError

CUTOFF = 0.6  # 0-1; how alike a misspelt name and the suggested one must be
WORD = re.compile(r"(?P<key>(?:\+\+?|~)?[\w./@:-]+)=(?P<value>.*)", re.DOTALL)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like `name`, or None if none is.

    A dotted name also matches by its last part alone: "manifests" is like "data.manifests".
    """
    names = sorted(known)
    for candidate in names:
        if candidate.rpartition(".")[2] == name:
            return candidate
    near = get_close_matches(name, names, 1, CUTOFF)
    return near[0] if near else None


def quote(value: str) -> str:
    r"""Return `value` as a quoted string of Hydra's grammar.

    Examples:
        >>> print(quote("it's (1).mp4"))
        'it\'s (1).mp4'
    """
    # A backslash is special only before a quote; those that stand there are doubled.
    escaped = re.sub(r"(\\*)('|$)", lambda m: 2 * m[1] + ("\\'" if m[2] else ""), value, count=0)
    return f"'{escaped}'"


def _quote_items(value: str) -> str:
    """Return a list such as `[a (1), b]` with each item quoted."""
    items = [item.strip() for item in value[1:-1].split(",")]
    return "[" + ",".join(i if i[:1] in "'\"" else quote(i) for i in items if i) + "]"


def _parsed(parser: OverridesParser, word: str) -> Override | None:
    try:
        return parser.parse_override(word)
    except HydraException:
        return None


def _is_quoted(value: str) -> bool:
    return len(value) > 1 and value[0] == value[-1] and value[0] in "'\""


def make_safe(words: Sequence[str], paths: Iterable[str], sweep: bool = False) -> list[str]:
    """Quote the values that Hydra's grammar cannot read, and those of keys that hold a path.

    `input=clip (1).mp4` and `input=a=b.mp4` then mean the files with these names.

    Args:
        words: `key=value` each.
        paths: keys whose value is one path.
        sweep: whether commas separate the values of a sweep.

    Raises:
        InputError: a word is not `key=value`.
    """
    parser, plain = OverridesParser.create(), set(paths)
    safe = []
    for word in words:
        match = WORD.fullmatch(word)
        if match is None:
            if not re.fullmatch(r"~[\w./@:-]+", word):
                raise InputError(f"{word!r}: expected key=value; see --help")
            safe.append(word)
            continue
        key, value = match["key"], match["value"]
        parsed = _parsed(parser, word)
        if parsed is None:
            listed = value.startswith("[") and value.endswith("]") and not Path(value).exists()
            word = f"{key}={_quote_items(value) if listed else quote(value)}"
        elif key.lstrip("+") in plain and value and not _is_quoted(value):
            swept = sweep and parsed.is_sweep_override()
            special = parsed.value() is None or isinstance(parsed.value(), list | dict) or swept
            if not special or Path(value).exists():
                word = f"{key}={quote(value)}"
        safe.append(word)
    return safe


def _choices(parser: OverridesParser, word: str) -> list[str]:
    """Return the single values of a swept word; the word itself if it is not swept."""
    parsed = _parsed(parser, word)
    if parsed is None or not parsed.is_sweep_override():
        return [word]
    key = word.partition("=")[0]
    try:
        values = parsed.sweep_iterator(transformer=Transformer.encode)
        return [f"{key}={value}" for value in values] or [word]
    except HydraException:  # glob() knows its values only inside Hydra
        return []


def unswept(words: Sequence[str]) -> Iterator[list[str]]:
    """Yield lists of words without sweeps that together contain each value of each sweep."""
    parser = OverridesParser.create()
    choices = [options for options in (_choices(parser, word) for word in words) if options]
    first = [options[0] for options in choices]
    yield first
    for i, options in enumerate(choices):
        for option in options[1:]:
            yield [*first[:i], option, *first[i + 1 :]]
