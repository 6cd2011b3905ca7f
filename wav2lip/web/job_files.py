"""The files of one job. Their names are constants: no name from a request reaches the file system."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from wav2lip.web.job_store import Kind

PARTIALS = ".*.part*"  # what a process that was killed was writing
SUFFIXES: dict[Kind, str] = {"video": ".mp4", "avatar": ".avatar", "personal": ".safetensors"}


@dataclass(frozen=True)
class JobFiles:
    """The files of one job.

    Attributes:
        folder: of the job.
    """

    folder: Path

    @property
    def face(self) -> Path:
        """The photo or video that was sent."""
        return self.folder / "face"

    @property
    def audio(self) -> Path:
        """The sound that was sent."""
        return self.folder / "audio"

    @property
    def text(self) -> Path:
        """The text that was sent in place of a sound."""
        return self.folder / "text"

    def result(self, kind: Kind) -> Path:
        """The video, the avatar, or the personal model."""
        return self.folder / f"result{SUFFIXES[kind]}"

    @property
    def verdict(self) -> Path:
        """The verdict on a personal model, HTML."""
        return self.folder / "verdict.html"

    @property
    def work(self) -> Path:
        """Folder of what is needed while the job runs."""
        return self.folder / "work"

    @property
    def report(self) -> Path:
        """The report of the run, JSON."""
        return self.folder / "report.json"

    @property
    def strip(self) -> Path:
        """Frames of the video side by side."""
        return self.folder / "strip.png"

    @property
    def sync(self) -> Path:
        """The sync report, or why there is none, JSON."""
        return self.folder / "sync.json"

    def remove_inputs(self) -> None:
        """Delete what was sent, and what only a running job needs."""
        for path in (self.face, self.audio, self.text):
            path.unlink(missing_ok=True)
        shutil.rmtree(self.work, ignore_errors=True)
        for path in self.folder.glob(PARTIALS):
            path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Delete everything."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def message(self, error: BaseException) -> str:
        """Return an error as one line that names "face" and "audio" in place of paths of the server.

        Examples:
            >>> JobFiles(Path("/jobs/1")).message(ValueError("/jobs/1/face: is empty"))
            'face: is empty'
        """
        text = " ".join(str(error).split()).replace(f"{self.folder}/", "")
        return text or type(error).__name__
