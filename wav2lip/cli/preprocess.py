"""Turn a folder of videos into clip files and a manifest that train.py reads.

python preprocess.py input=VIDEOS output=data/clips
python preprocess.py input=VIDEOS output=data/clips audit=fix audit.expert=runs/syncnet/checkpoints/best.ckpt
"""

from pathlib import Path

import hydra
from hydra.utils import instantiate
from omegaconf import DictConfig

from wav2lip.cli.config_errors import exit_on_config_error, require_complete
from wav2lip.preprocessing.clip import ClipSettings
from wav2lip.preprocessing.corpus import plan, preprocess


@hydra.main(version_base="1.3", config_path="pkg://wav2lip.configs", config_name="preprocess")
@exit_on_config_error
def run(cfg: DictConfig) -> None:
    """Plan one job a video, run them, say what came out."""
    require_complete(cfg)
    output = Path(cfg.output)
    doctor = instantiate(cfg.audit) if cfg.audit.expert and "_target_" in cfg.audit else None
    jobs = plan(
        Path(cfg.input),
        output,
        ClipSettings(**cfg.clip),
        detector=cfg.detector,
        weights=cfg.detector_weights,
        splits=Path(cfg.splits) if cfg.splits else None,
        val_share=cfg.val_share,
    )
    outcomes, rows = preprocess(jobs, output, instantiate(cfg.executor), doctor)
    minutes = sum(row.frames / row.fps for row in rows) / 60
    failed = sum(bool(outcome.reason) for outcome in outcomes)
    print(
        f"{len(rows)} clips, {minutes:.1f} minutes, from {len(jobs) - failed} videos -> {output}/manifest.csv"
    )
    if failed:
        print(f"{failed} videos gave no clip, with the reasons in {output}/failures.csv")


def main() -> None:
    """Run the command line."""
    exit_on_config_error(run)()
