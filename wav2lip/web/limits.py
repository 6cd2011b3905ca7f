"""What one server accepts and keeps."""

from dataclasses import dataclass

from wav2lip.utils.values import PIXELS, Number, Rule, Whole, check_fields

RULES: dict[str, Rule] = {
    "upload_mb": Number(0, 100_000, above=True),
    "audio_seconds": Number(0, 24 * 3600, above=True),
    "pixels": PIXELS,
    "text_characters": Whole(1, 5000),  # a field of a form has 20,000 bytes
    "job_seconds": Number(0, 7 * 24 * 3600, above=True),
    "personal_minutes": Number(0, 24 * 60, above=True),
    "queue": Whole(1, 10_000),
    "per_client": Whole(1, 10_000),
    "keep_hours": Number(0, 10_000, above=True),
    "keep_jobs": Whole(1, 1_000_000),
    "event_streams": Whole(1, 180),  # of 200 connections
    "live_sessions": Whole(0, 100),
    "live_seconds": Number(0, 24 * 3600, above=True),
}


@dataclass(frozen=True)
class Limits:
    """What one server accepts and keeps.

    Attributes:
        upload_mb: size of a request in MB (10^6 bytes).
        audio_seconds: length of the sound of a job.
        text_characters: length of a text that is spoken.
        pixels: of the largest picture that is read.
        job_seconds: time in which a job is rendered.
        personal_minutes: time in which a generator is tuned to one person, beside the time of a job.
        queue: jobs of all clients that wait or run.
        per_client: jobs of one client that wait, run, or are being sent. A client is an address, or a token if the
            server has tokens.
        keep_hours: time after which a finished job and its files are removed.
        keep_jobs: finished jobs that are kept; of more, the oldest are removed.
        event_streams: clients that follow a job at the same time.
        live_sessions: live sessions at the same time; 0: none.
        live_seconds: length of a live session.

    Raises:
        InputError: a value is out of range. The message names the field.
    """

    upload_mb: float = 500.0
    audio_seconds: float = 600.0
    text_characters: int = 1000
    pixels: int = 4096 * 2304
    job_seconds: float = 3600.0
    personal_minutes: float = 5.0
    queue: int = 20
    per_client: int = 4
    keep_hours: float = 24.0
    keep_jobs: int = 200
    event_streams: int = 150
    live_sessions: int = 2
    live_seconds: float = 1800.0

    def __post_init__(self) -> None:
        check_fields(self, RULES)

    @property
    def upload_bytes(self) -> int:
        """The size of a request in bytes."""
        return round(self.upload_mb * 1e6)

    @property
    def keep_seconds(self) -> float:
        """The time after which a finished job is removed."""
        return self.keep_hours * 3600
