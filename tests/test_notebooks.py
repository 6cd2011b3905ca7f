"""Every notebook runs, on nothing but what is bundled, and stays small."""

import ast
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MOST = 400_000  # bytes of a notebook with its outputs


def code(path):
    cells = json.loads(path.read_text())["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def test_there_are_four():
    names = ["01_data_path", "02_sync_offset", "03_lip_sync", "04_ablation"]
    assert [path.stem for path in NOTEBOOKS] == names


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_define_nothing_and_are_small(path):
    assert path.stat().st_size < MOST
    trees = [ast.parse(source) for source in code(path)]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    defining = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
    assert not [node for node in nodes if isinstance(node, defining)]
    imported = [node.module for node in nodes if isinstance(node, ast.ImportFrom)]
    assert any(name.startswith("wav2lip.") for name in imported)


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_run(path, tmp_path, monkeypatch):
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    monkeypatch.setenv("WAV2LIP_CACHE", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    book = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(
        book,
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": ROOT / "notebooks"}},
    ).execute()
    nbformat.write(book, tmp_path / path.name)
    assert (tmp_path / path.name).stat().st_size < MOST
    outputs = [output for cell in book.cells for output in cell.get("outputs", [])]
    assert any(
        "image/png" in output.get("data", {}) or "text/html" in output.get("data", {})
        for output in outputs
    )
