"""Records of scored clips, so that an evaluation that was ended goes on where it stopped.

A record holds the scores of one pair, with all their digits. Its name is a hash of all that the scores depend on: the
contents of the files, the judge, the generator and the settings. A record of anything else is not found.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from wav2lip.evaluation.pairs import Pair
from wav2lip.evaluation.results import (
    WEIGHTS,
    ClipScores,
    Features,
    MouthSeries,
    PairScores,
    Skipped,
)
from wav2lip.evaluation.scorer import SyncScores
from wav2lip.metrics.lse import SyncCurve
from wav2lip.utils.files import sha256_of, write_atomically
from wav2lip.utils.revision import code_revision

FOLDER = "records"
# They choose or name the files, whose contents count, or where results go.
NO_MATTER = {"input", "root", "real", "limit", "output", "pairs", "checkpoint", "judge_weights"}
NO_MATTER |= {"resume", "max_pixels", "executor", "workers"}
FILES = ("detector_weights", *WEIGHTS.values())  # settings that name a file


def _array(values: NDArray[Any]) -> dict[str, Any]:
    return {"dtype": str(values.dtype), "shape": values.shape, "array": values.ravel().tolist()}


def _encode(value: Any) -> Any:
    """Convert arrays and numbers of NumPy for JSON, which keeps every digit of a float64."""
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a record cannot hold a {type(value).__name__}")


def _decode(value: dict[str, Any]) -> Any:
    if value.keys() == {"dtype", "shape", "array"}:
        return np.array(value["array"], value["dtype"]).reshape(value["shape"])
    return value


def _plain_scores(row: ClipScores) -> dict[str, Any]:
    sync = row.sync
    mouth = None if row.mouth is None else row.mouth._asdict()
    return vars(row) | {"sync": vars(sync) | {"curve": sync.curve._asdict()}, "mouth": mouth}


def _scores(data: dict[str, Any]) -> ClipScores:
    sync = data["sync"]
    curve = SyncCurve(**sync["curve"])
    mouth = None if data["mouth"] is None else MouthSeries(**data["mouth"])
    return ClipScores(**(data | {"sync": SyncScores(**(sync | {"curve": curve})), "mouth": mouth}))


@lru_cache(None)
def _digest(path: Path) -> str:
    """Hash of a file's content; its name if it cannot be read, as its pair then fails."""
    try:
        return sha256_of(path)
    except OSError:
        return f"unreadable {path}"


class ClipRecords:
    """The records in the subfolder `records` of an output folder.

    Args:
        folder: output folder of the evaluation.
        settings: of the run; those that only choose files do not count.
        networks: hashes of the judge and of the generator, if there is one.
    """

    def __init__(
        self, folder: Path, settings: Mapping[str, Any], networks: Sequence[str | None]
    ) -> None:
        self._folder = folder / FOLDER
        files = [settings.get(name) for name in FILES]
        self._common = {
            "settings": {key: settings[key] for key in sorted(settings) if key not in NO_MATTER},
            "networks": list(networks),
            "files": [_digest(Path(file)) if file else None for file in files],
        }
        self._generates = len(networks) > 1 and networks[1] is not None

    def path_of(self, pair: Pair, pairs: Sequence[Pair]) -> Path:
        """Return the path of the record of a pair.

        Args:
            pair: the pair.
            pairs: the whole list. A generator may get the sounds of the others, by their speakers and order.
        """
        files = (pair.face, pair.audio, pair.real)
        sounds = [[_digest(p.audio), p.speaker] for p in pairs] if self._generates else []
        key = self._common | {
            "name": pair.name,
            "speaker": pair.speaker,
            "pair": [None if file is None else _digest(file) for file in files],
            "sounds": sounds,
        }
        text = json.dumps(key, sort_keys=True, default=str)
        return self._folder / f"{hashlib.sha256(text.encode(errors='replace')).hexdigest()}.json"

    def restore(self, pair: Pair, pairs: Sequence[Pair]) -> tuple[PairScores, str] | None:
        """Read the scores of a pair, and the revision of the code that scored it.

        Returns:
            None if there is no record of it, or one that cannot be read.
        """
        path = self.path_of(pair, pairs)
        try:
            record = json.loads(path.read_text("utf-8"), object_hook=_decode)
            rows = [_scores(data) for data in record["clips"]]
            features: Features = {metric: {} for metric in record["features"]}
            if features:
                with np.load(path.with_suffix(".npz"), allow_pickle=False) as arrays:
                    for name in arrays.files:
                        metric, _, system = name.partition("/")
                        features[metric][system] = arrays[name]
            skipped = [Skipped(**item) for item in record["skipped"]]
            return PairScores(rows, skipped, features), str(record["revision"])
        except (OSError, ValueError, KeyError, TypeError, BadZipFile):
            return None

    def write(self, pair: Pair, pairs: Sequence[Pair], scores: PairScores) -> None:
        """Write the record of a pair.

        Raises:
            OutputError: it cannot be written.
        """
        path = self.path_of(pair, pairs)
        if scores.features:
            arrays = {
                f"{metric}/{system}": values
                for metric, found in scores.features.items()
                for system, values in found.items()
            }
            data = BytesIO()
            np.savez(data, **arrays)  # type: ignore[arg-type]
            write_atomically(path.with_suffix(".npz"), data.getvalue())
        record = {
            "pair": pair.name,
            "revision": code_revision(),
            "clips": [_plain_scores(row) for row in scores.clips],
            "features": sorted(scores.features),
            "skipped": [vars(item) for item in scores.skipped],
        }
        text = json.dumps(record, default=_encode)
        write_atomically(path, text.encode("utf-8", "backslashreplace"))
