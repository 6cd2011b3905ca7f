import torch

from wav2lip.callbacks import LastCheckpoint


class Recording(LastCheckpoint):
    def __init__(self, path, every) -> None:
        super().__init__(path, every)
        self.saved = []

    def save(self, trainer):
        super().save(trainer)
        validated = "val/l1" in trainer.callback_metrics
        self.saved.append((trainer.global_step, validated))


def test_it_waits_for_the_validation_at_the_end_of_an_epoch(scripted, loaders, trainer, tmp_path):
    last = Recording(tmp_path / "checkpoints" / "last.ckpt", every=2)
    run = trainer(8, last, enable_checkpointing=True)
    run.fit(scripted(validations=[{"val/l1": 0.0}]), *loaders)
    assert last.saved == [(2, False), (4, False), (6, True), (8, True)]
    assert [p.name for p in last.path.parent.iterdir()] == ["last.ckpt"]
    assert torch.load(last.path, weights_only=True)["global_step"] == 8
