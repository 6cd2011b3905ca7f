import cv2

from wav2lip.callbacks import CSVCurves, PlotCurves
from wav2lip.callbacks.csv_curves import read_curves


def logger(tmp_path):
    return CSVCurves(save_dir=str(tmp_path), name="", version="curves")


def test_a_resumed_run_keeps_the_rows_and_duplicates_none(scripted, loaders, trainer, tmp_path):
    def task():
        return scripted(losses=[float(i) for i in range(20)], validations=[{"val/l1": 0.5}])

    first = trainer(9, PlotCurves(), logger=logger(tmp_path))
    first.fit(task(), *loaders)
    first.save_checkpoint(tmp_path / "run.ckpt")
    path = tmp_path / "curves" / "metrics.csv"
    with path.open("a") as file:  # logged after the checkpoint, then killed
        names = path.read_text().splitlines()[0].split(",")
        file.write(
            ",".join({"step": "9", "epoch": "1", "train/sync": "77"}.get(n, "") for n in names)
        )
        file.write("\n")
    again = trainer(12, PlotCurves(), logger=logger(tmp_path))
    again.fit(task(), *loaders, ckpt_path=tmp_path / "run.ckpt", weights_only=True)
    curves = read_curves(path)
    assert curves["train/sync"] == [(i, float(i)) for i in range(12)]
    assert curves["val/l1"] == [(5, 0.5), (11, 0.5)]
    image = cv2.imread(str(tmp_path / "curves" / "curves.png"))
    assert image.shape == (336, 1512, 3)


def test_a_run_that_starts_over_deletes_the_old_rows(scripted, loaders, trainer, tmp_path):
    for _ in range(2):
        run = trainer(3, PlotCurves(), logger=logger(tmp_path))
        run.fit(scripted(losses=[1.0, 2.0, 3.0]), *loaders)
    curves = read_curves(tmp_path / "curves" / "metrics.csv")
    assert curves["train/sync"] == [(0, 1.0), (1, 2.0), (2, 3.0)]
