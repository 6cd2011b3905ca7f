"""When the stretches of speech that a caller has ended are over, for systems that are told so."""

from wav2lip.live.live_frame import LiveFrame
from wav2lip.live.session import LiveSession


class SpeechEnds:
    """Count the stretches of speech that were ended and have come out.

    Args:
        session: whose frames pass.
    """

    def __init__(self, session: LiveSession) -> None:
        self._session = session
        self._waiting = 0

    def end(self) -> None:
        """End a stretch of speech."""
        self._session.end_of_speech()
        self._waiting += 1

    def clear(self) -> None:
        """Forget all speech; nothing more ends."""
        self._session.clear()
        self._waiting = 0

    def passed(self, frame: LiveFrame) -> int:
        """Return the number of stretches that are over after a frame of the session."""
        over = 0
        if frame.ends_speech:
            over = min(1, self._waiting)
        elif self._waiting and not self._session.busy:
            over = self._waiting  # the sound had run dry before they were ended
        self._waiting -= over
        return over
