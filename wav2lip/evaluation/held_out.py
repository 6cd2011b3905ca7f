"""Warn when the scoring model is the sync expert the generator was trained against.

Its scores are then meaningless.
"""

from typing import Any

from wav2lip.checkpoints import TrainingId, expert_ids
from wav2lip.evaluation.judge import LoadedJudge


def held_out_warning(judge: LoadedJudge, metadata: dict[str, Any]) -> str | None:
    """Check that a judge is independent of the sync expert of a generator.

    Args:
        judge: scores the generator.
        metadata: of the generator's checkpoint. `expert_id` is the `training_id` of its sync expert (seed and training
            clips), or the sha256 of the expert's file if it has none; `earlier_expert_ids` those of the generators
            that it started from.

    Returns:
        What is wrong; None if nothing is.
    """
    if judge.published:
        return None
    if "expert_id" not in metadata:
        return "the generator's checkpoint does not say which expert trained it; it may have been this judge"
    experts = expert_ids(metadata)
    runs = [run for name in experts if (run := TrainingId.parse(name)) is not None]
    if judge.sha256 in experts or judge.training_id in runs:
        return (
            "this judge trained the generator, so its scores are meaningless; "
            "use an expert with another seed and other clips"
        )
    if any(run.shares_clips(judge.training_id) for run in runs):
        return (
            "this judge was trained on the same clips as the generator's expert; "
            "use one of another split"
        )
    return None
