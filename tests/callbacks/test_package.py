import subprocess
import sys

import wav2lip.callbacks


def test_public_names_exist():
    assert "EMA" in wav2lip.callbacks.__all__
    for name in wav2lip.callbacks.__all__:
        assert getattr(wav2lip.callbacks, name)


def test_callbacks_load_no_video_library_unless_they_need_it():
    code = (
        "import sys; from wav2lip.callbacks import EMA, CSVCurves, LastCheckpoint, NaNWatchdog; "
        "print('av' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "False"
