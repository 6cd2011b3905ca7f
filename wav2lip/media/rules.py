"""Bounds of what is accepted from media files. `docs/media.md` lists what happens at each."""

MIN_GAP = 0.01  # seconds; smaller steps between sound timestamps are rounding
MAX_OVERLAP = 0.05  # seconds by which sound may run ahead of its timestamps before it is cut
LOOKAHEAD = 4  # frames of sound that must agree on a step; a single late timestamp is jitter
MAX_GAP = 60.0  # seconds; a longer stretch without picture and sound is a jump of the clock
BACK = 1.0  # seconds; a larger step back starts another recording
MISSING = 0.2  # seconds by which the duration in a header may be too long
MAX_LOST = 0.5  # share of a sound that may be missing
MAX_RATE = 768_000  # Hz
MAX_CHANNELS = 32
MAX_LEVEL = 1e5  # sample value; full scale is 1
CANCELLED = 0.02  # power of the mean of the channels over their mean power; below, they cancel
MIN_FPS, MAX_FPS = 1, 240  # rates in a header beyond these are wrong: packets are counted instead
SLOW_FPS = 15  # a picture shown for longer than 1 / 15 s is repeated in the output of inference
MAX_PIXELS = 150_000_000  # of one picture
