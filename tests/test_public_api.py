import subprocess
import sys
from pathlib import Path

import wav2lip

ROOT = Path(__file__).resolve().parents[1]
NAMES = [
    "LipSyncer",
    "Settings",
    "load_network",
    "Generator",
    "SyncNet",
    "InputError",
    "__version__",
]


def run(code: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    return result.stdout.strip()


def test_the_public_names() -> None:
    assert sorted(wav2lip.__all__) == sorted(NAMES) == sorted(dir(wav2lip))
    assert run(f"from wav2lip import {', '.join(NAMES)}; print(LipSyncer.__name__)") == "LipSyncer"


def test_an_import_alone_loads_nothing_heavy_and_is_quick() -> None:
    heavy = ("torch", "numpy", "av", "cv2", "hydra", "pytorch_lightning", "librosa")
    code = (
        "import sys, time; start = time.perf_counter(); import wav2lip;"
        "took = time.perf_counter() - start;"
        f"print(took < 0.3, [m for m in {heavy!r} if m in sys.modules])"
    )
    assert run(code) == "True []"


def test_help_explains_every_setting() -> None:
    from dataclasses import fields

    text = wav2lip.Settings.__doc__ or ""
    assert [f.name for f in fields(wav2lip.Settings) if f"        {f.name}: " not in text] == []
