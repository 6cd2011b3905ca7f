import cv2
import pytest

from wav2lip.callbacks import CSVCurves, PlotCurves
from wav2lip.callbacks.plot_curves import _panels, plot_curves


def logger(tmp_path):
    return CSVCurves(save_dir=str(tmp_path), name="", version="curves")


def test_curves_are_plotted_after_an_error_too(scripted, loaders, trainer, tmp_path):
    class Breaks(scripted):
        def on_train_batch_end(self, outputs, batch, batch_idx):
            if batch_idx == 3:
                raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        trainer(6, PlotCurves(), logger=logger(tmp_path)).fit(Breaks(), *loaders)
    assert (tmp_path / "curves" / "curves.png").is_file()


def test_one_panel_per_quantity(tmp_path):
    curves = {"train/l1": [(0, 1.0), (1, 0.5)], "val/l1": [(1, 0.7)], "val/sync": [(1, 0.7)]}
    plot_curves({**curves, "a/b": [(0, 1.0)], "a/c": [(0, 1.0)]}, tmp_path / "c.png")
    assert cv2.imread(str(tmp_path / "c.png")).shape == (672, 1512, 3)  # four panels: two rows


def test_curves_that_differ_at_chance_are_kept_apart(tmp_path):
    curves = {"train/sync": [(0, 3.0)], "val/sync": [(0, 4.0)], "val/l1": [(0, 1.0)]}
    curves["train/l1"] = [(0, 1.0)]
    panels = _panels(curves, {"train/sync": 3.0, "val/sync": 4.0})
    assert {key: list(stages) for key, stages in panels.items()} == {
        ("sync", 3.0): ["train"],
        ("sync", 4.0): ["val"],
        ("l1", None): ["val", "train"],
    }
    plot_curves(curves, tmp_path / "c.png", {"train/sync": 3.0, "val/sync": 4.0})
    assert cv2.imread(str(tmp_path / "c.png")).shape == (336, 1512, 3)
