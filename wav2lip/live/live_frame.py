"""One frame of a live session."""

from dataclasses import dataclass
from typing import Any

from wav2lip.media.picture import Picture
from wav2lip.media.shown_picture import ShownPicture
from wav2lip.types import Wav


@dataclass(frozen=True)
class LiveFrame(ShownPicture):
    """One frame of a live session with its sound.

    Attributes:
        picture: the frame as 8-bit 4:2:0 planes.
        sound: (N,) float mono, the sound while the frame is shown.
        sample_rate: of the sound in Hz.
        time: seconds since the first frame of the session; pictures and sound have one clock.
        number: of the frame, from 0.
        speaking: whether the sound was pushed; otherwise it is the silence between two stretches of speech.
        ends_speech: whether it is the last one of a stretch of speech.
        late: whether the picture was not ready in time, so that an earlier one is repeated.
    """

    sound: Wav
    sample_rate: int
    time: float
    number: int
    speaking: bool
    ends_speech: bool = False
    late: bool = False

    def coded(self) -> Any:
        """Return a yuv420p `av` frame for an encoder. Its memory is its own: a late picture is encoded twice."""
        picture = self.picture
        return Picture(picture.luma, picture.blue, picture.red, picture.colours).coded()
