"""Train what an experiment describes: a sync expert, a generator, a fine-tuned speaker, an ablation.

wav2lip train experiment=syncnet data.manifests=[data/clips]
wav2lip train experiment=wav2lip data.manifests=[data/clips]
wav2lip train experiment=finetune_speaker init_from=wav2lip data.manifests=[data/one_person]
wav2lip train -m experiment=ablation/full,ablation/no_gan seed=1,2,3 ...   one run after another
"""

import logging
import sys
import warnings
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import hydra
import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from lightning_fabric.utilities.exceptions import MisconfigurationException
from omegaconf import DictConfig
from pytorch_lightning.callbacks import ModelCheckpoint

import __main__
from wav2lip.callbacks.last_checkpoint import AtomicCheckpoints, LastCheckpoint
from wav2lip.cli.config_errors import exit_on_config_error, require_complete
from wav2lip.cli.resolvers import register_resolvers
from wav2lip.cli.run_config import write_config
from wav2lip.errors import InputError
from wav2lip.tasks.compiled import compile_stacks
from wav2lip.tasks.resumable import require_resumable
from wav2lip.utils.locks import locked_folder
from wav2lip.utils.partials import sweep_tree
from wav2lip.utils.platform import process_rank, require_processes
from wav2lip.utils.signals import Stopped

log = logging.getLogger(__name__)
NOT_SAVED = "nothing is saved; the same command starts over"


def instantiate_group(config: DictConfig | None) -> list[Any]:
    """Build every callback or logger of a config group, in order; a null entry is left out."""
    return [instantiate(part) for part in (config or {}).values() if part]


def last_checkpoint(run: str) -> Path:
    """Return the checkpoint that a run resumes from."""
    return Path(run) / "checkpoints" / "last.ckpt"


def monitored_value(trainer: pl.Trainer) -> float | None:
    """Return the best value of the metric that selects best.ckpt; None without one."""
    for callback in trainer.checkpoint_callbacks:
        if isinstance(callback, ModelCheckpoint) and callback.best_model_score is not None:
            return float(callback.best_model_score)
    return None


def last_saved(trainer: pl.Trainer, path: Path) -> int | None:
    """Return the step of the state that the callback has saved to a file or resumed from, if it has."""
    for callback in trainer.checkpoint_callbacks:
        if isinstance(callback, LastCheckpoint) and callback.path == path:
            return callback.step
    return None


def train(cfg: DictConfig) -> float | None:
    """Train from a composed config; resume from the run's last checkpoint if there is one.

    Args:
        cfg: The composed `train` config.

    Returns:
        The best value of `callbacks.best.monitor` (None without that callback), for hyper-parameter sweepers.

    Raises:
        InputError: If a value is missing, a file cannot be used, or the run cannot be resumed.
    """
    if cfg.experiment_name is None:
        raise InputError(
            "no experiment given; try experiment=syncnet or experiment=wav2lip (configs/experiment)"
        )
    require_complete(cfg)
    # Lightning cannot know that the sampler of the data module resumes where it stopped.
    warnings.filterwarnings("ignore", message=".*your dataloader is not resumable.*")
    # Lightning's own use of torch; nothing that a user can change.
    warnings.filterwarnings("ignore", message=".*LeafSpec.*is deprecated.*")
    logging.captureWarnings(True)
    pl.seed_everything(cfg.seed, workers=True)
    torch.set_num_threads(cfg.threads or torch.get_num_threads())
    workers = cfg.data.get("num_workers", 0)
    require_processes(1 if workers is None else workers, "data.num_workers=0")
    data = instantiate(cfg.data)
    # Hyper-parameters must be plain data: a DictConfig cannot be read back with weights_only=True.
    task = instantiate(cfg.task, _recursive_=False, _convert_="all")
    if cfg.compile:
        for network in task.children():
            compile_stacks(network, cfg.compile)
    trainer = instantiate(
        cfg.trainer,
        callbacks=instantiate_group(cfg.callbacks),
        logger=instantiate_group(cfg.logger),
        plugins=[AtomicCheckpoints(), *(instantiate(cfg.trainer.get("plugins")) or [])],
    )
    sweep_tree(Path(cfg.run))
    last = last_checkpoint(cfg.run)
    resume = cfg.resume and last.is_file()
    if resume:
        step = require_resumable(last, task)
        log.info("resuming at step %d from %s (resume=false starts over)", step, last)
    try:
        trainer.fit(task, data, ckpt_path=last if resume else None, weights_only=True)
    except MisconfigurationException as error:
        raise InputError(f"config: {error}") from error
    except Stopped as stop:
        if not getattr(stop, "__notes__", []):  # not by the callback that saves
            stop.add_note(f"the same command resumes from {last}" if last.is_file() else NOT_SAVED)
        raise
    if last_saved(trainer, last) != trainer.global_step:  # the callback saves every so many steps
        trainer.save_checkpoint(last)
    return monitored_value(trainer)


register_resolvers()  # before Hydra composes the config


@hydra.main(version_base="1.3", config_path="pkg://wav2lip.configs", config_name="train")
@exit_on_config_error
def run(cfg: DictConfig) -> float | None:
    """Run one job and return the best monitored value, which Hydra's sweepers minimise or maximise."""
    first = process_rank() == 0
    with locked_folder(Path(cfg.run)) if first else nullcontext():
        if first:
            write_config(cfg, Path(cfg.run))
        return train(cfg)


def main() -> None:
    """Run the command line."""
    # With several devices Lightning runs the file sys.argv[0] again, once per process, with the same arguments.
    script = Path(getattr(__main__, "__file__", None) or "")
    sys.argv[0] = str(script) if script.name == "train.py" else __file__
    exit_on_config_error(run)()


if __name__ == "__main__":
    main()
