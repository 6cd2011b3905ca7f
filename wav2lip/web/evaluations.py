"""The evaluations that a server shows: found once, when it starts."""

from dataclasses import dataclass
from pathlib import Path

from wav2lip.errors import InputError
from wav2lip.utils.text import printable

PAGES = ("index.html", "report.html")  # of evaluations, and of experts
MOST = 1000


@dataclass(frozen=True)
class Evaluation:
    """One page.

    Attributes:
        name: of its folder.
        page: the file; it requests nothing.
    """

    name: str
    page: Path


def find_evaluations(folder: Path) -> list[Evaluation]:
    """Find the pages in a folder and in its subfolders.

    Args:
        folder: an output folder of `wav2lip evaluate`, or one that holds several.

    Raises:
        InputError: there is none.
    """
    found: list[Evaluation] = []
    folders = [folder]
    if folder.is_dir():
        folders += sorted(path for path in folder.iterdir() if path.is_dir())
    for place in folders:
        name = printable(place.resolve().name)
        found += [Evaluation(name, place / page) for page in PAGES if (place / page).is_file()]
    if not found:
        raise InputError(
            f"{folder}: holds no evaluation; give the output folder of wav2lip evaluate, or one that holds several"
        )
    return found[:MOST]
