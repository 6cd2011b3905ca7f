import hashlib
import os

from wav2lip import __version__
from wav2lip.provenance.manifest import Ingredient, build_manifest


def test_an_ingredient_has_the_hash_of_its_file_and_not_its_folder(tmp_path):
    path = tmp_path / "face.png"
    path.write_bytes(b"pixels")
    digest = hashlib.sha256(b"pixels").hexdigest()
    assert Ingredient.of("face", path) == Ingredient("face", "face.png", digest)


def test_arrays_and_pipes_have_no_hash(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert Ingredient.of("face", None) == Ingredient("face", "array")
    assert Ingredient.of("audio", tmp_path / "pipe") == Ingredient("audio", "pipe")


def test_the_manifest_says_what_the_video_is():
    parts = [Ingredient("face", "a.png", "aa"), Ingredient("checkpoint", "g.onnx", "cc")]
    manifest = build_manifest("talk.mp4", parts)
    assert manifest["title"] == "talk.mp4"
    assert manifest["claim_generator_info"] == [{"name": "wav2lip-lab", "version": __version__}]
    (assertion,) = manifest["assertions"]
    created, placed = assertion["data"]["actions"]
    assert (created["action"], created["digitalSourceType"]) == (
        "c2pa.created",
        "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia",
    )
    assert created["parameters"] == {"ingredientIds": ["checkpoint"]}
    assert placed == {"action": "c2pa.placed", "parameters": {"ingredientIds": ["face"]}}
    assert [item["relationship"] for item in manifest["ingredients"]] == ["componentOf", "inputTo"]
