import os

from wav2lip.utils.text import printable


def test_text_is_kept_and_bytes_that_are_not_utf8_are_escaped():
    assert printable("é 中.mp4") == "é 中.mp4"
    assert printable(os.fsdecode(b"caf\xe9.mp4")) == "caf\\xe9.mp4"
