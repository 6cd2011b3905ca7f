"""Measure live sessions: latency, speed, agreement with files, sync, late frames and memory.

    python benchmarks/live.py                               everything, about 5 minutes
    python benchmarks/live.py latency --clicks 50 --block 1
    python benchmarks/live.py steady --minutes 60 --sessions 2
    python benchmarks/live.py offset --minutes 60 --face VIDEO   the stream by the judge

The source is a 1280x720 video made on the spot, or `--face`. Processor times bear other work on the machine; latency
and late frames do not, so run these on an idle one.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from live_realtime import SPEECH, latency, steady

from infer import make_video
from wav2lip.engines.choose import ENGINES
from wav2lip.engines.engine import MeshEngine
from wav2lip.evaluation.judge import load_judge
from wav2lip.evaluation.scorer import embed_all, score
from wav2lip.evaluation.segments import largest_face, read_pcm
from wav2lip.evaluation.sync_report import SEGMENT_FRAMES
from wav2lip.faces.detectors import build_detector
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.inference.settings import Settings
from wav2lip.live import Avatar, LiveFrame, LiveSession, LiveWorker
from wav2lip.live.live_mp4 import LiveMp4
from wav2lip.live.speech import Speech, SpeechSettings
from wav2lip.media.audio import load_wav
from wav2lip.media.video import read_frames
from wav2lip.metrics.lse import lse
from wav2lip.regions import INNER_LOWER, INNER_UPPER
from wav2lip.types import FPS, SAMPLE_RATE, Wav

SPANS = (1, 2, 5)  # seconds that are judged at once


def offline(avatar: Avatar, worker: LiveWorker, wav: Wav, block: int) -> Iterator[LiveFrame]:
    session = LiveSession(avatar, worker, realtime=False, mute_pauses=False, block=block)
    session.push(wav, SAMPLE_RATE)
    session.close()
    yield from session


def speed(avatar: Avatar, worker: LiveWorker, seconds: float) -> None:
    """Print how much faster than real time speech is rendered that is there at once."""
    print("speed")
    wav = np.resize(load_wav(SPEECH), round(seconds * SAMPLE_RATE))
    for block in (1, 2, 4, 8):
        wall, processor = time.perf_counter(), time.process_time()
        count = sum(1 for _ in offline(avatar, worker, wav, block))
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        print(
            f"  block {block}: {count / wall:6.1f} frames/s, "
            f"{1000 * processor / count:5.1f} ms of processor time per frame",
            flush=True,
        )


def agreement(
    syncer: LipSyncer, avatar: Avatar, worker: LiveWorker, face: Any, how: dict[str, Any]
) -> None:
    """Print the PSNR of a stream against the file that `infer` makes of the same sound."""
    wav = load_wav(SPEECH)[: 6 * SAMPLE_RATE]
    pairs = zip(
        offline(avatar, worker, wav, 2),
        syncer.frames(face, wav, sample_rate=SAMPLE_RATE, **how),
        strict=False,
    )
    found = []
    for live, file in pairs:
        planes = zip(
            (live.picture.luma, live.picture.blue, live.picture.red),
            (file.picture.luma, file.picture.blue, file.picture.red),
            strict=True,
        )
        error = np.mean([np.square(a.astype(np.float32) - b).mean() for a, b in planes])
        found.append(10 * np.log10(255**2 / error) if error else np.inf)
    print(f"stream against file: least PSNR of {len(found)} frames {min(found):.1f} dB", flush=True)


def shared(avatar: Avatar, worker: LiveWorker, sessions: int, block: int) -> None:
    """Print the processor time of a frame with one session and with several at once."""
    wav = load_wav(SPEECH)[: 6 * SAMPLE_RATE]
    for number in (1, sessions):
        counts: list[int] = []
        readers = [
            threading.Thread(
                target=lambda c=counts: c.append(
                    sum(1 for _ in offline(avatar, worker, wav, block))
                )
            )
            for _ in range(number)
        ]
        processor = time.process_time()
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        each = 1000 * (time.process_time() - processor) / sum(counts)
        print(f"shared: {number} at once: {each:.1f} ms of processor time per frame", flush=True)


def offset(
    avatar: Avatar, worker: LiveWorker, speech: Wav, args: argparse.Namespace, folder: Path
) -> None:
    """Print in how much of a stream each judge measures an offset of at most one frame."""
    minutes = args.minutes
    wav = np.resize(speech, round(60 * minutes * SAMPLE_RATE))
    session = LiveSession(avatar, worker, realtime=False, block=args.block)
    path, began = folder / "stream.mp4", time.perf_counter()
    with path.open("wb") as file, LiveMp4(file, avatar) as mp4:
        for second in np.array_split(wav, max(1, round(60 * minutes))):
            session.push(second, SAMPLE_RATE)
            while session.waiting > 5:
                mp4.write(next(session))
        session.close()
        for frame in session:
            mp4.write(frame)
    made = time.perf_counter() - began
    print(f"offset: a stream of {60 * minutes:.0f} s, made {60 * minutes / made:.2f} x real time")
    detector = build_detector("auto", None, "cpu")
    for weights in args.judge:
        judge = load_judge(weights)
        segments = largest_face(path, read_pcm(path), detector, judge.track_view, SEGMENT_FRAMES)
        parts, _ = embed_all(segments, judge.judge, "all")
        print(f"  {weights}")
        for span in SPANS:
            found = score(parts, "none", span)
            offsets = found.curve.av_offset[~np.isnan(found.curve.distance)]
            share = 100 * np.mean(np.abs(offsets) <= 1)
            print(f"    within one frame in {share:.1f} % of {len(offsets)} spans of {span} s")
        whole = lse(found.distances)
        print(f"    {whole.av_offset:+d} frames in all, LSE-C {whole.confidence:.3f}", flush=True)


def lookahead(engine: MeshEngine) -> None:
    """Print what less look-ahead costs: the correlation of the lips' opening with that of the full one."""
    print("look-ahead: correlation of the predicted opening with that of the generator's own")
    wav = load_wav(SPEECH)
    place = {int(vertex): i for i, vertex in enumerate(engine.vertices)}
    lips = [place[INNER_LOWER[5]], place[INNER_UPPER[5]]]
    gap = engine.basis[:, lips[0], 1] - engine.basis[:, lips[1], 1]

    def opening(seconds: float | None) -> Wav:
        settings = SpeechSettings(mute_pauses=False, lookahead=seconds)
        speech = Speech(engine.reach, engine.channels, settings)
        speech.push(wav, SAMPLE_RATE)
        found = []
        for frame in range(int(len(wav) / SAMPLE_RATE * FPS) - 10):
            window = speech.window(frame, 1)
            found.append(window.coefficients(engine.motion(window.audio))[0] @ gap)
        return np.array(found)

    whole = opening(None)
    for seconds in (0.2, 0.18, 0.16, 0.14, 0.12, 0.1, 0.08, 0.05):
        less = opening(seconds)
        r = np.corrcoef(whole, less)[0, 1]
        print(f"  {1000 * seconds:4.0f} ms: r {r:.3f}, range {less.std() / whole.std():.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parts = ("latency", "speed", "agreement", "shared", "steady", "offset", "lookahead")
    parser.add_argument("parts", nargs="*", help=f"of {' '.join(parts)}; default: all")
    parser.add_argument("--checkpoint", default="default", help="a generator that moves a mesh")
    parser.add_argument("--engine", default="auto", choices=ENGINES)
    parser.add_argument("--face", type=Path, help="a video; default: made on the spot")
    parser.add_argument(
        "--audio", type=Path, nargs="+", default=[SPEECH], help="wav files, said again and again"
    )
    parser.add_argument(
        "--judge", nargs="+", default=["bundled:judge"], help="of offset; also bundled:expert"
    )
    parser.add_argument("--clicks", type=int, default=20)
    parser.add_argument("--block", type=int, default=1)
    parser.add_argument("--headroom", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--sessions", type=int, default=1, help="at once, of steady and shared")
    parser.add_argument("--threads", type=int, default=1, help="of torch")
    args = parser.parse_args()
    wanted = args.parts or parts
    torch.set_num_threads(args.threads)
    sys.setswitchinterval(0.0005)
    settings = Settings(mute_pauses=False, engine=args.engine)
    syncer = LipSyncer.from_checkpoint(args.checkpoint, "cpu", settings)
    engine = syncer.mesh_engine
    print(syncer.engine)
    with tempfile.TemporaryDirectory() as folder, LiveWorker(engine) as worker:
        if "lookahead" in wanted:
            lookahead(engine)
        face, how = args.face, {}
        if face is None:
            make_video(Path(folder, "face.mp4"), 4)
            face = [frame.image for frame in read_frames(Path(folder, "face.mp4"))]
            how = {"color": "bgr", "fps": FPS}
        began = time.perf_counter()
        avatar = Avatar.from_file(face, engine, settings, **how)
        avatar.save(Path(folder, "avatar"))
        made, began = time.perf_counter() - began, time.perf_counter()
        Avatar.load(Path(folder, "avatar"))
        size = Path(folder, "avatar").stat().st_size / 2**20
        height, width = avatar.pictures.size
        print(
            f"avatar of {len(avatar.pictures)} frames of {width}x{height}: made in {made:.1f} s, {size:.0f} MiB, "
            f"loaded in {time.perf_counter() - began:.2f} s",
            flush=True,
        )
        if "agreement" in wanted:
            agreement(syncer, avatar, worker, face, how)
        if "speed" in wanted:
            speed(avatar, worker, 8)
        if "latency" in wanted:
            first = avatar.pictures[0].bgr()
            still = Avatar.from_file(first, engine, settings, color="bgr")
            latency(still, worker, args.clicks, args.block, args.headroom)
        if "steady" in wanted:
            steady(avatar, worker, args.minutes, args.sessions, args.block, args.headroom)
        if "shared" in wanted:
            shared(avatar, worker, max(2, args.sessions), args.block)
        if "offset" in wanted:
            speech = np.concatenate([load_wav(path) for path in args.audio])
            offset(avatar, worker, speech, args, Path(folder))


if __name__ == "__main__":
    main()
