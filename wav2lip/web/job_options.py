"""What a client may choose of a job."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Self

from wav2lip.inference.settings import Settings
from wav2lip.web.request_error import RequestError

# Not: what names files or libraries of the server, loads other software, or costs its memory.
ALLOWED = (
    "fps",
    "static",
    "resize_factor",
    "rotate",
    "crop",
    "box",
    "face_crop",
    "pads",
    "smooth",
    "max_yaw",
    "keep_occluders",
    "faces",
    "motion",
    "neutral_reference",
    "mute_pauses",
    "blend",
    "crf",
)
LONGEST = 10_000  # characters of the settings
LARGEST = 100_000  # of any number in them
FLAGS = {"true": True, "false": False}


def _check_size(name: str, value: Any) -> None:
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, int | float) and abs(part) > LARGEST:
            raise RequestError(400, f"settings: {name} must be at most {LARGEST}")


def read_settings(text: str) -> dict[str, Any]:
    """Read settings from JSON.

    Args:
        text: an object with names of `ALLOWED`; empty: none.

    Returns:
        The chosen values, checked.

    Raises:
        RequestError: the text is no JSON object, or a name is not allowed.
        InputError: a value is out of range.
    """
    if not text.strip():
        return {}
    try:
        chosen = json.loads(text) if len(text) <= LONGEST else None
    except (ValueError, RecursionError):
        chosen = None
    if not isinstance(chosen, dict):
        raise RequestError(
            400, 'settings: must be a JSON object of at most 10,000 characters, such as {"fps": 30}'
        )
    for name, value in chosen.items():
        if name not in ALLOWED:
            near = get_close_matches(name, ALLOWED, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(ALLOWED)}"
            raise RequestError(400, f"settings: {name[:60]!r} is unknown; {hint}")
        _check_size(name, value)
        if isinstance(value, list):
            chosen[name] = tuple(value)
    Settings(**chosen)
    return chosen


def read_flag(name: str, text: str, default: bool) -> bool:
    """Read true or false.

    Raises:
        RequestError: it is neither.
    """
    word = text.strip().lower()
    if word and word not in FLAGS:
        raise RequestError(400, f"{name}: must be true or false, not {text[:60]!r}")
    return FLAGS.get(word, default)


@dataclass(frozen=True)
class JobOptions:
    """What a client has chosen of a job.

    Attributes:
        chosen: values of fields of `Settings`.
        check_sync: whether the sync of the video is scored.
        model: job whose personal model renders; empty: the server's generator does.
    """

    chosen: Mapping[str, Any]
    check_sync: bool = True
    model: str = ""

    @classmethod
    def from_form(cls, values: Mapping[str, str]) -> Self:
        """Read the fields of a form.

        Raises:
            InputError: a value is not allowed.
        """
        flag = read_flag("check_sync", values.get("check_sync", ""), default=True)
        chosen = read_settings(values.get("settings", ""))
        return cls(chosen, flag, values.get("model", "").strip())

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_plain` has returned and JSON has stored."""
        chosen = {k: tuple(v) if isinstance(v, list) else v for k, v in values["chosen"].items()}
        return cls(chosen, values["check_sync"], values.get("model", ""))

    def to_plain(self) -> dict[str, Any]:
        """Convert to plain data."""
        return {"chosen": dict(self.chosen), "check_sync": self.check_sync, "model": self.model}

    def settings(self) -> Settings:
        """Return the settings of the run. Detections are not stored: they would outlive the job."""
        return Settings(**self.chosen, cache=False)
