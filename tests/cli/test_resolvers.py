import pytest
from omegaconf import OmegaConf

from wav2lip.checkpoints import build_network, save_network
from wav2lip.cli.config_errors import as_input_error
from wav2lip.cli.resolvers import register_resolvers

CONFIG = {"_target_": "wav2lip.models.Generator", "width": 0.0625, "image_size": 48}


def test_a_config_reads_what_a_checkpoint_is(tmp_path):
    register_resolvers()
    path = tmp_path / "small.safetensors"
    save_network(path, build_network(CONFIG), CONFIG, {"mel_offset_frames": -2, "image_size": 48})
    config = OmegaConf.create(
        {
            "init_from": str(path),
            "generator": "${checkpoint_config:${init_from}}",
            "size": "${checkpoint:${init_from},image_size}",
            "offset": "${checkpoint:${init_from},mel_offset_frames}",
        }
    )
    assert OmegaConf.to_container(config.generator, resolve=True) == CONFIG
    assert (config.size, config.offset) == (48, -2)


def test_a_file_that_is_missing_is_named(tmp_path):
    register_resolvers()
    config = OmegaConf.create({"size": f"${{checkpoint:{tmp_path}/no.pth,image_size}}"})
    with pytest.raises(Exception, match=r"no\.pth: no such checkpoint file") as caught:
        config.size  # noqa: B018 (reading it resolves it)
    assert "\n" not in str(as_input_error(caught.value)).strip()
