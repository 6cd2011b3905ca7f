"""The training configs compose, and each experiment is built on the one that it names."""

from dataclasses import asdict
from pathlib import Path

import pytest
from hydra import compose, initialize_config_module
from hydra.utils import get_class
from omegaconf import OmegaConf

from wav2lip.data.augment import NO_AUGMENT, AugmentSettings

ROOT = Path(__file__).resolve().parents[1] / "configs" / "experiment"
EXPERIMENTS = sorted(str(path.relative_to(ROOT).with_suffix("")) for path in ROOT.rglob("*.yaml"))


def composed(*overrides: str):
    with initialize_config_module("wav2lip.configs", version_base="1.3"):
        return OmegaConf.to_container(compose("train", list(overrides)), resolve=False)


def targets(node):
    """Every `_target_` of a config, at any depth."""
    for value in node.values():
        if isinstance(value, dict):
            yield from targets(value)
    if "_target_" in node:
        yield node["_target_"]


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_experiment_composes_and_names_classes_that_exist(experiment):
    config = composed(f"experiment={experiment}")
    assert config["experiment_name"] is not None
    assert all(get_class(target) for target in targets(config))


@pytest.mark.parametrize("experiment", [name for name in EXPERIMENTS if "ablation/" in name])
def test_every_ablation_has_a_folder_for_each_seed(experiment):
    config = composed(f"experiment={experiment}")
    assert config["run"] == "runs/ablation/${experiment_name}/seed-${seed}"
    assert config["experiment_name"] == experiment.rpartition("/")[2]


def test_published_experiments_have_full_size_networks_and_no_augmentation():
    for name in ("syncnet", "wav2lip", "wav2lip_gan"):
        config = composed(f"experiment=published/{name}")
        network = config["task"]["syncnet" if name == "syncnet" else "generator"]
        assert network["width"] == 1.0
        assert "max_residuals" not in network
        assert set(config["data"]["dataset"]["augment"].values()) == {
            "wav2lip.data.augment.AugmentSettings",
            0.0,
        }
        assert config["task"]["optimizer"]["lr"] == 1e-4


def test_kernels_are_tried_out_for_inputs_of_one_shape_only():
    tried = {
        name: composed(f"experiment={name}")["trainer"]["benchmark"]
        for name in ("wav2lip", "syncnet", "mesh_generator", "lip_motion", "mesh_syncnet")
    }
    assert [name for name, on in tried.items() if not on] == ["lip_motion", "mesh_syncnet"]


@pytest.mark.parametrize(
    ("choice", "settings"), [("default", AugmentSettings()), ("none", NO_AUGMENT)]
)
def test_augment_configs_list_every_setting(choice, settings):
    augment = composed("experiment=syncnet", f"augment={choice}")["data"]["dataset"]["augment"]
    assert augment.pop("_target_") == "wav2lip.data.augment.AugmentSettings"
    assert augment == asdict(settings)


def test_the_models_can_be_chosen():
    small = composed("experiment=published/wav2lip", "model/generator@task.generator=small")
    assert small["task"]["generator"] == composed("experiment=wav2lip")["task"]["generator"]


@pytest.mark.parametrize("debug", ["fast", "overfit"])
@pytest.mark.parametrize("experiment", ["syncnet", "wav2lip_gan", "bundled/lip_motion"])
def test_debug_runs_are_short_and_keep_out_of_the_way_of_real_ones(experiment, debug):
    config = composed(f"experiment={experiment}", f"debug={debug}")
    assert config["trainer"]["max_steps"] <= 500
    assert config["run"] != composed(f"experiment={experiment}")["run"]
    assert config["resume"] is False
