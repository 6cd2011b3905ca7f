from dataclasses import replace
from pathlib import Path

import pytest
import torch

from wav2lip.checkpoints import load_network
from wav2lip.errors import InputError
from wav2lip.models import MeshGenerator
from wav2lip.personalization.material import material_of
from wav2lip.personalization.tuning import load_start, personalize, write_personal


def test_generators_that_move_no_mesh_are_refused(fill, tmp_path):
    from wav2lip.checkpoints import save_network
    from wav2lip.models import Generator

    path = tmp_path / "plain.safetensors"
    config = {"_target_": "wav2lip.models.Generator", "width": 0.25}
    save_network(path, fill(Generator(width=0.25), "plain"), config, {"fps": 25})
    with pytest.raises(InputError, match=r"plain\.safetensors: .*experiment=finetune_speaker"):
        load_start(str(path))


def test_a_person_is_learned_and_the_result_is_a_checkpoint(mesh_checkpoint, person, tmp_path):
    start = load_start(str(mesh_checkpoint))
    before = {k: v.clone() for k, v in start.network.state_dict().items()}
    small = [replace(clip, row=replace(clip.row, face=60.0)) for clip in person]
    personal = personalize(start, material_of(small))
    verdict = personal.verdict
    assert verdict.takes_motion
    assert not verdict.takes_mouth  # small faces have no teeth
    assert (round(verdict.tuned_seconds), round(verdict.held_out_seconds)) == (11, 3)
    assert all(torch.equal(v, before[k]) for k, v in start.network.state_dict().items())
    path = tmp_path / "me.safetensors"
    write_personal(path, personal, start.config)
    loaded = load_network(path)
    assert isinstance(loaded.network, MeshGenerator)
    changed = [
        k
        for k, v in loaded.network.state_dict().items()
        if not torch.allclose(v, before[k], atol=1e-3)
    ]
    assert changed == ["motion.gain", "motion.coefficients.weight", "motion.coefficients.bias"]
    assert loaded.metadata["personal"] == {
        "tuned_by": "wav2lip personalize",
        "videos": ["take0", "take1"],
        "seconds": 11.0,
        "parts": ["motion"],
        "start": start.sha256,
        "seed": 0,
    }
    assert loaded.metadata["face_crop"] == "aligned"


def test_too_few_usable_frames_are_refused(mesh_checkpoint, person):
    clip = replace(person[0], span=(0, 60))
    material = replace(material_of(person), clips=[clip])
    with pytest.raises(
        InputError, match=r"take0: too few seconds show a speaking face from the fr"
    ):
        personalize(load_start(str(mesh_checkpoint)), material)


@pytest.mark.slow
def test_the_whole_command_on_a_talking_portrait(mesh_checkpoint, tmp_path, monkeypatch, capsys):
    from talking_portrait import write_talking_portrait

    from wav2lip.cli.personalize import main

    videos = [tmp_path / f"{name}.mp4" for name in "ab"]
    for voice, video in enumerate(videos):
        write_talking_portrait(video, 8.0, voice)
    output, report = tmp_path / "me.safetensors", tmp_path / "me.html"
    words = [str(v) for v in (*videos, "--checkpoint", mesh_checkpoint, "--report", report)]
    monkeypatch.setattr("sys.argv", ["personalize", *words, "--output", str(output)])
    main()
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("tuned on 1")
    assert said[-2].startswith("go: the motion")
    assert said[-1] == f"{output}: use it as --checkpoint"
    assert "<strong>go: the motion" in report.read_text()
    loaded = load_network(output)
    assert loaded.metadata["personal"]["videos"] == ["a.mp4", "b.mp4"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.mp4",
        "b.mp4",
        "me.html",
        output.name,
    ]
    assert Path(output).stat().st_size > 1000
