"""Read sounds of an evaluation, each once while it is in use."""

from functools import lru_cache
from pathlib import Path

from wav2lip.evaluation.segments import read_pcm
from wav2lip.types import Pcm

KEPT = 5  # sounds: those of a pair, its source, its `cross` pair and the next pair


class SoundReader:
    """Reads sounds as (N,) at 16 kHz and keeps the last ones."""

    def __init__(self) -> None:
        self._damage: dict[Path, list[str]] = {}
        self._read = lru_cache(KEPT)(self._load)

    def __call__(self, path: Path) -> Pcm:
        """Read a sound.

        Raises:
            InputError: it cannot be read.
        """
        return self._read(path)

    def damage(self, path: Path) -> list[str]:
        """One line per kind of damage of a sound that has been read."""
        return self._damage.get(path, [])

    def _load(self, path: Path) -> Pcm:
        problems: list[str] = []
        pcm = read_pcm(path, problems)
        if problems:
            self._damage[path] = problems
        return pcm
