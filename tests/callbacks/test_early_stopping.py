from wav2lip.callbacks import EarlyStopping


def stopping():
    return EarlyStopping("val/loss", patience=2, check_on_train_epoch_end=False)


def test_a_run_that_was_stopped_stays_stopped_when_it_is_repeated(
    scripted, loaders, trainer, tmp_path
):
    losses = [{"val/loss": value} for value in (0.3, 0.4, 0.5, 0.6, 0.7)]
    run = trainer(60, stopping())
    run.fit(scripted(validations=losses), *loaders)
    assert run.global_step == 18  # the third validation is the second without progress
    run.save_checkpoint(tmp_path / "last.ckpt")
    again = trainer(60, stopping())
    again.fit(
        scripted(validations=losses), *loaders, ckpt_path=tmp_path / "last.ckpt", weights_only=True
    )
    assert again.global_step == 18


def test_a_run_that_goes_on_is_resumed(scripted, loaders, trainer, tmp_path):
    losses = [{"val/loss": value} for value in (0.5, 0.4, 0.3, 0.2)]
    run = trainer(12, stopping())
    run.fit(scripted(validations=losses), *loaders)
    run.save_checkpoint(tmp_path / "last.ckpt")
    again = trainer(18, stopping())
    again.fit(
        scripted(validations=losses), *loaders, ckpt_path=tmp_path / "last.ckpt", weights_only=True
    )
    assert again.global_step == 18
