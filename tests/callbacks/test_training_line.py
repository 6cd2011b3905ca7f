import logging

from wav2lip.callbacks import BaselineValidation, TrainingLine
from wav2lip.callbacks.training_line import format_seconds


def test_one_line_at_each_validation(scripted, loaders, trainer, caplog, capfd):
    line = TrainingLine(["train/sync", "val/loss"])
    with caplog.at_level(logging.INFO, "wav2lip"):
        run = trainer(12, line, BaselineValidation([]), enable_progress_bar=True)
        run.fit(scripted([0.5] * 12, [{"val/loss": 0.25}]), *loaders)
    first, second, third = (r.message for r in caplog.records if r.message.startswith("step "))
    assert first == "step 0/12  val/loss 0.25"
    assert second.startswith("step 6/12  ")
    assert second.endswith(" left  train/sync 0.5  val/loss 0.25")
    assert third.startswith("step 12/12  ")
    assert "Epoch" not in "".join(capfd.readouterr())


def test_durations():
    assert [format_seconds(s) for s in (7, 125, 3723)] == ["0:07", "2:05", "1:02:03"]
