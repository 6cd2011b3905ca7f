"""Rules for the values of settings: the type, the range, the names. A rule says what it accepts."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Protocol

from wav2lip.errors import InputError

DEVICE_KINDS = ("cpu", "cuda", "mps", "xpu")
SHOWN = 60  # characters of a wrong value in a message


class Rule(Protocol):
    """What a setting may be. `str(rule)` completes "must be"."""

    def accepts(self, value: object) -> bool:
        """Tell whether a value is allowed."""

    def hint(self, value: object) -> str:
        """Return more words about a wrong value, or nothing."""


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


@dataclass(frozen=True)
class _NoHint:
    def hint(self, value: object) -> str:
        """Return nothing."""
        return ""


@dataclass(frozen=True)
class Number(_NoHint):
    """A finite number.

    Attributes:
        low: least value.
        high: greatest value.
        above: whether `low` itself is excluded.
        below: whether `high` itself is excluded.

    Examples:
        >>> print(Number(0, 240, above=True))
        above 0 and at most 240
        >>> Number(0).accepts(float("nan"))
        False
    """

    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    below: bool = False

    def accepts(self, value: object) -> bool:
        """Tell whether `value` is a number in the range."""
        if not isinstance(value, Real) or not _is_number(value):
            return False
        number = float(value)
        # -0.0 is not below 0, but a range from 0 to it is none.
        inside = self.low <= number <= self.high and (self.low < 0 or math.copysign(1, number) > 0)
        edge = (self.above and number == self.low) or (self.below and number == self.high)
        return inside and not edge

    def __str__(self) -> str:
        low, high = f"{self.low:g}", f"{self.high:.10g}"
        if math.isinf(self.low) and math.isinf(self.high):
            return "a finite number"
        if math.isinf(self.high):
            return f"above {low}" if self.above else f"{low} or more"
        if self.above:
            return f"above {low} and {'below' if self.below else 'at most'} {high}"
        return f"{low} or more and below {high}" if self.below else f"{low} to {high}"


@dataclass(frozen=True)
class Whole(Number):
    """A whole number in a range; see `Number`."""

    def accepts(self, value: object) -> bool:
        """Tell whether `value` is a whole number in the range."""
        return _is_whole(value) and super().accepts(value)

    def __str__(self) -> str:
        text = super().__str__()
        return "a whole number" if text == "a finite number" else f"a whole number, {text}"


@dataclass(frozen=True)
class OneOf(_NoHint):
    """One of several names."""

    names: Sequence[str]

    def accepts(self, value: object) -> bool:
        """Tell whether `value` is one of the names."""
        return isinstance(value, str) and value in self.names

    def hint(self, value: object) -> str:
        """Return the name that is most like the value."""
        near = get_close_matches(str(value), self.names, 1)
        return f"; did you mean {near[0]}?" if near else ""

    def __str__(self) -> str:
        return f"one of {', '.join(self.names)}"


@dataclass(frozen=True)
class Flag(_NoHint):
    """True or false."""

    def accepts(self, value: object) -> bool:
        """Tell whether `value` is a bool."""
        return isinstance(value, bool)

    def __str__(self) -> str:
        return "true or false"


@dataclass(frozen=True)
class Text(_NoHint):
    """A text that is not empty; a number is one too, since `name=3` reads as a number."""

    def accepts(self, value: object) -> bool:
        """Tell whether `value` is a text or a number."""
        return _is_number(value) or (isinstance(value, str) and bool(value.strip()))

    def __str__(self) -> str:
        return "a text that is not empty"


@dataclass(frozen=True)
class Sides(_NoHint):
    """Four whole numbers: top, bottom, left, right in pixels."""

    item: Whole = Whole()

    def accepts(self, value: object) -> bool:
        """Tell whether `value` has four numbers that are allowed."""
        if not isinstance(value, list | tuple):
            return False
        return len(value) == 4 and all(self.item.accepts(side) for side in value)

    def __str__(self) -> str:
        return f"four numbers (top bottom left right), each {self.item}"


@dataclass(frozen=True)
class Device(_NoHint):
    """Name of a torch device, with or without a number."""

    def accepts(self, value: object) -> bool:
        """Tell whether `value` is written as a device is."""
        match = re.fullmatch(r"([a-z]+)(:\d{1,2})?", value) if isinstance(value, str) else None
        return match is not None and (match[1] in DEVICE_KINDS or value == "auto")

    def hint(self, value: object) -> str:
        """Return the device that is most like the value."""
        return OneOf(("auto", *DEVICE_KINDS)).hint(str(value).lower())

    def __str__(self) -> str:
        return f"auto, {', '.join(DEVICE_KINDS)} or, with its number, cuda:1"


@dataclass(frozen=True)
class Either(_NoHint):
    """What any of several rules accepts."""

    rules: Sequence[Rule]

    def accepts(self, value: object) -> bool:
        """Tell whether a rule accepts `value`."""
        return any(rule.accepts(value) for rule in self.rules)

    def hint(self, value: object) -> str:
        """Return the first hint of the rules."""
        return next((hint for rule in self.rules if (hint := rule.hint(value))), "")

    def __str__(self) -> str:
        return " or ".join(str(rule) for rule in self.rules)


@dataclass(frozen=True)
class Unset(_NoHint):
    """No value."""

    def accepts(self, value: object) -> bool:
        """Tell whether `value` is None."""
        return value is None

    def __str__(self) -> str:
        return "null"


FACES = Either((OneOf(("largest", "all")), Whole(1)))  # which faces of a frame count
SIZE = Whole(16, 2048)  # side of a face, pixels
PIXELS = Whole(1, 10**12)  # of the largest picture that is read


def optional(rule: Rule) -> Either:
    """Return a rule that also accepts None."""
    return Either((rule, Unset()))


def check(name: str, value: object, rule: Rule, settings: Sequence[str] = ()) -> None:
    """Check one value.

    Args:
        name: of the setting, as the message shows it.
        value: its value.
        rule: what it may be.
        settings: names for `InputError.settings`.

    Raises:
        InputError: the value is not allowed.

    Examples:
        >>> check("blend", "fether", OneOf(("feather", "box")))
        Traceback (most recent call last):
        ...
        wav2lip.errors.InputError: blend must be one of feather, box, not fether; did you mean feather?
    """
    if rule.accepts(value):
        return
    text = "null" if value is None else repr(value) if value == "" else str(value)
    text = f"{value:g}" if isinstance(value, float) else text
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    raise InputError(
        f"{name} must be {rule}, not {shown}{rule.hint(value)}", settings=tuple(settings)
    )


def check_fields(owner: object, rules: Mapping[str, Rule], prefix: str = "") -> None:
    """Check the attributes that `rules` names.

    Raises:
        InputError: one is not allowed. The message names it, after `prefix`.
    """
    for name, rule in rules.items():
        check(f"{prefix}{name}", getattr(owner, name), rule, (name,))
