"""Warn when the scoring model is the sync expert the generator was trained against.

Its scores are then meaningless.
"""

from typing import Any

from wav2lip.checkpoints import TrainingId
from wav2lip.evaluation.judge import LoadedJudge


def held_out_warning(judge: LoadedJudge, generator: dict[str, Any]) -> str | None:
    """What is wrong with this judge for a generator with this metadata; None where nothing is.

    A generator's checkpoint records its expert's `training_id` (seed and training clips), or the
    sha256 of an expert's file that has none.
    """
    if judge.published:
        return None
    trainer = generator.get("expert_id")
    if trainer is None:
        return (
            "the generator's checkpoint does not say which expert trained it: nobody can tell "
            "whether this judge did"
        )
    run = TrainingId.parse(trainer)
    if trainer == judge.sha256 or (run is not None and run == judge.training_id):
        return (
            "this judge trained the generator: its scores are worth nothing; "
            "give an expert of another seed and other clips"
        )
    if run is not None and run.shares_clips(judge.training_id):
        return (
            "this judge learned from the same clips as the generator's expert: "
            "give one of another split"
        )
    return None
