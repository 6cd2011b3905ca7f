"""An address such as `s3://bucket/clips` is refused by every command, for every path."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hydra import compose, initialize_config_module
from omegaconf import OmegaConf

from wav2lip.cli.hydra_checks import prepare
from wav2lip.cli.hydra_command import HYDRA_COMMANDS
from wav2lip.cli.main import main
from wav2lip.cli.schema import check_values
from wav2lip.errors import InputError
from wav2lip.inference.batch_jobs import read_jobs
from wav2lip.utils.addresses import require_local

SCHEMES = ("s3://", "gs://", "hdfs://", "file://", "https://", "S3://", "zip::s3://")
BASE = {
    "preprocess": ["input=.", "output=out"],
    "train": ["experiment=wav2lip", "data.manifests=[.]", "task.expert=bundled:expert"],
    "evaluate": ["input=."],
    "audit": ["clips=.", "expert=bundled:judge"],
}
OTHERS = {  # beside those that HydraCommand names
    "train": ("data.manifests", "callbacks.last.dirpath", "trainer.default_root_dir"),
}
OPTIONS = [
    ("infer", "--face"),
    ("infer", "--audio"),
    ("infer", "--output"),
    ("infer", "--outfile"),
    ("infer", "--report"),
    ("infer", "--strip"),
    ("infer", "--jobs"),
    ("infer", "--checkpoint"),
    ("infer", "--judge_weights"),
    ("infer", "--detector_weights"),
    ("infer", "--sign"),
    ("infer", "--sign_key"),
    ("infer", "--consent"),
    ("verify", "--trust"),
    ("ablations", "--output"),
]


@pytest.fixture
def refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[list[str]]:
    """Words to run; afterwards: exit 2, one line that says so, nothing written."""
    monkeypatch.chdir(tmp_path)
    words: list[str] = []
    yield words
    monkeypatch.setattr(sys, "argv", ["wav2lip", *words])
    with pytest.raises(SystemExit) as caught:
        main()
    said = capsys.readouterr()
    assert caught.value.code == 2
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert "must be a local path, not s3://bucket/a; mount it or copy the files" in said.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", HYDRA_COMMANDS)
def test_every_path_of_a_config(name: str) -> None:
    command = HYDRA_COMMANDS[name]
    with initialize_config_module("wav2lip.configs", version_base="1.3"):
        config = compose(name, BASE[name])
    check_values(config, config, name)
    for key in (*command.inputs, *command.checkpoints, *command.outputs, *OTHERS.get(name, ())):
        changed = config.copy()
        OmegaConf.update(changed, key, "s3://bucket/a", force_add=True)
        message = f"config: {key} must be a local path, not s3://bucket/a; mount it"
        with pytest.raises(InputError, match=message):
            check_values(changed, config, name)


def test_a_command_says_it_on_one_line(refused: list[str]) -> None:
    refused += ["audit", "s3://bucket/a", "expert=bundled:judge"]


def test_a_list_of_manifests(refused: list[str]) -> None:
    refused += ["train", "experiment=syncnet", "data.manifests=[., s3://bucket/a]"]


def test_a_value_of_a_sweep(refused: list[str]) -> None:
    refused += ["preprocess", "-m", "input=.", "output=a,s3://bucket/a"]


def test_a_mapping_of_manifests() -> None:
    words = ["experiment=syncnet", "data.manifests={'s3://bucket/a': 1}"]
    with pytest.raises(InputError, match=r"data\.manifests must be a local path, not \{'s3"):
        prepare(HYDRA_COMMANDS["train"], words)


def test_an_environment_variable(refused: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIPS", "s3://bucket/a")
    refused += ["preprocess", "input=.", "output=${oc.env:CLIPS}"]


@pytest.mark.parametrize(("name", "option"), OPTIONS)
@pytest.mark.parametrize("joined", [True, False])
def test_every_path_of_an_option(name: str, option: str, joined: bool, refused: list[str]) -> None:
    address = "s3://bucket/a"
    refused += [name, *(["."] if name in ("ablations", "verify") else [])]
    refused += [f"{option}={address}"] if joined else [option, address]


@pytest.mark.parametrize("words", ["export s3://bucket/a b.pth", "export default s3://bucket/a"])
def test_every_word_of_export(words: str, refused: list[str]) -> None:
    refused += words.split()


def test_a_table_of_jobs(tmp_path: Path) -> None:
    table = tmp_path / "jobs.csv"
    table.write_text("face,audio,output\na.png,a.wav,s3://bucket/a.mp4\n")
    with pytest.raises(InputError, match=r"jobs\.csv, line 2: output must be a local path, not s3"):
        read_jobs(table)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_scheme(scheme: str) -> None:
    with pytest.raises(InputError, match=f"^output must be a local path, not {scheme}bucket/a; "):
        require_local("output", f"{scheme}bucket/a")


@pytest.mark.parametrize("path", ["C:/a", "C:\\a", "/a/b:c", "./s3://a", "s3:/a", "bundled:expert"])
def test_paths_and_names_pass(path: str) -> None:
    require_local("output", path)


def test_a_cluster_has_an_address(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    words = ["executor=ray", "executor.address=ray://head:10001"]
    assert prepare(
        HYDRA_COMMANDS["preprocess"], [f"input={tmp_path}", f"output={tmp_path}/o", *words]
    )
