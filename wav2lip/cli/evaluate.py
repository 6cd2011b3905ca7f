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
from wav2lip.evaluation.held_out import held_out_warning
from wav2lip.evaluation.jobs import PairJob
from wav2lip.evaluation.judge import load_judge
from wav2lip.evaluation.page import NAME as PAGE
from wav2lip.evaluation.page import videos_of, write_page
from wav2lip.evaluation.plot_files import write_plots
from wav2lip.evaluation.protocols import LISTED, choose_protocols, protocol_names
from wav2lip.evaluation.records import ClipRecords
from wav2lip.evaluation.report import write_results
from wav2lip.evaluation.result_table import result_table
from wav2lip.evaluation.results import WEIGHTS, Results
from wav2lip.evaluation.run import plan_pairs, run_pairs
from wav2lip.evaluation.setup import EvaluatorSetup
from wav2lip.evaluation.summary import summarise
from wav2lip.evaluation.sync_report import sync_report
from wav2lip.evaluation.systems import VIDEO
from wav2lip.evaluation.table import Table
from wav2lip.evaluation.terminal import print_results
from wav2lip.execution.job import Executor
from wav2lip.inference.settings import Settings
from wav2lip.inference.setup import LipSyncerSetup
from wav2lip.media.rules import limit_pixels
from wav2lip.utils.devices import torch_device
from wav2lip.utils.locks import locked_folder
from wav2lip.utils.partials import sweep_tree
from wav2lip.utils.progress import ProgressBar
from wav2lip.utils.signals import Stopped


def inference_settings(values: dict[str, Any]) -> Settings:
    """Settings from the `infer` node of the configuration; lists become tuples.

    Raises:
        InputError: a value is out of range.
    """
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    return Settings(**fields)


def score_all(
    jobs: list[PairJob], results: Results, execute: Executor, records: ClipRecords | None
) -> None:
    """Score the pairs; a bar shows the time left, which pairs of an earlier run do not count for."""
    total = len(jobs)
    with ProgressBar() as bar:
        try:
            for number, _ in enumerate(run_pairs(jobs, results, execute, records), start=1):
                resumed = len(results.resumed)
                bar(f"clip {number} of {total}", number - resumed, total - resumed)
        except Stopped as stop:
            if records is not None:
                stop.add_note("the same command scores the clips that are not scored yet")
            raise
    if results.resumed:
        print(f"{len(results.resumed)} of {total} clips were scored by an earlier run")


def evaluator_setup(cfg: DictConfig, generator: LipSyncerSetup | None) -> EvaluatorSetup:
    """What the evaluator of each process is made from.

    Raises:
        InputError: a value is out of range.
    """
    protocols, leak = choose_protocols(cfg.protocol)
    return EvaluatorSetup(
        str(cfg.judge_weights),
        instantiate(cfg.segments),
        Path(cfg.output),
        instantiate(cfg.scoring),
        generator,
        tuple(protocols) if generator else (LISTED,),
        cfg.leak_seconds if leak else 0.0,
        cfg.detector,
        cfg.detector_weights,
        cfg.device,
        cfg.landmarks,
        cfg.max_pixels,
        tuple((name, cfg[name]) for name in WEIGHTS.values() if cfg[name] is not None),
    )


def evaluate(cfg: DictConfig) -> Table:
    """Plan, score, write and print the results.

    Args:
        cfg: the composed `evaluate` config.

    Returns:
        The means over the clips, with their judge and warnings.

    Raises:
        InputError: a file or value cannot be used, or nothing could be scored.
    """
    limit_pixels(cfg.max_pixels)
    given = OmegaConf.to_container(cfg, resolve=False)
    assert isinstance(given, dict)
    cfg.protocol = protocol_names(given["protocol"], generates=cfg.checkpoint is not None)
    pairs, output = instantiate(cfg.pairs)[: cfg.limit], Path(cfg.output)
    if cfg.workers is None and torch_device(cfg.device).type != "cpu":
        cfg.workers = 1  # each process has its own copy of the networks
    settings = cast("dict[str, Any]", OmegaConf.to_container(cfg, resolve=True))
    generator = None
    if cfg.checkpoint is not None:
        infer = inference_settings(settings["infer"])
        generator = LipSyncerSetup(str(cfg.checkpoint), str(cfg.device), infer)
    setup = evaluator_setup(cfg, generator)
    sweep_tree(output)
    judge = load_judge(setup.judge, setup.device)
    results = Results(judge.facts(), None, settings)
    if generator is not None:
        results.generator = generator().checkpoint
        warning = held_out_warning(judge, results.generator["metadata"])
        results.warnings += [warning] if warning else []
    protocols = setup.protocols if generator else ()
    jobs = plan_pairs(setup, pairs, protocols, output, cfg.seed)
    records = None
    if cfg.resume:
        generator_hash = results.generator["sha256"] if results.generator else None
        records = ClipRecords(output, settings, (judge.sha256, generator_hash))
    score_all(jobs, results, instantiate(cfg.executor), records)
    if not results.clips:
        raise InputError(f"nothing could be scored; the first reason: {results.skipped[0].reason}")
    summary = summarise(results)
    table = result_table(results, summary)
    write_results(results, summary, table, output)
    plots = write_plots(results, output)
    videos = videos_of(pairs, output, generator is not None)
    write_page(results, table, plots, videos, output)
    print_results(results, table)
    judged = results.of(VIDEO)
    if len(judged) == 1:
        print(
            f"{judged[0].clip}: {sync_report(judged[0].sync, results.judge, span=setup.scoring.span).line()}"
        )
    print(f"results per clip: {output / PAGE}")
    return table


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
