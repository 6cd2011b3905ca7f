"""Who may import whom, as docs/architecture.md describes it, read from the source files."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "wav2lip"
# Lower levels first; those of one level never import each other.
LEVELS = (
    {"types", "errors", "regions"},
    {"utils"},
    {"media", "models", "losses", "metrics", "execution", "provenance"},
    {"checkpoints", "clips"},
    {"faces", "engines"},
    {"preprocessing", "data", "synthetic", "inspection"},
    {"tasks", "callbacks"},
    {"evaluation", "inference", "personalization"},
    {"live"},
    {"web"},
    {"cli"},
)
# Single steps within a level, in the order in which they may be taken.
WITHIN = {
    ("metrics", "media"),
    ("regions", "types"),
}


def level(piece):
    (number,) = [i for i, pieces in enumerate(LEVELS) if piece in pieces]
    return number


def imports():
    """(importing piece, imported piece, file) of every import of the package by itself."""
    for file in sorted(PACKAGE.rglob("*.py")):
        parts = file.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] in ("__init__", "__main__", "assets"):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "wav2lip":
                names = [f"wav2lip.{a.name}" for a in node.names if a.name != "__version__"]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{file}: a relative import"
                names = [node.module]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            for name in names:
                if name.startswith("wav2lip."):
                    yield parts[0], name.split(".")[1], file.relative_to(ROOT)


def test_every_piece_has_its_level():
    pieces = {
        path.stem
        for path in PACKAGE.iterdir()
        if (path.suffix == ".py" and path.stem not in ("__init__", "__main__"))
        or (path / "__init__.py").is_file()
    }
    assert pieces - {"assets"} <= set().union(*LEVELS)


def test_imports_go_down():
    found = list(imports())
    assert len(found) > 100
    wrong = [
        f"{file}: {importer} imports {imported}"
        for importer, imported, file in found
        if importer != imported
        and (importer, imported) not in WITHIN
        and level(imported) >= level(importer)
    ]
    assert wrong == []


VIDEO = ("av", "dlib", "face_alignment", "wav2lip.faces", "wav2lip.media.video")


@pytest.mark.parametrize(
    ("modules", "banned"),
    [
        ("wav2lip", ("numpy", "torch", "cv2", "av", "hydra", "librosa")),
        ("wav2lip.cli.main", ("numpy", "torch", "cv2", "av", "hydra", "librosa")),
        ("wav2lip.types, wav2lip.regions, wav2lip.media", ("torch", "cv2", *VIDEO)),
        ("wav2lip.models, wav2lip.losses", ("cv2", "pytorch_lightning", "hydra", *VIDEO)),
        ("wav2lip.checkpoints", ("cv2", "pytorch_lightning", "hydra", *VIDEO)),
        ("wav2lip.metrics", VIDEO),
        ("wav2lip.data.datamodule, wav2lip.data.speaker", VIDEO),
        ("wav2lip.tasks", VIDEO),
        ("wav2lip.live.avatar, wav2lip.live.avatar_file, wav2lip.live.session", ("torch",)),
    ],
)
def test_imports_stay_light(modules, banned):
    code = f"import sys, {modules}; print([m for m in {banned!r} if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert result.stdout.strip() == "[]"
