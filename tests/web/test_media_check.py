from pathlib import Path

import pytest

from wav2lip.errors import InputError
from wav2lip.web.limits import Limits
from wav2lip.web.media_check import check_media

DATA = Path(__file__).resolve().parents[2] / "data"


def _check(folder, face=None, audio=None, **limits: float):
    (folder / "face").write_bytes(face or (DATA / "astronaut.jpg").read_bytes())
    (folder / "audio").write_bytes(audio or (DATA / "speech.wav").read_bytes())
    check_media(folder, True, Limits(**limits))


def test_a_photo_and_a_sound_are_accepted(tmp_path):
    _check(tmp_path)


def test_a_video_is_face_and_sound(tmp_path, talking_portrait):
    _check(tmp_path, talking_portrait.read_bytes(), talking_portrait.read_bytes())


@pytest.mark.parametrize(
    ("face", "message"),
    [
        (
            b"1\n00:00:00,000 --> 00:00:02,000\nHello\n",
            "face: files of the format srt are not accepted",
        ),
        (b"\0", "face: not a readable"),
        (b"nothing", "face: not a readable"),
        (b"#EXTM3U\nfile:///etc/passwd\n", "face: "),
    ],
)
def test_other_files_are_refused(face, message, tmp_path):
    with pytest.raises(InputError, match=message):
        _check(tmp_path, face)


def test_limits_hold(tmp_path, monkeypatch):
    monkeypatch.setenv("WAV2LIP_MAX_PIXELS", "")
    with pytest.raises(InputError, match="lasts for more than 5 s, the limit of this server"):
        _check(tmp_path, audio_seconds=5)
    with pytest.raises(InputError, match="512x512 pixels are too many"):
        _check(tmp_path, pixels=1000)
