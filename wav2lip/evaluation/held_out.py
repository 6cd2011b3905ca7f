"""A judge must not be the expert that trained the generator: such a score only says who taught."""

from typing import Any

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
    own = {judge.training_id, judge.sha256} - {None}
    if trainer in own:
        return (
            "this judge trained the generator: its scores are worth nothing; "
            "give an expert of another seed and other clips"
        )
    clips = str(trainer).rpartition(" ")[2]
    if judge.training_id is not None and judge.training_id.rpartition(" ")[2] == clips:
        return (
            "this judge learned from the same clips as the generator's expert: "
            "give one of another split"
        )
    return None
