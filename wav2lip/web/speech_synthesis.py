"""Speech from text by a program of this machine: text on its stdin, a WAV file on its stdout."""

import shutil
import subprocess
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from wav2lip.errors import InputError
from wav2lip.utils.files import AtomicFile

ESPEAK = ("espeak-ng", "--stdin", "--stdout", "-b", "1")  # reads UTF-8
SECONDS = 120.0  # in which a text is spoken
REASON = 200  # characters of what the program says


def installed_synthesis() -> tuple[str, ...]:
    """Return the command of eSpeak NG if it is installed, else nothing."""
    return ESPEAK if shutil.which(ESPEAK[0]) else ()


def check_text(text: str, longest: int) -> str:
    """Return a text as one line.

    Args:
        text: of a client.
        longest: characters that are allowed.

    Raises:
        InputError: it is empty or too long, or has control characters.
    """
    line = " ".join(text.split())
    if not line:
        raise InputError("text: is empty; write what is to be spoken")
    if len(line) > longest:
        raise InputError(f"text: has {len(line)} characters, more than {longest}; shorten it")
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in line):
        raise InputError("text: has control characters; remove them")
    return line


def speak(command: Sequence[str], text: str, target: Path) -> None:
    """Write a text as a WAV file.

    Args:
        command: the program with its arguments. It gets the text on stdin: as an argument it could be an option.
        text: one line.
        target: the file.

    Raises:
        InputError: the program fails, takes too long, or writes nothing.
    """
    program = Path(command[0]).name
    try:
        with AtomicFile(target) as spoken:
            done = subprocess.run(
                list(command),
                input=f"{text}\n".encode(),
                stdout=spoken.file,
                stderr=subprocess.PIPE,
                timeout=SECONDS,
                check=False,
            )
            if done.returncode or not spoken.part.stat().st_size:
                words = done.stderr.decode(errors="replace").split()
                reason = " ".join(words)[-REASON:] or f"exit status {done.returncode}"
                raise InputError(f"text: {program} has failed ({reason}); send audio instead")
    except subprocess.TimeoutExpired as error:
        raise InputError(
            f"text: {program} has not spoken it within {SECONDS:g} s; send a shorter one"
        ) from error
    except OSError as error:
        raise InputError(
            f"text: {program} cannot be run ({error.strerror}); send audio instead"
        ) from error
