from hydra import compose, initialize_config_module
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from wav2lip.cli.run_config import write_config


def test_a_run_can_be_started_again_from_its_folder(tmp_path):
    words = ["experiment=syncnet", "data.manifests=[a]", "seed=7"]
    with initialize_config_module("wav2lip.configs", version_base="1.3"):
        cfg = compose("train", words, return_hydra_config=True)
        HydraConfig.instance().set_config(cfg)
        own = OmegaConf.masked_copy(cfg, [key for key in cfg if key != "hydra"])
        write_config(own, tmp_path)
    HydraConfig.instance().cfg = None
    folder = tmp_path / "hydra"
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["config.yaml", "hydra.yaml", "overrides.yaml"]
    written = (folder / "config.yaml").read_text()
    assert "seed: 7\n" in written
    assert "run: runs/${experiment_name}\n" in written
    assert OmegaConf.load(folder / "overrides.yaml") == words
    assert list(OmegaConf.load(folder / "hydra.yaml")) == ["hydra"]
    assert OmegaConf.create(written) == own


def test_without_hydra_the_config_alone_is_written(tmp_path):
    write_config(OmegaConf.create({"seed": 3}), tmp_path)
    assert [path.name for path in (tmp_path / "hydra").iterdir()] == ["config.yaml"]
