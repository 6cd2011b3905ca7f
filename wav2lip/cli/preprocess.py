"""Turn videos into clip files and a manifest for training.

wav2lip preprocess input=VIDEOS output=data/clips
wav2lip preprocess input=VIDEOS output=data/clips audit=fix audit.expert=CHECKPOINT
"""

from pathlib import Path

import cv2
import hydra
from hydra.utils import instantiate
from omegaconf import DictConfig

from wav2lip.cli.config_errors import exit_on_config_error, require_complete
from wav2lip.clips import MANIFEST
from wav2lip.errors import InputError
from wav2lip.preprocessing.corpus import DROPPED, FAILURES, REMARKS, plan_jobs, preprocess
from wav2lip.preprocessing.settings import ClipSettings
from wav2lip.utils.locks import locked_folder


@hydra.main(version_base="1.3", config_path="pkg://wav2lip.configs", config_name="preprocess")
@exit_on_config_error
def run(cfg: DictConfig) -> None:
    """Run one job per video and print a summary."""
    require_complete(cfg)
    cv2.setNumThreads(1)  # the jobs use the cores
    output = Path(cfg.output)
    audit = instantiate(cfg.audit) if cfg.audit.expert and "_target_" in cfg.audit else None
    if audit and audit.needs_landmarks and not cfg.clip.landmarks:
        raise InputError(
            f"audit.expert={cfg.audit.expert}: reads landmarks; set clip.landmarks=true, or give an expert that sees "
            "pictures, such as bundled:expert"
        )
    if audit:
        audit.require_crops(cfg.clip.face_crop)
    jobs = plan_jobs(
        Path(cfg.input),
        output,
        ClipSettings(**cfg.clip),
        detector=cfg.detector,
        weights=cfg.detector_weights,
        device=cfg.device,
        splits=Path(cfg.splits) if cfg.splits else None,
        val_share=cfg.val_share,
        max_pixels=cfg.max_pixels,
    )
    with locked_folder(output):
        outcomes, rows = preprocess(jobs, output, instantiate(cfg.executor), audit)
    minutes = sum(row.frames / row.fps for row in rows) / 60
    failed = sum(bool(outcome.reason) for outcome in outcomes)
    print(
        f"{len(rows)} clips ({minutes:.1f} minutes) from {len(jobs) - failed} videos -> "
        f"{output}/{MANIFEST}"
    )
    if not any(row.split == "val" for row in rows):
        print(
            "no clip validates: training needs two speakers or more, with val_share above 0 or splits=FILE; "
            "experiment=finetune_speaker holds out a part of one speaker itself"
        )
    damaged = sum(bool(outcome.rows and outcome.remarks) for outcome in outcomes)
    if damaged:
        print(f"{damaged} videos are damaged and were read in part; see {output}/{REMARKS}")
    seconds = sum(stretch.end - stretch.start for o in outcomes for stretch in o.dropped)
    if seconds:
        print(f"{seconds:.1f} s of the videos are in no clip; see {output}/{DROPPED}")
    if failed:
        print(f"{failed} videos gave no clip; see {output}/{FAILURES}")


def main() -> None:
    """Run the command line."""
    exit_on_config_error(run)()
