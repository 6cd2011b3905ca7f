import sys

import pytest

from wav2lip.errors import InputError
from wav2lip.media.audio import load_wav
from wav2lip.web import speech_synthesis
from wav2lip.web.speech_synthesis import ESPEAK, check_text, installed_synthesis, speak

# Writes 0.1 s per letter of stdin as WAV.
BEEPS = """
import sys, wave
text = sys.stdin.buffer.read().decode().strip()
assert len(sys.argv) == 1, sys.argv
with wave.open(sys.stdout.buffer, "wb") as file:
    file.setparams((1, 2, 16_000, 0, "NONE", ""))
    file.writeframesraw(bytes(3200 * len(text)))
"""


def python(script: str) -> tuple[str, ...]:
    return sys.executable, "-c", script


@pytest.mark.parametrize(
    "text", ["Grüße", "--help", "-f/etc/passwd", "$(id) `id`; id", "/etc/passwd"]
)
def test_a_text_comes_on_stdin_and_is_no_argument(text, tmp_path):
    speak(python(BEEPS), text, tmp_path / "audio")
    assert len(load_wav(tmp_path / "audio")) == 1600 * len(text)


@pytest.mark.skipif(not installed_synthesis(), reason="espeak-ng is not installed")
def test_espeak_speaks(tmp_path):
    speak(ESPEAK, "Hello there, this is a test.", tmp_path / "audio")
    wav = load_wav(tmp_path / "audio")
    assert 1 < len(wav) / 16_000 < 4
    assert wav.std() > 0.02


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (python("import sys; sys.exit('no\\nvoice')"), r"has failed \(no voice\); send audio"),
        (python("raise SystemExit(3)"), r"has failed \(exit status 3\); send audio"),
        (python("pass"), r"has failed \(exit status 0\); send audio"),
        (("/none/tts",), r"tts cannot be run \(No such file or directory\); send audio"),
    ],
)
def test_a_program_that_fails_is_one_line(command, message, tmp_path):
    with pytest.raises(InputError, match=message):
        speak(command, "text", tmp_path / "audio")


def test_a_program_that_hangs_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(speech_synthesis, "SECONDS", 0.3)
    with pytest.raises(InputError, match=r"has not spoken it within 0\.3 s; send a shorter one"):
        speak(python("import time; time.sleep(60)"), "text", tmp_path / "audio")


def test_a_text_is_one_line():
    assert check_text(" Hello\n\tthere  ", 11) == "Hello there"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (" \n", "text: is empty; write what is to be spoken"),
        ("a" * 12, "text: has 12 characters, more than 11; shorten it"),
        ("a\0b", "text: has control characters; remove them"),
        ("\x1b[2J", "text: has control characters"),
        ("\ud800", "text: has control characters"),
    ],
)
def test_a_bad_text_is_named(text, message):
    with pytest.raises(InputError, match=message):
        check_text(text, 11)
