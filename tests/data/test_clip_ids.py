from dataclasses import replace

from wav2lip.data.clip_ids import clip_parts_id, clips_id
from wav2lip.data.datamodule import load_clips
from wav2lip.synthetic.clips import write_synthetic_corpus


def test_a_resumed_run_is_told_from_one_with_other_parts_of_its_clips(tmp_path):
    write_synthetic_corpus(tmp_path, {"train": 3}, seconds=1.2, image_size=48)
    clips = load_clips(str(tmp_path), "train")
    parts = [replace(clip, span=(0, 20)) for clip in clips]
    assert clips_id(parts) == clips_id(clips[::-1])
    assert clip_parts_id(clips) == clip_parts_id(clips[::-1])
    assert clip_parts_id(clips) != clip_parts_id(parts)
