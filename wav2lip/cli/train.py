"""Train what an experiment describes: a sync expert, a generator, a fine-tuned speaker, an ablation.

wav2lip train experiment=syncnet data.manifests=[data/clips]
wav2lip train experiment=wav2lip data.manifests=[data/clips] task.expert=runs/syncnet/checkpoints/last.ckpt
wav2lip train experiment=finetune_speaker init_from=default data.manifests=[data/one_person]
wav2lip train -m experiment=ablation/full,ablation/no_gan seed=1,2,3 ++task.expert=... ...   one run after another
"""

import hydra
from omegaconf import DictConfig

from wav2lip.cli.config_errors import exit_on_config_error
from wav2lip.cli.resolvers import register_resolvers

register_resolvers()  # before Hydra composes the config


@hydra.main(version_base="1.3", config_path="pkg://wav2lip.configs", config_name="train")
def run(cfg: DictConfig) -> float | None:
    """Run one job and return the best monitored value; Hydra's sweepers minimise or maximise it."""
    values: list[float | None] = []

    @exit_on_config_error
    def job() -> None:
        from wav2lip.cli.run_training import train

        values.append(train(cfg))

    job()
    return values[0]


def main() -> None:
    """Run the command line."""
    exit_on_config_error(run)()
