import signal
import subprocess
import sys
import wave

import numpy as np

from wav2lip.media.pcm import from_pcm, temporary_wav, to_pcm, write_wav
from wav2lip.utils.partials import sweep


def test_full_scale_is_32768_both_ways():
    wav = np.array([-1.0, -0.5, 0.0, 0.5, 1.0], np.float32)
    assert to_pcm(wav).tolist() == [-32768, -16384, 0, 16384, 32767]
    assert from_pcm(np.array([-32768, 16384], np.int16)).tolist() == [-1.0, 0.5]


def test_pcm_survives_the_way_through_float():
    pcm = np.arange(-32768, 32768, dtype=np.int16)
    assert (to_pcm(from_pcm(pcm)) == pcm).all()


def test_a_wav_file_holds_what_was_given(tmp_path):
    pcm = np.array([0, 1, -1, 32767, -32768], np.int16)
    write_wav(tmp_path / "a.wav", pcm)
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert file.getparams()[:4] == (1, 2, 16000, 5)
        assert np.frombuffer(file.readframes(5), "<i2").tolist() == pcm.tolist()


def test_a_temporary_wav_of_a_killed_process_is_deleted_by_the_next_one(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    program = """
import os, signal
import numpy as np
from wav2lip.media.pcm import temporary_wav
with temporary_wav(np.zeros(8, np.int16)):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert (
        subprocess.run([sys.executable, "-c", program], check=False).returncode == -signal.SIGKILL
    )
    (left,) = tmp_path.iterdir()
    with temporary_wav(np.arange(8, dtype=np.int16)) as path:
        assert not left.exists()
        with wave.open(str(path), "rb") as file:
            assert (file.getnframes(), file.getframerate()) == (8, 16_000)
        sweep(tmp_path)  # of another process, which leaves it alone
        assert path.exists()
    assert not list(tmp_path.iterdir())
