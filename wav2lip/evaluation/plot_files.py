"""The plots of an evaluation as files."""

from pathlib import Path

from wav2lip.evaluation.mouth_plots import leak_curve_plot
from wav2lip.evaluation.plots import as_png, confidence_figure, distance_figure
from wav2lip.evaluation.results import Results
from wav2lip.utils.files import write_atomically


def write_plots(results: Results, folder: Path) -> dict[str, bytes]:
    """Write distance.png, confidence.png and, if there is a row `silence` with meshes, lip_leak.png.

    Returns:
        Name -> PNG.

    Raises:
        InputError: the folder cannot be written.
    """
    figures = {"distance": distance_figure(results), "confidence": confidence_figure(results)}
    leak = leak_curve_plot(results)
    if leak is not None:
        figures["lip_leak"] = leak
    plots = {name: as_png(figure) for name, figure in figures.items()}
    for name, data in plots.items():
        write_atomically(folder / f"{name}.png", data)
    return plots
