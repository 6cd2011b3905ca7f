"""What `benchmarks/live.py` measures of sessions in real time: latency, late frames and memory."""

import resource
import threading
import time
from pathlib import Path

import numpy as np

from wav2lip.live import Avatar, LiveFrame, LiveSession, LiveWorker
from wav2lip.media.audio import load_wav
from wav2lip.types import SAMPLE_RATE, Wav

PIECE = 0.02  # seconds that a microphone delivers at once
CHANGED = 3  # codes of luma
REST = 0.4  # s without a change before a click
SPEECH = Path(__file__).parents[1] / "data" / "speech.wav"


class Microphone(threading.Thread):
    """Push a sound in pieces of 20 ms at the times at which a microphone would."""

    def __init__(self, session: LiveSession, seconds: float, sound: Wav | None = None) -> None:
        super().__init__(daemon=True)
        self.session, self.seconds = session, seconds
        self.sound = np.zeros(SAMPLE_RATE, np.float32) if sound is None else sound
        self.clicks: list[float] = []  # times at which one was pushed
        self.click_due = threading.Event()

    def run(self) -> None:
        size, began = round(PIECE * SAMPLE_RATE), time.monotonic()
        rng = np.random.default_rng(0)
        for number in range(round(self.seconds / PIECE)):
            at = number * size % (len(self.sound) - size)
            piece = self.sound[at : at + size].copy()
            if self.click_due.is_set():
                self.click_due.clear()
                piece[:80] = rng.normal(0, 0.5, 80)
                self.clicks.append(time.monotonic())
            time.sleep(max(0.0, began + (number + 1) * PIECE - time.monotonic()))
            self.session.push(piece, SAMPLE_RATE)
        self.session.close()


def differ(a: LiveFrame, b: LiveFrame) -> bool:
    """Whether two pictures differ visibly."""
    if a.picture is b.picture:
        return False
    return int(np.abs(a.picture.luma.astype(int) - b.picture.luma).max()) > CHANGED


def show(name: str, values: list[float]) -> None:
    p50, p99 = 1000 * np.percentile(values, [50, 99])
    print(f"  {name:<52} p50 {p50:5.0f} ms   p99 {p99:5.0f} ms   n {len(values)}", flush=True)


def latency(avatar: Avatar, worker: LiveWorker, clicks: int, block: int, headroom: int) -> None:
    """Print the time from a click in the pushed sound to the first frame that it changes."""
    print(f"latency, block {block}, headroom {headroom}")
    rng = np.random.default_rng(1)
    session = LiveSession(avatar, worker, mute_pauses=False, block=block, headroom=headroom)
    microphone = Microphone(session, clicks * 2.0 + 3)
    microphone.start()
    changes, heard, late = [], [], 0
    before: LiveFrame | None = None
    quiet, sent, silent = time.monotonic() + 1.5, 0, False  # sent: clicks whose change was seen
    moved = time.monotonic()  # when the mouth moved last
    for frame in session:
        now = time.monotonic()
        clicked = len(microphone.clicks)
        if before is not None and differ(frame, before):
            moved = now
            if clicked > sent:
                changes.append(now - microphone.clicks[-1] + PIECE)  # it was spoken before the push
                sent, quiet, silent = clicked, now + 0.9 + 0.3 * rng.random(), True
        if silent and np.abs(frame.sound).max() > 0.1:
            heard.append(now - microphone.clicks[-1] + PIECE)
            silent = False
        # A mouth that still comes to rest after the last click would count as moved by the next one.
        if clicked == sent and now > max(quiet, moved + REST):
            microphone.click_due.set()
        before, late = frame, late + frame.late
    counts = session.counts
    show("microphone: spoken click -> first changed frame", changes)
    show("microphone: spoken click -> its sound", heard)
    print(f"  late {counts.late} of {counts.frames} frames, underruns {counts.underruns}")
    burst = []
    with LiveSession(avatar, worker, mute_pauses=False, block=block, headroom=headroom) as session:
        speech = load_wav(SPEECH)[SAMPLE_RATE : 2 * SAMPLE_RATE]
        pushed, next_push, before = 0.0, 10, None
        for frame in session:
            if pushed and before is not None and differ(frame, before):
                burst.append(time.monotonic() - pushed)
                pushed, next_push = 0.0, frame.number + 45 + int(rng.integers(0, 5))
                if len(burst) == clicks:
                    break
            before = frame
            if frame.number == next_push:
                time.sleep(0.04 * rng.random())
                pushed = time.monotonic()
                session.push(speech, SAMPLE_RATE)
                session.end_of_speech()
    show("a second of speech at once -> first changed frame", burst)


def resident() -> int:
    """Bytes of memory in use, on Linux."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def steady(
    avatar: Avatar, worker: LiveWorker, minutes: float, sessions: int, block: int, headroom: int
) -> None:
    """Print late frames and memory of sessions that run in real time."""
    speech = load_wav(SPEECH)
    running = [LiveSession(avatar, worker, block=block, headroom=headroom) for _ in range(sessions)]
    for session in running:
        Microphone(session, 60 * minutes, speech).start()
    readers = [threading.Thread(target=lambda s=s: [None for _ in s], daemon=True) for s in running]
    for reader in readers:
        reader.start()
    memory, processor, began = [], time.process_time(), time.monotonic()
    while any(reader.is_alive() for reader in readers):
        time.sleep(5)
        memory.append(resident() / 2**20)
    share = (time.process_time() - processor) / (time.monotonic() - began)
    for session in running:
        counts = session.counts
        print(
            f"steady, {sessions} at once: {counts.frames} frames, {100 * counts.late / counts.frames:.2f} % late, "
            f"underruns {counts.underruns}"
        )
    third = max(1, len(memory) // 3)
    print(
        f"  memory {np.mean(memory[third : 2 * third]):.0f} MiB in the second third, "
        f"{np.mean(memory[-third:]):.0f} MiB in the last; {share:.2f} cores",
        flush=True,
    )
