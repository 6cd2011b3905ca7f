import pytest
from pytorch_lightning.loggers import CSVLogger

from wav2lip.callbacks import CSVCurves, TensorBoardCurves

WRITTEN = "width: 0.5\nlayers:\n- 1\n- 2\nexpert: null\n"


@pytest.mark.parametrize("logger", [CSVLogger, CSVCurves, TensorBoardCurves])
def test_arguments_are_written_as_lightning_does(tmp_path, logger):
    curves = logger(tmp_path, name="", version="a")
    assert curves.experiment is not None
    curves.log_hyperparams({"width": 0.5, "layers": [1, 2], "expert": None})
    curves.log_metrics({"val/l1": 0.5}, step=1)
    curves.save()
    assert (tmp_path / "a" / "hparams.yaml").read_text() == WRITTEN


@pytest.mark.parametrize("logger", [CSVCurves, TensorBoardCurves])
def test_a_link_is_replaced_and_not_followed(tmp_path, logger):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "hparams.yaml").symlink_to(tmp_path / "victim")
    curves = logger(tmp_path, name="", version="a")
    curves.log_hyperparams({"width": 0.5})
    curves.save()
    assert (tmp_path / "a" / "hparams.yaml").read_text() == "width: 0.5\n"
    assert not (tmp_path / "victim").exists()
