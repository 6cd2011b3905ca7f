"""Train the sync expert, the generator, or whatever an experiment file describes.

python train.py experiment=syncnet data.manifests=[data/clips]
python train.py experiment=wav2lip data.manifests=[data/clips] task.expert=runs/syncnet/checkpoints/last.ckpt
python train.py experiment=finetune_speaker init_from=default data.manifests=[data/one_person]
python train.py -m experiment=ablation/full,ablation/no_gan seed=1,2,3 ++task.expert=... ...    one after another
"""

import warnings
from pathlib import Path
from typing import Any

import hydra
import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from lightning_fabric.utilities.exceptions import MisconfigurationException
from omegaconf import DictConfig

from wav2lip.cli.config_errors import exit_on_config_error, require_complete
from wav2lip.cli.resolvers import register_resolvers
from wav2lip.errors import InputError
from wav2lip.tasks.compiled import compile_stacks
from wav2lip.tasks.resumable import require_resumable


def parts(config: DictConfig | None) -> list[Any]:
    """Every callback or logger of a group, in order; a null switches one off."""
    return [instantiate(part) for part in (config or {}).values() if part]


def last_checkpoint(run: str) -> Path:
    """Where a run leaves off, interrupted or finished."""
    return Path(run) / "checkpoints" / "last.ckpt"


register_resolvers()  # before Hydra composes the config


@hydra.main(version_base="1.3", config_path="pkg://wav2lip.configs", config_name="train")
@exit_on_config_error
def run(cfg: DictConfig) -> None:
    """Seed, build, fit; goes on from the run's last checkpoint where there is one."""
    if cfg.experiment_name is None:
        raise InputError(
            "no experiment given; try experiment=syncnet or experiment=wav2lip (configs/experiment)"
        )
    require_complete(cfg)
    # Lightning cannot know that the data module's sampler goes on where it stopped.
    warnings.filterwarnings("ignore", message=".*your dataloader is not resumable.*")
    pl.seed_everything(cfg.seed, workers=True)
    torch.set_num_threads(cfg.threads or torch.get_num_threads())
    data = instantiate(cfg.data)
    # Plain data: a DictConfig among the hyper-parameters cannot be read back with weights_only=True,
    # and instantiate() makes one of every dict it is not told to convert.
    task = instantiate(cfg.task, _recursive_=False, _convert_="all")
    if cfg.compile:
        for network in task.children():
            compile_stacks(network, cfg.compile)
    trainer = instantiate(cfg.trainer, callbacks=parts(cfg.callbacks), logger=parts(cfg.logger))
    last = last_checkpoint(cfg.run)
    resume = cfg.resume and last.is_file()
    if resume:
        require_resumable(last, task)
        print(f"going on from {last} (resume=false starts anew)")
    try:
        trainer.fit(task, data, ckpt_path=last if resume else None, weights_only=True)
    except MisconfigurationException as error:
        raise InputError(f"config: {error}") from error
    trainer.save_checkpoint(last)  # the callback saved some steps ago


def main() -> None:
    """Run the command line."""
    exit_on_config_error(run)()
