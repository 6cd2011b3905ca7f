"""The rows of an evaluation's tables: what is judged, the real videos, and the controls."""

CONTROL_SHIFT = 5  # frames that the late audio is late, in the control and in the leak probe

GENERATED = "generated"
FIRST_FRAME = "first frame alone"  # with the own audio
FIRST_FRAME_OTHER = "first frame, other audio"
OTHER_AUDIO = "other audio"
SILENCE = "silence"  # its sync is that with the face's own audio: the leak
VIDEO = "video"  # judged as it is
REAL = "real"
LATE = f"audio {CONTROL_SHIFT} frames late"
FROZEN = "frozen mouth"
SYSTEMS = (  # in the order of the table
    GENERATED,
    FIRST_FRAME,
    FIRST_FRAME_OTHER,
    OTHER_AUDIO,
    SILENCE,
    VIDEO,
    REAL,
    LATE,
    FROZEN,
)
