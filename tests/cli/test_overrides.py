import doctest
from pathlib import Path

import pytest
from hydra import compose, initialize_config_module

from wav2lip.cli import overrides
from wav2lip.cli.overrides import make_safe, nearest, unswept
from wav2lip.errors import InputError

NAMES = [
    "clip (1).mp4", "a=b.mp4", "é.mp4", "日本.mp4", "[x].mp4", "{x}.mp4", "it's.mp4", 'say "hi".mp4',
    " lead.mp4", "a,b.mp4", "1e5", "true", "a\\", "a\\'b", "50%.mp4", "#1.mp4", "a: b", "~x", "-x.mp4",
]  # fmt: skip


def composed(word: str, name: str = "evaluate") -> object:
    with initialize_config_module("wav2lip.configs", version_base="1.3"):
        return compose(name, make_safe([word], ["input"])).input


# Meant for Hydra or OmegaConf if there is no such file.
SPECIAL = [
    "'q'.mp4",
    "'q'",
    '"q"',
    "[1,2]",
    "{a: 1}",
    "null",
    "a${b}.mp4",
    "a\\${run}",
    "\udcff.mp4",
]


@pytest.mark.parametrize("name", SPECIAL)
def test_what_exists_is_that_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).touch()
    assert composed(f"input={name}") == name


def test_the_mark_of_a_missing_value_may_name_a_file() -> None:
    assert composed("input=???") == "./???"


@pytest.mark.parametrize("name", NAMES)
def test_any_file_name_can_be_given(name: str) -> None:
    assert composed(f"input={name}") == name


def test_what_is_quoted_or_null_stays() -> None:
    assert composed("input='a b.mp4'") == "a b.mp4"
    assert composed("input=null") is None
    assert make_safe(["seed=3", "data.manifests=[a,b]", "~task", "x={a: 1}"], []) == [
        "seed=3", "data.manifests=[a,b]", "~task", "x={a: 1}",
    ]  # fmt: skip


def test_a_list_of_odd_names() -> None:
    (word,) = make_safe(["data.manifests=[clips (1), é]"], [])
    with initialize_config_module("wav2lip.configs", version_base="1.3"):
        assert list(compose("train", [word]).data.manifests) == ["clips (1)", "é"]
    (word,) = make_safe(["data.manifests=[007, true, a=b]"], [], lists=["data.manifests"])
    with initialize_config_module("wav2lip.configs", version_base="1.3"):
        assert list(compose("train", [word]).data.manifests) == ["007", "true", "a=b"]
    (word,) = make_safe(["data.manifests=1e5"], [], lists=["data.manifests"])
    assert word == "data.manifests='1e5'"


def test_a_word_that_is_no_override() -> None:
    with pytest.raises(InputError, match="'wat': expected key=value"):
        make_safe(["wat"], [])


def test_sweeps_are_checked_value_by_value() -> None:
    words = ["experiment=a,b", "seed=1", "x=choice(2,3)", "y=range(0,2)"]
    assert make_safe(words, ["experiment"], sweep=True) == words
    assert list(unswept(words)) == [
        ["experiment=a", "seed=1", "x=2", "y=0"],
        ["experiment=b", "seed=1", "x=2", "y=0"],
        ["experiment=a", "seed=1", "x=3", "y=0"],
        ["experiment=a", "seed=1", "x=2", "y=1"],
    ]


def test_without_a_sweep_a_comma_belongs_to_the_name(tmp_path: Path) -> None:
    assert make_safe(["input=a,b"], ["input"]) == ["input='a,b'"]


def test_nearest_name() -> None:
    known = ["data.manifests", "data.batch_size", "seed", "task"]
    assert nearest("data.manifest", known) == "data.manifests"
    assert nearest("batch_size", known) == "data.batch_size"
    assert nearest("sed", known) == "seed"
    assert nearest("qqq", known) is None


def test_the_examples_run() -> None:
    assert doctest.testmod(overrides) == (0, 2)
