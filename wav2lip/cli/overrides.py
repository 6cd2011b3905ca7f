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
MISSING = "???"
INTERPOLATION = re.compile(r"\$\{[\w.:-]+\}")  # of a key, such as ${experiment_name}
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


def literal(path: str) -> str:
    r"""Return a path as a quoted string that neither Hydra nor OmegaConf interprets.

    Examples:
        >>> print(literal("a${b}.mp4"))
        'a\${b}.mp4'
    """
    if path == MISSING:  # OmegaConf's mark of a missing value
        path = f"./{path}"
    return quote(re.sub(r"(\\*)\$\{", lambda m: f"{2 * m[1]}\\${{", path))


def _quote_items(value: str) -> str:
    """Return a list such as `[a (1), b]` with each item quoted."""
    items = [item.strip() for item in value[1:-1].split(",")]
    return "[" + ",".join(i if _names_values(i) else literal(i) for i in items if i) + "]"


def _parsed(parser: OverridesParser, word: str) -> Override | None:
    try:
        return parser.parse_override(word)
    except HydraException:
        return None


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # too long, or not a path at all
        return False


def _is_quoted(value: str) -> bool:
    return len(value) > 1 and value[0] == value[-1] and value[0] in "'\""


def _names_values(value: str) -> bool:
    """Tell whether a value is meant for Hydra or OmegaConf: null, quoted, or with `${key}`."""
    return value in ("", "null") or _is_quoted(value) or INTERPOLATION.search(value) is not None


def _path_word(key: str, value: str, parsed: Override | None, sweep: bool) -> str:
    """Return the override of a key whose value is one path."""
    if not _exists(value):
        swept = sweep and parsed is not None and parsed.is_sweep_override()
        if parsed is not None and (swept or _names_values(value)):
            return f"{key}={value}"
    return f"{key}={literal(value)}"


def make_safe(
    words: Sequence[str], paths: Iterable[str], sweep: bool = False, lists: Iterable[str] = ()
) -> list[str]:
    """Quote the values that Hydra's grammar cannot read, and those of keys that hold a path.

    `input=clip (1).mp4` and `input=a=b.mp4` then mean the files with these names. A value that exists as a
    file or folder is always that path.

    Args:
        words: `key=value` each.
        paths: keys whose value is one path.
        sweep: whether commas separate the values of a sweep.
        lists: keys whose value is a path, a list of paths, or a mapping from paths.

    Raises:
        InputError: a word is not `key=value`.
    """
    parser, single, several = OverridesParser.create(), set(paths), set(lists)
    safe = []
    for word in words:
        match = WORD.fullmatch(word)
        if match is None:
            if not re.fullmatch(r"~[\w./@:-]+", word):
                raise InputError(f"{word!r}: expected key=value; see --help")
            safe.append(word)
            continue
        key, value = match["key"], match["value"]
        name = key.lstrip("+")
        parsed = _parsed(parser, word)
        bracketed = value[:1] + value[-1:] in ("[]", "{}")
        if name in single or (name in several and (not bracketed or _exists(value))):
            word = _path_word(key, value, parsed, sweep)
        elif parsed is None or (name in several and "'" not in value and '"' not in value):
            if value.startswith("[") and value.endswith("]"):
                word = f"{key}={_quote_items(value)}"
            elif parsed is None:
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
