"""Every difficult real video, where they are at hand: sized, timed and shown right to the end."""

from pathlib import Path

import av
import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.inference.settings import Settings
from wav2lip.media.video import probe

SECONDS = 2.0
FACELESS = {  # the first SECONDS show nobody, or nobody that HOG sees
    "Robin-WZQ_multimodal-emotion-recognition-DEMO__test.mp4",
    "Zulko_moviepy__no_duration.webm",
    "Zulko_moviepy__video_with_failing_audio.mp4",
    "amazon-science_on-off-screen-prosodic-alignment__segment_76.34s-103.55s-original.mp4",
    "timesler_facenet-pytorch__video.mp4",
}
SPEECH = "ggml-org_whisper.cpp__jfk.wav"

pytestmark = pytest.mark.slow


def _two_seconds(speech: Path, path: Path) -> Path:
    """The first SECONDS of a recording, as a wav."""
    with av.open(str(speech)) as source, av.open(str(path), "w") as output:
        stream = output.add_stream("pcm_s16le", rate=16000, layout="mono")
        left = round(SECONDS * 16000)
        resampler = av.AudioResampler(format="s16", layout="mono", rate=16000)
        for frame in source.decode(audio=0):
            for piece in resampler.resample(frame):
                samples = piece.to_ndarray()[:, :left]
                left -= samples.shape[1]
                if samples.size:
                    cut = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
                    cut.sample_rate = 16000
                    output.mux(stream.encode(cut))
        output.mux(stream.encode(None))
    return path


def test_every_hard_video(shared: Path, checkpoint: Path, tmp_path: Path) -> None:
    speech = _two_seconds(shared / "media" / "speech" / SPEECH, tmp_path / "speech.wav")
    settings = Settings(detector="hog", cache=False, preset="ultrafast")
    syncer = LipSyncer.from_checkpoint(checkpoint, "cpu", settings)
    videos = sorted(p for p in (shared / "media" / "hard").iterdir() if p.suffix != ".csv")
    assert len(videos) == 22
    refused: dict[str, str] = {}
    for video in videos:
        info, output = probe(video), tmp_path / "out.mp4"
        try:
            report = syncer(video, speech, output)
        except InputError as error:
            refused[video.name] = str(error)
            continue
        with av.open(str(output)) as made:
            stream = made.streams.video[0]
            times = np.array([float(f.pts * f.time_base) for f in made.decode(stream)])
            seconds = float(stream.duration * stream.time_base)
            size = (stream.width, stream.height)
        assert seconds == pytest.approx(SECONDS, abs=0.5 / info.fps), video
        assert size == (info.width + info.width % 2, info.height + info.height % 2), video
        assert len(times) == report.frames, video
        assert np.diff(times).min() > 0, video
        output.unlink()
    assert set(refused) == FACELESS
    assert all("no face found" in message for message in refused.values())
    assert [p.name for p in tmp_path.iterdir()] == ["speech.wav"]
