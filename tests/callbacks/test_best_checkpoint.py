import pytest
import torch

from wav2lip.callbacks import BaselineValidation, BestCheckpoint


@pytest.mark.parametrize(("losses", "best"), [((0.3, 0.5, 0.4), 0), ((0.5, 0.3, 0.4), 6)])
def test_the_start_is_the_best_if_no_step_improves_on_it(
    losses, best, scripted, loaders, trainer, tmp_path
):
    task, numbers = scripted(), iter(losses)
    task.validation_step = lambda batch, batch_idx: task.log("val/loss", next(numbers))
    keep = BestCheckpoint(dirpath=tmp_path, filename="best", monitor="val/loss")
    baseline = BaselineValidation([])
    trainer(12, baseline, keep, enable_checkpointing=True).fit(task, *loaders)
    assert torch.load(tmp_path / "best.ckpt", weights_only=True)["global_step"] == best
    assert baseline.best_step == best  # one rule
    assert float(keep.best_model_score) == pytest.approx(0.3)
    assert keep.state_key.startswith("ModelCheckpoint{")
