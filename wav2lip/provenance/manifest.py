"""The manifest of a video: what it is, what made it, and what it was made from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from wav2lip import __version__
from wav2lip.utils.extras import DISTRIBUTION
from wav2lip.utils.files import sha256_of
from wav2lip.utils.text import printable

# IPTC's term for a picture of which trained models made a part.
COMPOSITE = "compositeWithTrainedAlgorithmicMedia"
SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
SHA256 = "wav2lip.sha256"  # key of an ingredient's metadata
ROLES = ("face", "audio", "checkpoint", "consent")  # of ingredients
PLACED = ROLES[:2]  # that the video itself contains


@dataclass(frozen=True)
class Ingredient:
    """What a video was made from. The manifest holds the hash of a file, not the file.

    Attributes:
        role: one of `ROLES`; of a file that another program signed, any text.
        name: of the file, without its folder.
        sha256: hex digest; empty if there is no file.
    """

    role: str
    name: str
    sha256: str = ""

    @classmethod
    def of(cls, role: str, path: Path | None) -> Self:
        """Return the ingredient of a file; None stands for an array."""
        if path is None or not path.is_file():  # a pipe cannot be read again
            return cls(role, "array" if path is None else path.name)
        return cls(role, path.name, sha256_of(path))


def build_manifest(name: str, ingredients: Sequence[Ingredient]) -> dict[str, Any]:
    """Return the definition of a manifest, as the C2PA library takes it.

    Args:
        name: of the video.
        ingredients: what it was made from.
    """
    placed = [item.role for item in ingredients if item.role in PLACED]
    inputs = [item.role for item in ingredients if item.role not in PLACED]
    created = {
        "action": "c2pa.created",
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "digitalSourceType": SOURCE_TYPES + COMPOSITE,
        "parameters": {"ingredientIds": inputs},
    }
    actions: list[dict[str, Any]] = [created]
    if placed:  # what is a component of the result requires this action
        actions.append({"action": "c2pa.placed", "parameters": {"ingredientIds": placed}})
    return {
        "claim_generator_info": [{"name": DISTRIBUTION, "version": __version__}],
        "title": printable(name),
        "ingredients": [_definition(item) for item in ingredients],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}}],
    }


def _definition(item: Ingredient) -> dict[str, Any]:
    return {
        "label": item.role,
        "title": printable(item.name),
        "description": item.role,
        "relationship": "componentOf" if item.role in PLACED else "inputTo",
        "metadata": {SHA256: item.sha256} if item.sha256 else {},
    }
