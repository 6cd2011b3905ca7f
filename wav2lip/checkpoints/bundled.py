"""Where the weights that come with the package lie."""

from pathlib import Path

ASSETS = Path(__file__).parents[1] / "assets"
GENERATOR = ASSETS / "wav2lip.safetensors"
JUDGE = ASSETS / "judge.safetensors"
