"""Checks of what the files of a Hydra command contain, before anything heavy is imported.

Only what is quick to read counts: names, lists and first rows, but no weights and no video.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wav2lip.errors import InputError

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from wav2lip.evaluation.pairs import Pair


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long, or with a null character
        return False


def _require_some(pairs: "list[Pair]", config: "DictConfig") -> None:
    """Refuse a list of which no pair exists: a wrong folder, not a missing file."""
    if not any(_exists(pair.face) and _exists(pair.audio) for pair in pairs):
        absent = next(path for path in (pairs[0].face, pairs[0].audio) if not _exists(path))
        raise InputError(
            f"{config.input}: no pair of this list exists, the first is {absent}; check root"
        )
    real = [pair.real for pair in pairs if pair.real is not None]
    if real and not any(_exists(path) for path in real):
        raise InputError(
            f"{config.real}: has no video for those of {config.input}; give files of the same names"
        )


def _require_outside(pairs: "list[Pair]", config: "DictConfig") -> None:
    """Refuse to write the generator's videos into the folder of the inputs, where the next run would find them."""
    folder = Path(config.input)
    if not folder.is_dir() or not any(pair.face.is_relative_to(folder) for pair in pairs):
        return  # a list names its videos
    if Path(config.output).resolve().is_relative_to(folder.resolve()):
        raise InputError(
            f"{config.output}: is in the input folder {config.input}, so its videos would become inputs; "
            "choose another output"
        )


def check_evaluate(config: "DictConfig") -> None:
    """Check protocols, names of checkpoints, and the list of pairs."""
    from hydra.utils import instantiate
    from omegaconf import OmegaConf

    from wav2lip.checkpoints.names import find_checkpoint
    from wav2lip.evaluation.protocols import choose_protocols, draw_sounds, protocol_names

    given: Any = OmegaConf.to_container(config, resolve=True)
    generates = config.checkpoint is not None
    names = protocol_names(given["protocol"], generates=generates)
    find_checkpoint(config.judge_weights, "syncnet")
    pairs = instantiate(config.pairs)[: config.limit]
    _require_some(pairs, config)
    if generates:
        find_checkpoint(config.checkpoint, "generator")
        protocols, _ = choose_protocols(names)
        if any(protocol.sound == "other" for protocol in protocols):
            draw_sounds(pairs, config.seed)
        _require_outside(pairs, config)


def check_preprocess(config: "DictConfig") -> None:
    """Check the input, the splits, and the name of the expert."""
    from wav2lip.checkpoints.names import find_checkpoint
    from wav2lip.preprocessing.inputs import check_inputs
    from wav2lip.preprocessing.splits import read_splits

    check_inputs(Path(config.input))
    if config.splits:
        read_splits(Path(config.splits))
    if config.audit.expert:
        find_checkpoint(config.audit.expert)


def check_audit(config: "DictConfig") -> None:
    """Check the manifest, and the name of the expert."""
    from wav2lip.checkpoints.names import find_checkpoint
    from wav2lip.clips.manifest import check_manifest

    check_manifest(Path(config.clips))
    find_checkpoint(config.expert)


def check_train(config: "DictConfig") -> None:
    """Check the manifests."""
    from omegaconf import DictConfig, ListConfig, OmegaConf

    from wav2lip.clips.manifest import check_manifest

    given = OmegaConf.select(config, "data.manifests")
    for manifest in given if isinstance(given, DictConfig | ListConfig) else [given]:
        if manifest is not None:
            check_manifest(Path(str(manifest)))


CONTENT_CHECKS: dict[str, Callable[["DictConfig"], None]] = {
    "evaluate": check_evaluate,
    "preprocess": check_preprocess,
    "audit": check_audit,
    "train": check_train,
}
