"""Score videos, or a checkpoint on a list of faces and sounds, with controls beside every score.

wav2lip evaluate input=OUT.mp4
wav2lip evaluate pairs=pairs input=PAIRS.csv checkpoint=bundled:generator
wav2lip evaluate input=FOLDER checkpoint=bundled:generator protocol=[reconstruction,still,cross]
"""

from pathlib import Path
from typing import Any, cast

import hydra
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from wav2lip.cli.config_errors import exit_on_config_error, require_complete
from wav2lip.errors import InputError
from wav2lip.evaluation.evaluator import Evaluator
from wav2lip.evaluation.held_out import held_out_warning
from wav2lip.evaluation.judge import load_judge
from wav2lip.evaluation.page import NAME as PAGE
from wav2lip.evaluation.page import videos_of, write_page
from wav2lip.evaluation.pairs import Pair
from wav2lip.evaluation.plots import write_plots
from wav2lip.evaluation.protocols import choose_protocols
from wav2lip.evaluation.records import ClipRecords
from wav2lip.evaluation.report import write_results
from wav2lip.evaluation.result_table import result_table
from wav2lip.evaluation.results import Results
from wav2lip.evaluation.summary import summarise
from wav2lip.evaluation.terminal import print_results
from wav2lip.faces.detectors import build_detector
from wav2lip.faces.mesh import FaceMesh
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.inference.settings import Settings
from wav2lip.media.rules import limit_pixels
from wav2lip.utils.locks import locked_folder
from wav2lip.utils.partials import sweep_tree
from wav2lip.utils.progress import ProgressBar


def inference_settings(values: dict[str, Any]) -> Settings:
    """Settings from the `infer` node of the configuration; lists become tuples.

    Raises:
        InputError: a value is out of range.
    """
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    return Settings(**fields)


def _fid(inception: str | None) -> Any:
    """The FID of a weights file; None without one."""
    if inception is None:
        return None
    from wav2lip.metrics.fid import FaceFID  # imports torch-fidelity and torchvision

    return FaceFID(Path(inception))


def score_all(
    evaluator: Evaluator, pairs: list[Pair], results: Results, records: ClipRecords | None
) -> None:
    """Score the pairs; a bar shows the time left, which pairs of an earlier run do not count for."""
    with ProgressBar() as bar:
        for number, _ in enumerate(evaluator.run(pairs, results, records), start=1):
            resumed = len(results.resumed)
            bar(f"clip {number} of {len(pairs)}", number - resumed, len(pairs) - resumed)
    if results.resumed:
        print(f"{len(results.resumed)} of {len(pairs)} clips were scored by an earlier run")


def evaluate(cfg: DictConfig) -> None:
    """Load the judge, the generator and the list; score; write and print the results.

    Args:
        cfg: the composed `evaluate` config.

    Raises:
        InputError: a file or value cannot be used, or nothing could be scored.
    """
    limit_pixels(cfg.max_pixels)
    names = [cfg.protocol] if isinstance(cfg.protocol, str) else list(cfg.protocol)
    protocols, leak = choose_protocols(names)
    pairs, output = instantiate(cfg.pairs)[: cfg.limit], Path(cfg.output)
    sweep_tree(output)
    judge = load_judge(str(cfg.judge_weights), cfg.device)
    settings = cast("dict[str, Any]", OmegaConf.to_container(cfg, resolve=True))
    results = Results(judge.facts(), None, settings)
    generator = None
    if cfg.checkpoint is not None:
        generator = LipSyncer.from_checkpoint(
            str(cfg.checkpoint), cfg.device, inference_settings(settings["infer"])
        )
        results.generator = generator.checkpoint
        warning = held_out_warning(judge, generator.checkpoint["metadata"])
        results.warnings += [warning] if warning else []
    evaluator = Evaluator(
        judge,
        instantiate(cfg.segments),
        build_detector(cfg.detector, cfg.detector_weights, cfg.device),
        output,
        instantiate(cfg.scoring),
        generator,
        leak_seconds=cfg.leak_seconds if leak else 0.0,
        fid=_fid(cfg.inception),
        protocols=protocols,
        mesh=FaceMesh() if cfg.landmarks else None,
        seed=cfg.seed,
    )
    evaluator.prepare(pairs)
    records = None
    if cfg.resume and cfg.inception is None:  # FID describes all clips together
        generator_hash = results.generator["sha256"] if results.generator else None
        records = ClipRecords(output, settings, (judge.sha256, generator_hash))
    score_all(evaluator, pairs, results, records)
    if not results.clips:
        raise InputError(f"nothing could be scored; the first reason: {results.skipped[0].reason}")
    summary = summarise(results)
    table = result_table(results, summary)
    write_results(results, summary, table, output)
    plots = write_plots(results, output)
    videos = videos_of(pairs, output, generator is not None)
    write_page(results, table, plots, videos, output)
    print_results(results, table)
    print(f"results per clip: {output / PAGE}")


@hydra.main(version_base="1.3", config_path="pkg://wav2lip.configs", config_name="evaluate")
@exit_on_config_error
def run(cfg: DictConfig) -> None:
    """Evaluate; no other process may write to the output folder meanwhile."""
    require_complete(cfg)
    with locked_folder(Path(cfg.output)):
        evaluate(cfg)


def main() -> None:
    """Run the command line."""
    exit_on_config_error(run)()
