"""The report of a whole run is tested in tests/test_train.py."""

from types import SimpleNamespace

import torch

from wav2lip.evaluation.expert_report_callback import WriteExpertReport


def validated(step, value):
    metrics = {} if value is None else {"val/pairwise": torch.tensor(value)}
    return SimpleNamespace(callback_metrics=metrics, sanity_checking=False, global_step=step)


def test_a_resumed_run_reports_on_the_whole_run(tmp_path):
    first = WriteExpertReport(str(tmp_path))
    for step, value in ((0, 0.5), (10, 0.75), (10, 0.75), (20, None)):
        first.on_validation_end(validated(step, value), None)
    batch = {"mel": torch.zeros(4, 8, 1, 80, 16)}
    task = SimpleNamespace(windows_in=lambda batch: batch["mel"].shape[:2])
    first.on_train_batch_end(SimpleNamespace(world_size=2), task, None, batch, 0)
    state = first.state_dict()
    assert state == {"curve": [(0, 0.5), (10, 0.75)], "windows": 64}
    resumed = WriteExpertReport(str(tmp_path))
    resumed.load_state_dict(state)
    resumed.on_validation_end(validated(30, 0.25), None)
    assert resumed.state_dict()["curve"][-1] == (30, 0.25)


def test_without_a_best_checkpoint_there_is_no_report(tmp_path):
    trainer = SimpleNamespace(checkpoint_callbacks=[], is_global_zero=True)
    WriteExpertReport(str(tmp_path)).on_fit_end(trainer, None)
    assert list(tmp_path.iterdir()) == []
