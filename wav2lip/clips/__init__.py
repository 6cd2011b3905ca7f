"""Clip files and manifests: what preprocessing writes and training reads (docs/data_format.md)."""

from wav2lip.clips.clip_audio import clip_audio, clip_window
from wav2lip.clips.clip_file import JPEG_QUALITY, ClipFile, encode_crop, write_clip
from wav2lip.clips.manifest import (
    MANIFEST,
    ManifestRow,
    check_manifest,
    parse_row,
    read_manifest,
    write_manifest,
)

__all__ = [
    "JPEG_QUALITY",
    "MANIFEST",
    "ClipFile",
    "ManifestRow",
    "check_manifest",
    "clip_audio",
    "clip_window",
    "encode_crop",
    "parse_row",
    "read_manifest",
    "write_clip",
    "write_manifest",
]
