"""The config of a run, written to its folder under its lock. Hydra's own copy is off: it is written before the lock."""

from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from wav2lip.utils.files import write_atomically

FOLDER = "hydra"


def write_config(cfg: DictConfig, run: Path) -> None:
    """Write what Hydra would: `config.yaml`, and under Hydra also `hydra.yaml` and `overrides.yaml`.

    Args:
        cfg: the composed config; references between its values stay.
        run: the run's folder.

    Raises:
        OutputError: a file cannot be written.
    """
    parts = {"config.yaml": cfg}
    if HydraConfig.initialized():
        hydra = HydraConfig.instance().cfg
        assert isinstance(hydra, DictConfig)
        parts |= {"hydra.yaml": hydra, "overrides.yaml": hydra.hydra.overrides.task}
    for name, part in parts.items():
        write_atomically(run / FOLDER / name, OmegaConf.to_yaml(part).encode())
