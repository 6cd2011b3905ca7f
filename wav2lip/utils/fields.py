"""Bounds of values that come out of a file: type, range, length, before anything is built from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

LONGEST_QUOTE = 60  # characters of a foreign value that a message repeats
LONGEST_TEXT = 4000  # characters of a text
MAX_DEPTH = 16  # levels of nested plain data
MAX_VALUES = 100_000  # values in nested plain data


def quote(value: object) -> str:
    """Return a foreign value for an error message: short, on one line, without control characters."""
    if value is None or isinstance(value, bool | int | float | str):
        if isinstance(value, int) and abs(value) >= 1 << 256:
            return "a number of more than 70 digits"
        text = repr(value[: LONGEST_QUOTE + 1] if isinstance(value, str) else value)
        return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}..."
    return f"a value of type {type(value).__name__}"


class Field(Protocol):
    """The bounds of one value."""

    def check(self, value: object) -> Any:
        """Return the value in its own type. Raises ValueError with the range if it does not fit."""


@dataclass(frozen=True)
class Number:
    """A finite number from `low` to `high`; with `whole`, an integer."""

    low: float
    high: float
    whole: bool = False

    def check(self, value: object) -> int | float:
        """Return the number. Raises ValueError if it is of another type or outside the range."""
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        if fits and self.low <= value <= self.high:  # type: ignore[operator]  # NaN is outside
            if not self.whole:
                return value  # type: ignore[return-value]
            if value == int(value):  # type: ignore[call-overload]
                return int(value)  # type: ignore[call-overload,no-any-return]
        kind = "a whole number" if self.whole else "a number"
        raise ValueError(f"must be {kind} from {self.low:g} to {self.high:g}, not {quote(value)}")


@dataclass(frozen=True)
class Flag:
    """True or false."""

    def check(self, value: object) -> bool:
        """Return the flag. Raises ValueError for any other value."""
        if not isinstance(value, bool):
            raise ValueError(f"must be true or false, not {quote(value)}")
        return value


@dataclass(frozen=True)
class Text:
    """Printable text of at most `longest` characters."""

    longest: int = LONGEST_TEXT

    def check(self, value: object) -> str:
        """Return the text. Raises ValueError if it is too long or holds control characters."""
        if not isinstance(value, str) or len(value) > self.longest:
            raise ValueError(f"must be text of at most {self.longest} characters")
        if not value.isprintable():
            raise ValueError(f"holds control characters: {quote(value)}")
        return value


@dataclass(frozen=True)
class OneOf:
    """One of several names."""

    names: tuple[str, ...]

    def check(self, value: object) -> str:
        """Return the name. Raises ValueError for another value."""
        if value not in self.names:
            raise ValueError(f"must be one of {', '.join(self.names)}, not {quote(value)}")
        return str(value)


@dataclass(frozen=True)
class Several:
    """A list of values with the same bounds."""

    item: Field
    most: int

    def check(self, value: object) -> list[Any]:
        """Return the list. Raises ValueError if it is empty, too long, or one of its values does not fit."""
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            raise ValueError(f"must be a list, not {quote(value)}")
        if not 1 <= len(value) <= self.most:
            raise ValueError(f"must have 1 to {self.most} entries, not {len(value)}")
        return [self.item.check(part) for part in value]


@dataclass(frozen=True)
class AnyOf:
    """A value that fits one of several bounds; the first that fits counts."""

    choices: tuple[Field, ...]

    def check(self, value: object) -> Any:
        """Return the value as its first fitting bounds do. Raises ValueError with the reasons if none fits."""
        reasons = []
        for choice in self.choices:
            try:
                return choice.check(value)
            except ValueError as error:
                reasons.append(str(error))
        raise ValueError("; or ".join(reasons))


@dataclass(frozen=True)
class Nothing:
    """None alone; for `AnyOf`."""

    def check(self, value: object) -> None:
        """Raise ValueError unless the value is None."""
        if value is not None:
            raise ValueError("may be null")


def check_fields(values: Mapping[str, Any], fields: Mapping[str, Field]) -> dict[str, Any]:
    """Check the values that have bounds; others are returned as they are.

    Args:
        values: by name.
        fields: bounds by name; a name without a value is not an error.

    Returns:
        All values, the checked ones in their own types.

    Raises:
        ValueError: with the name of the first value that does not fit, and its bounds.

    Examples:
        >>> check_fields({"fps": 25.0, "note": "x"}, {"fps": Number(1, 240, whole=True)})
        {'fps': 25, 'note': 'x'}
    """
    checked = dict(values)
    for name, field in fields.items():
        if name in checked:
            try:
                checked[name] = field.check(checked[name])
            except ValueError as error:
                raise ValueError(f"{name} {error}") from error
    return checked


def to_plain(value: Any) -> Any:
    """Convert mappings and sequences of any type, such as Hydra's, to dicts and lists.

    The size is bounded: a list that holds another list twice, thirty levels deep, is small in a file
    and has 2^30 values when it is written out.

    Args:
        value: nested data; other values are returned as they are.

    Returns:
        The same values in dicts with string keys and lists.

    Raises:
        ValueError: the data are nested too deeply, have too many values, or keys that are not names.
    """
    left = MAX_VALUES

    def convert(part: Any, depth: int) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise ValueError(f"holds more than {MAX_VALUES} values")
        if depth > MAX_DEPTH:
            raise ValueError(f"is nested more than {MAX_DEPTH} levels deep")
        if isinstance(part, Mapping):
            if not all(isinstance(k, str | int) for k in part):
                raise ValueError("has keys that are not names")
            return {str(k): convert(v, depth + 1) for k, v in part.items()}
        if isinstance(part, Sequence) and not isinstance(part, str | bytes):
            return [convert(v, depth + 1) for v in part]
        return part

    return convert(value, 0)
