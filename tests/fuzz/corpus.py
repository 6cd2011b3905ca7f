"""The good files that the cases mutate: media of many containers, checkpoints, and a folder of clips."""

import shutil
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import torch
from skimage import data

from wav2lip.checkpoints import build_network, save_network
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.live import Avatar
from wav2lip.media.pcm import to_pcm, write_wav
from wav2lip.synthetic.clips import synthesize, write_synthetic_corpus, write_synthetic_video

EXPERT = {
    "_target_": "wav2lip.models.SyncNet",
    "width": 0.0625,
    "image_size": 48,
    "stem_stride": 2,
    "embedding": 16,
}
GENERATOR = {"_target_": "wav2lip.models.Generator", "width": 0.0625}
SIZE = 160  # side of the videos, pixels
SECONDS = 0.8
MUXED = {  # name: video codec, sound codec
    "a.mkv": ("libx264", "libopus"),
    "a.webm": ("libvpx", "libopus"),
    "a.avi": ("mpeg4", "mp3"),
    "a.mov": ("mjpeg", "pcm_s16le"),
    "a.ts": ("mpeg2video", "mp2"),
    "a.flv": ("flv", "aac"),
}
SOUNDS = {
    "a.flac": "flac",
    "a.mp3": "mp3",
    "a.ogg": "libopus",
    "a.m4a": "aac",
    "a.mka": "pcm_s16le",
}
PICTURES = ("a.png", "a.jpg", "a.webp", "a.bmp", "a.tiff")


def _mux(path: Path, frames: np.ndarray | None, video: str, wav: np.ndarray, sound: str) -> None:
    rate = 48000 if sound == "libopus" else 44100
    with av.open(str(path), "w") as container:
        picture = None
        if frames is not None:
            picture = container.add_stream(video, rate=25)
            picture.width = picture.height = SIZE
            picture.pix_fmt = "yuvj420p" if video == "mjpeg" else "yuv420p"
        track = container.add_stream(sound, rate=rate)
        if frames is not None and picture is not None:
            for number, image in enumerate(frames):
                frame = av.VideoFrame.from_ndarray(image, format="bgr24")
                frame.pts, frame.time_base = number, Fraction(1, 25)
                container.mux(picture.encode(frame))
            container.mux(picture.encode(None))
        source = av.AudioFrame.from_ndarray(to_pcm(wav)[None], format="s16", layout="mono")
        source.sample_rate = 16000
        codec = track.codec_context
        resampler = av.AudioResampler(
            format=codec.format, layout=codec.layout, rate=rate, frame_size=codec.frame_size or 1024
        )
        for frame in (*resampler.resample(source), *resampler.resample(None)):
            container.mux(track.encode(frame))
        container.mux(track.encode(None))


def make_corpus(folder: Path) -> None:
    """Write media/, checkpoints/, clips/ and a.avatar."""
    media, checkpoints = folder / "media", folder / "checkpoints"
    media.mkdir(parents=True)
    checkpoints.mkdir()
    made = synthesize(1, SECONDS, size=SIZE)
    write_synthetic_video(media / "a.mp4", made)
    for name, (video, sound) in MUXED.items():
        _mux(media / name, made.frames, video, made.wav, sound)
    for name, sound in SOUNDS.items():
        _mux(media / name, None, "", made.wav, sound)
    write_wav(media / "a.wav", to_pcm(made.wav))
    for name in PICTURES:
        cv2.imwrite(str(media / name), made.frames[0])
    torch.manual_seed(0)
    generator = build_network(GENERATOR)
    meta = {"mel_offset_frames": 0, "fps": 25, "image_size": 96}
    save_network(checkpoints / "generator.safetensors", generator, GENERATOR, meta)
    torch.save({"state_dict": generator.state_dict()}, checkpoints / "generator.pth")
    expert = build_network(EXPERT)
    save_network(checkpoints / "expert.safetensors", expert, EXPERT, {})
    torch.save({"state_dict": expert.state_dict()}, checkpoints / "expert.pth")
    write_synthetic_corpus(folder / "clips", {"train": 2, "val": 1}, seconds=1.2, image_size=48)
    shutil.copy(media / "a.mp4", folder / "b.mp4")
    face = np.ascontiguousarray(data.astronaut()[0:200, 130:370, ::-1])
    engine = LipSyncer.from_checkpoint("default", "cpu").mesh_engine
    Avatar.from_file(face, engine, color="bgr").save(folder / "a.avatar")
