"""What the values of the Hydra commands may be."""

import time

import pytest

from wav2lip.cli.hydra_checks import prepare
from wav2lip.cli.hydra_command import HYDRA_COMMANDS
from wav2lip.clips import write_manifest
from wav2lip.errors import InputError


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Return good words of each command."""
    folder = tmp_path_factory.mktemp("clips")
    (folder / "a.mp4").touch()
    write_manifest(folder / "manifest.csv", [])
    return {
        "preprocess": [f"input={folder}", f"output={folder}/out"],
        "train": ["experiment=syncnet", f"data.manifests=[{folder}]"],
        "evaluate": [f"input={folder}"],
        "audit": [str(folder), "expert=bundled:judge"],
    }


@pytest.mark.parametrize(
    ("command", "word", "message"),
    [
        ("preprocess", "clip.fps=nan", "clip.fps must be 1 to 240, not nan"),
        ("preprocess", "clip.min_frames=abc", "clip.min_frames must be a whole number, 1 to"),
        ("preprocess", "clip.detect_every=1e9", "clip.detect_every must be a whole number, 1 to"),
        ("preprocess", "clip.pad=inf", "clip.pad must be 0 to 4, not inf"),
        ("preprocess", "clip=null", "clip holds several values; give clip.KEY=VALUE"),
        ("preprocess", "clip=5", "clip holds several values"),
        ("preprocess", "workers=1.5", "workers must be a whole number, 1 to 1024 or null, not 1.5"),
        ("preprocess", "workers=0", "workers must be a whole number"),
        ("preprocess", "val_share=nan", "val_share must be 0 to 1, not nan"),
        ("preprocess", "val_share=2", "val_share must be 0 to 1, not 2"),
        ("preprocess", "output=", "output must be a text that is not empty, not ''"),
        ("preprocess", "output=null", "output must be a text that is not empty, not null"),
        ("preprocess", "detector=retinafce", "did you mean retinaface?"),
        (
            "preprocess",
            "audit=null",
            "audit=null chooses no option; choose one of fix, measure, off",
        ),
        ("preprocess", "audit.min_agreement=2", "audit.min_agreement must be 0 to 1, not 2"),
        ("train", "seed=-1", "seed must be a whole number, 0 to 4294967295, not -1"),
        ("train", "data.dataset.seed=-1", "data.dataset.seed must be a whole number, 0 to"),
        ("train", "data.dataset.seed=[a]", "data.dataset.seed must be a whole number, 0 to"),
        ("evaluate", "protocol={still: 1}", "protocol is a single value; give protocol=VALUE"),
        ("train", "trainer.max_epochs={a: 1}", "max_epochs is a single value; give"),
        ("train", "threads=-1", "threads must be a whole number, 1 to 1024 or null, not -1"),
        ("train", "data.num_workers=-1", "data.num_workers must be a whole number, 0 to 1024"),
        ("train", "data.dataset.windows=0", "data.dataset.windows must be a whole number, 1 to"),
        ("train", "trainer.max_steps=ten", "trainer.max_steps must be a whole number"),
        ("train", "resume=no", "resume must be true or false, not no"),
        ("train", "task.optimizer.lr=fast", "task.optimizer.lr must be 0 to 100, not fast"),
        ("train", "task.optimizer.lr=nan", "task.optimizer.lr must be 0 to 100, not nan"),
        ("train", "task.optimizer=null", "task.optimizer holds several values"),
        ("train", "task.loss.scale=inf", "task.loss.scale must be a finite number, not inf"),
        ("train", "task.loss.scale=big", "task.loss.scale must be a finite number, not big"),
        ("train", "data.batch_size=0", "data.batch_size must be a whole number, 1 to"),
        ("train", "callbacks.last.every=0", "callbacks.last.every must be a whole number, 1 to"),
        ("train", "data.dataset.augment.shift=-0.0", "augment.shift must be 0 to 1, not -0"),
        ("train", "data.dataset._partial_=${seed}", "_partial_ must be true or false, not 1"),
        ("train", "data.val_dataset._partial_=null", "_partial_ must be true or false, not null"),
        (
            "train",
            "trainer.devices=99999",
            "devices must be one of auto or a whole number, -1 to 64",
        ),
        ("train", "trainer.devices=[0,x]", "or a list of their numbers, not [0, 'x']"),
        (
            "train",
            "+trainer.val_check_interval=0",
            "val_check_interval must be above 0 and at most",
        ),
        ("train", "+trainer.accumulate_grad_batches=0", "must be a whole number, 1 to"),
        ("preprocess", "executor.workers=0", "executor.workers must be a whole number, 1 to 1024"),
        ("train", "data.manifests=[null]", "data.manifests must be a path or a list of paths"),
        ("train", "data.manifests=[]", "data.manifests must be a path or a list of paths, not []"),
        ("preprocess", "+clip.nonsense=1", "unknown key clip.nonsense; remove it"),
        ("evaluate", "+infer.nonsense=1", "unknown key infer.nonsense; remove it"),
        ("train", "seed={a: 1}", "seed is a single value; give seed=VALUE"),
        ("preprocess", "clip.fps={a: 1}", "clip.fps is a single value"),
        ("evaluate", "limit={a: 1}", "limit is a single value"),
        ("train", "compile=indutor", "compile must be one of inductor, cudagraphs"),
        ("train", "data.dataset.augment.gain=1e308", "data.dataset.augment.gain must be 0 to 100"),
        ("train", "data.dataset.augment.scale=1", "augment.scale must be 0 or more and below 1"),
        ("preprocess", "max_pixels=0", "max_pixels must be a whole number, 1 to"),
        ("evaluate", "max_pixels=1e9", "max_pixels must be a whole number, 1 to"),
        ("evaluate", "limit=0", "limit must be a whole number, 1 to"),
        ("evaluate", "infer.pads=[0,1]", "infer.pads must be four numbers"),
        ("evaluate", "device=nonsense", "device must be auto, cpu, cuda, mps, xpu"),
        ("evaluate", "scoring.windows=publishd", "did you mean published?"),
        ("evaluate", "leak_seconds=nan", "leak_seconds must be 0 to 3600, not nan"),
        ("evaluate", "judge_weights=null", "judge_weights must be a text that is not empty"),
        ("audit", "max_shift=-1", "max_shift must be a whole number, 0 to"),
        ("audit", "fix=1", "fix must be true or false, not 1"),
        ("audit", "device=cudaa", "did you mean cuda?"),
    ],
)
def test_a_value_that_cannot_be_used(
    command: str, word: str, message: str, words: dict[str, list[str]]
) -> None:
    start = time.process_time()
    with pytest.raises(InputError) as caught:
        prepare(HYDRA_COMMANDS[command], [*words[command], word])
    assert message in str(caught.value)
    assert str(caught.value).startswith("config: ")
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("preprocess", "clip={fps: 30, faces: 2}"),
        ("preprocess", "workers=null"),
        ("train", "trainer.devices=auto"),
        ("train", "trainer.devices=[0, 1]"),
        ("train", "trainer.precision=16"),
        ("train", "callbacks.plateau=null"),
        ("train", "experiment_name=3"),
        ("train", "task.loss.scale=4"),
        ("train", "+trainer.limit_val_batches=0.5"),
        ("evaluate", "infer.faces=2"),
        ("evaluate", "infer.pads=[0,-3,0,0]"),
        ("audit", "device=cuda:1"),
    ],
)
def test_a_value_that_can_be_used(command: str, word: str, words: dict[str, list[str]]) -> None:
    assert prepare(HYDRA_COMMANDS[command], [*words[command], word]) is not None


def test_an_output_that_cannot_be_made(words: dict[str, list[str]]) -> None:
    good = [word for word in words["preprocess"] if not word.startswith("output")]
    for name, message in (
        ("x" * 300, "the name is too long; choose another output"),
        ("/no-such-folder/out", "the folder /no-such-folder does not exist; make it first"),
    ):
        with pytest.raises(InputError, match=message):
            prepare(HYDRA_COMMANDS["preprocess"], [*good, f"output={name}"])


@pytest.mark.parametrize("share", ["0", "-1", "abc", "1e308"])
def test_the_share_of_a_manifest_is_above_0(share: str) -> None:
    word = f"data.manifests={{a.csv: {share}}}"
    with pytest.raises(InputError, match=r"data\.manifests\.a\.csv must be above 0 and at most"):
        prepare(HYDRA_COMMANDS["train"], ["experiment=syncnet", word])
