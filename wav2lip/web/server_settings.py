"""The settings of a server, checked once."""

import ipaddress
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from wav2lip.errors import InputError
from wav2lip.live.idle_mouth import IDLE_MOUTHS, IdleMouth
from wav2lip.utils.values import Device, OneOf, Text, Whole, check
from wav2lip.web.limits import Limits

TOKEN_VARIABLE = "WAV2LIP_TOKEN"  # environment variable with a token
SHORTEST_TOKEN = 16  # characters
LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")  # in the Host header


def is_loopback(host: str) -> bool:
    """Return whether an address or name is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _in_url(host: str) -> str:
    """Write a name or address as the Host header does."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return f"[{address}]" if address.version == 6 else host


def read_tokens(file: Path | None, variable: str = "") -> tuple[str, ...]:
    """Read the tokens of clients.

    Args:
        file: has one token per line; empty lines and lines that begin with # are ignored.
        variable: another token, or nothing.

    Raises:
        InputError: the file cannot be read, has no token, or a token is too short.
    """
    lines = [variable]
    if file is not None:
        try:
            lines += file.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"{file}: cannot be read; give a text file with one token per line"
            ) from error
    tokens = [word for line in lines if (word := line.strip()) and not word.startswith("#")]
    if file is not None and not tokens:
        raise InputError(f"{file}: contains no token; write one per line")
    for token in tokens:
        if len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable():
            place = file or f"the environment variable {TOKEN_VARIABLE}"
            raise InputError(
                f"{place}: a token must have at least {SHORTEST_TOKEN} printable ASCII characters; make one with: "
                "python -c 'import secrets; print(secrets.token_urlsafe())'"
            )
    return tuple(dict.fromkeys(tokens))


@dataclass(frozen=True)
class ServerSettings:
    """How a server is reached, what it renders with, and where it keeps its files.

    Attributes:
        folder: of uploads, results and the queue.
        host: address on which the server listens.
        port: 0: any free one.
        tokens: of clients; none: everybody who reaches the server may use it.
        allowed_hosts: names and addresses in the Host header, beside those of `host`, by which the server is reached.
        checkpoint: of the generator; see `LipSyncer.from_checkpoint`.
        device: of the generator and the judge.
        workers: jobs that are rendered at the same time.
        limits: what is accepted and kept.
        studio: whether there is a Gradio interface too.
        idle_mouth: of live sessions, see `wav2lip.live.LiveSession`.
        tts_command: program with its arguments that reads text from stdin and writes a WAV file to stdout; empty: jobs
            have no text.
        evaluations: folder whose evaluations are shown; None: none.

    Raises:
        InputError: a value is out of range, or others reach the server and there is no token.
    """

    folder: Path
    host: str = "127.0.0.1"
    port: int = 8000
    tokens: tuple[str, ...] = field(default=(), repr=False)
    allowed_hosts: tuple[str, ...] = ()
    checkpoint: str = "default"
    device: str = "auto"
    workers: int = 1
    limits: Limits = field(default_factory=Limits)
    studio: bool = False
    idle_mouth: IdleMouth = "closed"
    tts_command: tuple[str, ...] = ()
    evaluations: Path | None = None

    def __post_init__(self) -> None:
        check("host", self.host, Text(), ("host",))
        check("port", self.port, Whole(0, 65535), ("port",))
        check("checkpoint", self.checkpoint, Text(), ("checkpoint",))
        check("device", self.device, Device(), ("device",))
        check("workers", self.workers, Whole(1, 64), ("workers",))
        check("idle_mouth", self.idle_mouth, OneOf(IDLE_MOUTHS), ("idle_mouth",))
        if self.tts_command and shutil.which(self.tts_command[0]) is None:
            raise InputError(
                f"tts_command: there is no program {self.tts_command[0]!r}; install it, or give its path",
                settings=("tts_command",),
            )
        if not is_loopback(self.host) and not self.tokens:
            raise InputError(
                f"host {self.host}: other machines reach it, so it requires a token; write one to a file and give it "
                f"as token_file, or set the environment variable {TOKEN_VARIABLE}",
                settings=("host", "token_file"),
            )

    @property
    def host_names(self) -> tuple[str, ...] | None:
        """What the Host header may name; None: anything, since tokens protect the server and its names are unknown."""
        if not is_loopback(self.host) and not self.allowed_hosts:
            return None
        named = map(_in_url, (self.host, *self.allowed_hosts))
        return tuple(dict.fromkeys((*LOCAL_NAMES, *named)))
