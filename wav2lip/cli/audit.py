"""Measure the sync of preprocessed clips; shift or drop clips that are off.

wav2lip audit CLIPS expert=CHECKPOINT
wav2lip audit CLIPS expert=CHECKPOINT fix=true
"""

from pathlib import Path

import hydra
from omegaconf import DictConfig

from wav2lip.cli.config_errors import exit_on_config_error, require_complete
from wav2lip.clips import MANIFEST, read_manifest
from wav2lip.preprocessing.audit import SyncAuditor, audit_folder
from wav2lip.utils.locks import locked_folder


@hydra.main(version_base="1.3", config_path="pkg://wav2lip.configs", config_name="audit")
@exit_on_config_error
def run(cfg: DictConfig) -> None:
    """Audit a folder and print what was done."""
    require_complete(cfg)
    folder = Path(cfg.clips)
    before = len(read_manifest(folder))  # reports a wrong folder before the expert is loaded
    auditor = SyncAuditor(
        cfg.expert,
        fix=cfg.fix,
        min_agreement=cfg.min_agreement,
        max_shift=cfg.max_shift,
        min_frames=cfg.min_frames,
        device=cfg.device,
    )
    with locked_folder(folder):
        rows = audit_folder(folder, auditor)
    print(
        f"{len(rows)} of {before} clips -> {folder}/{MANIFEST}; see audit.png and rejected.csv there"
    )


def main() -> None:
    """Run the command line."""
    exit_on_config_error(run)()
