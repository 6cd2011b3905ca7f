"""Evaluate a list of pairs: plan, run the jobs with an executor, and put the outcomes together."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from wav2lip.evaluation.jobs import MakeEvaluator, PairJob, ScoredPair
from wav2lip.evaluation.pairs import Pair
from wav2lip.evaluation.protocols import Protocol, draw_sounds, write_cross_list
from wav2lip.evaluation.records import ClipRecords
from wav2lip.evaluation.renderings import check_videos
from wav2lip.evaluation.results import Features, PairScores, Results, SetClips
from wav2lip.evaluation.systems import REAL
from wav2lip.execution.job import Executor
from wav2lip.execution.pool import run_in_pool
from wav2lip.metrics.frechet import frechet_distance
from wav2lip.utils.revision import code_revision


def plan_pairs(
    make: MakeEvaluator,
    pairs: Sequence[Pair],
    protocols: Sequence[Protocol] = (),
    folder: Path = Path(),
    seed: int = 0,
) -> list[PairJob]:
    """Create one job per pair.

    Args:
        make: creates the evaluator, once per process.
        pairs: what to score, with different names.
        protocols: that a generator makes; none without a generator.
        folder: output folder; the list of exchanged sounds is written there.
        seed: draws the sounds of the protocols `cross` and `still_cross`.

    Raises:
        InputError: a generated video would replace an input, or no sounds can be exchanged.
    """
    check_videos(pairs, protocols, folder)
    sounds: dict[str, Pair] = {}
    if any(protocol.sound == "other" for protocol in protocols):
        sounds = draw_sounds(pairs, seed)
        write_cross_list(pairs, sounds, folder)
    every = tuple(pairs)
    return [
        PairJob(make, every, number, sounds[pair.name].audio if sounds else None)
        for number, pair in enumerate(pairs)
    ]


def run_pairs(
    jobs: Sequence[PairJob],
    results: Results,
    execute: Executor = run_in_pool,
    records: ClipRecords | None = None,
) -> Iterator[Pair]:
    """Score pairs into `results`, in the order of the list, whatever the executor.

    Args:
        jobs: from `plan_pairs`.
        results: take the scores when all pairs are done.
        execute: runs the jobs; default: one process per core of this machine.
        records: pairs that have one are not scored again; the others get one, unless a part of
            them was skipped that another run may score.

    Yields:
        Each pair when it is done.
    """
    revision = code_revision()  # at the start: the checkout may move on during a long run
    done: dict[int, PairScores] = {}
    for job in jobs:
        known = records.restore(job.pair, job.pairs) if records is not None else None
        if known is not None:
            done[job.number], of_record = known
            results.revisions.add(of_record)
            results.resumed.add(job.pair.name)
            yield job.pair
    todo = [job for job in jobs if job.number not in done]
    outcomes: Iterator[ScoredPair] = execute(todo)
    for outcome in outcomes:
        job = jobs[outcome.number]
        done[outcome.number] = outcome.scores
        results.revisions.add(revision)
        if records is not None and all(item.lacking for item in outcome.scores.skipped):
            records.write(job.pair, job.pairs, outcome.scores)
        yield job.pair
    scores = [done[number] for number in sorted(done)]
    for of_pair in scores:
        results.clips += of_pair.clips
        results.skipped += of_pair.skipped
    features = {jobs[number].pair.name: done[number].features for number in sorted(done)}
    results.set_values, results.set_clips = set_values(features)


def set_values(
    features: Mapping[str, Features],
) -> tuple[dict[str, dict[str, float]], dict[str, SetClips]]:
    """Metrics of all clips together: the distance of each system's features to those of the real videos.

    Few samples make the distance larger, so all systems are measured on the clips for which each has features.

    Args:
        features: by clip.

    Returns:
        System -> metric -> value; and metric -> the clips.
    """
    found: dict[str, dict[str, float]] = {}
    clips: dict[str, SetClips] = {}
    for metric in sorted({metric for of_clip in features.values() for metric in of_clip}):
        known = {name: part[metric] for name, part in features.items() if part.get(metric)}
        systems = {REAL}.union(*known.values())
        common = [name for name, of_clip in known.items() if systems <= of_clip.keys()]
        clips[metric] = SetClips(common, sorted(known.keys() - common))
        for system in sorted(systems - {REAL}) if common else ():
            sides = [np.concatenate([known[name][s] for name in common]) for s in (REAL, system)]
            found.setdefault(system, {})[metric] = frechet_distance(sides[0], sides[1])
    return found, clips
