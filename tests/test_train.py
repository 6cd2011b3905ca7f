"""train.py as a user runs it, on synthetic faces and tiny networks."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hydra import compose, initialize_config_module
from mouth_clips import write_mouth_corpus

from wav2lip.callbacks.csv_curves import read_curves
from wav2lip.checkpoints import load_network
from wav2lip.cli.train import run
from wav2lip.evaluation.ablation_table import tabulate
from wav2lip.evaluation.ablations import collect
from wav2lip.synthetic.clips import write_synthetic_corpus

ROOT = Path(__file__).resolve().parents[1]
QUICK = (
    "data.num_workers=0",
    "data.batch_size=2",
    "data.steps_per_epoch=2",
    "data.dataset.image_size=48",
    "trainer.accelerator=cpu",
    "threads=1",
    "~callbacks.progress",
    "+trainer.enable_progress_bar=false",
)
BY_MESH = {  # their data has no image_size
    f"experiment={folder}{name}"
    for folder in ("", "bundled/")
    for name in ("lip_motion", "mesh_generator")
}
TINY_EXPERT = (
    "task.syncnet.width=0.0625",
    "++task.syncnet.embedding=16",
    "++task.syncnet.audio_residuals=[0,0,0,0]",
)
TINY_GENERATOR = (
    "task.generator.width=0.0625",
    "++task.generator.embedding=16",
    "++task.generator.audio_channels=null",
    "++task.generator.audio_residuals=[0,0,0,0]",
    "++task.generator.face_channels=null",
    "++task.generator.decoder_channels=null",
    "++task.generator.max_residuals=0",
)


def train(*arguments: object):
    return subprocess.run(
        [sys.executable, str(ROOT / "train.py"), *QUICK, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
    )


def error_line(result):
    """The last line on stderr; log lines of Lightning may come before it."""
    assert result.returncode == 2, result.stderr
    assert "Traceback" not in result.stderr
    return result.stderr.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    write_synthetic_corpus(folder, {"train": 4, "val": 2}, seconds=1.4, image_size=48)
    return folder


@pytest.fixture
def train_here(monkeypatch):
    """Runs train.py in this process: importing the libraries a dozen times would be slow."""

    def run(*arguments: object):
        # Flags first: argparse takes none between two groups of overrides.
        flags = [text for text in map(str, arguments) if text.startswith("-")]
        overrides = [text for text in map(str, arguments) if not text.startswith("-")]
        task = next((text for text in overrides if text.startswith("experiment=")), "")
        quick = [text for text in QUICK if "image_size" not in text or task not in BY_MESH]
        monkeypatch.setattr(sys, "argv", ["train.py", *flags, *quick, *overrides])
        runpy.run_path(str(ROOT / "train.py"), run_name="__main__")

    return run


def test_an_expert_trains_and_resumes_then_trains_a_generator(corpus, tmp_path, train_here, capsys):
    data = f"data.manifests=[{corpus}]"
    expert = ["experiment=syncnet", data, f"run={tmp_path}/expert", *TINY_EXPERT]
    first = train(*expert, "trainer.max_steps=2")
    assert first.returncode == 0, first.stderr
    assert (tmp_path / "expert" / "curves" / "metrics.csv").is_file()
    last = tmp_path / "expert" / "checkpoints" / "last.ckpt"
    train_here(*expert, "trainer.max_steps=4")
    assert f"resuming at step 2 from {last}" in capsys.readouterr().out
    assert load_network(last, "syncnet").config["width"] == 0.0625
    assert sorted(path.name for path in last.parent.iterdir()) == ["best.ckpt", "last.ckpt"]
    assert torch.load(last, weights_only=True)["global_step"] == 4
    report = (tmp_path / "expert" / "report.txt").read_text()
    assert "did not take off in 4 steps" in report
    assert "too few speakers" in report
    assert (tmp_path / "expert" / "report.html").is_file()
    (tmp_path / "expert" / "report.txt").unlink()
    train_here(*expert, "trainer.max_steps=4")  # as after a kill before the report
    assert (tmp_path / "expert" / "report.txt").read_text() == report

    generator = ["experiment=wav2lip", data, f"run={tmp_path}/lips", *TINY_GENERATOR]
    train_here(*generator, f"task.expert={last}", "trainer.max_steps=2")
    loaded = load_network(tmp_path / "lips" / "checkpoints" / "last.ckpt", "generator")
    assert loaded.metadata["mel_offset_frames"] == -2
    assert loaded.config["image_size"] == 48


def test_a_run_returns_the_lowest_monitored_value(corpus, tmp_path):
    overrides = [
        "experiment=syncnet",
        "debug=overfit",
        "logger=tensorboard",
        f"data.manifests=[{corpus}]",
        f"run={tmp_path}",
        *QUICK,
        *TINY_EXPERT,
        "trainer.max_steps=30",
        "trainer.check_val_every_n_epoch=10",
    ]
    with initialize_config_module("wav2lip.configs", version_base="1.3"):
        config = compose("train", overrides)
    value = run(config)  # as a sweeper calls it
    assert value == pytest.approx(min(logged(tmp_path, "val/loss")))
    losses = logged(tmp_path, "train/sync")
    assert losses[-1] < losses[0] / 2  # one batch over and over
    assert logged(tmp_path, "lr-AdamW")[:2] == pytest.approx([1e-3 / 30, 2e-3 / 30])
    assert list((tmp_path / "tensorboard").glob("events.*"))


@pytest.mark.slow
def test_a_generator_trains_on_pixels_alone(corpus, tmp_path):
    run = ["experiment=wav2lip", f"data.manifests=[{corpus}]", f"run={tmp_path}", *TINY_GENERATOR]
    made = train(*run, "task.expert=null", "trainer.max_steps=2")
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "checkpoints" / "best.ckpt").is_file()


def test_a_misspelt_key_is_one_line(corpus, tmp_path):
    result = train("experiment=syncnet", "data.batchsize=4", f"run={tmp_path}/run")
    assert "unknown key data.batchsize; did you mean data.batch_size?" in error_line(result)
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_bad_input_is_one_line_and_exit_code_2(corpus, tmp_path):
    nowhere, short = tmp_path / "nowhere", tmp_path / "short"
    for folder in (nowhere, short):
        (folder / "clips").mkdir(parents=True)
        (folder / "manifest.csv").write_bytes((corpus / "manifest.csv").read_bytes())
    for clip in (corpus / "clips").iterdir():
        data = clip.read_bytes()
        (short / "clips" / clip.name).write_bytes(data[: len(data) // 2])
    expert = ["experiment=syncnet", f"run={tmp_path}/run", *TINY_EXPERT]
    lips = ["experiment=wav2lip", f"run={tmp_path}/run", *TINY_GENERATOR]
    good = f"data.manifests=[{corpus}]"
    cases = {
        "no experiment given": [good],
        "unknown experiment=magic; choose one of": ["experiment=magic"],
        "data.manifests must be given": expert,
        "task.expert must be given": ["experiment=published/wav2lip", f"run={tmp_path}/run", good],
        "no such manifest": [*expert, f"data.manifests=[{tmp_path}]"],
        "although the manifest names it": [*expert, f"data.manifests=[{nowhere}]"],
        "not a complete clip file": [*expert, f"data.manifests=[{short}]"],
        "batch_size must be at least 2": [*expert, good, "data.batch_size=1"],
        "sacle": [*expert, good, "+task.loss.sacle=1"],
        "missing.ckpt: no such file": [*lips, good, f"task.expert={tmp_path}/missing.ckpt"],
        "holds a generator, not a sync expert": [
            *lips,
            good,
            f"task.expert={generator_checkpoint(tmp_path)}",
        ],
    }
    for text, arguments in cases.items():
        assert text in error_line(train(*arguments))


def generator_checkpoint(folder):
    from wav2lip.checkpoints import build_network, save_network

    config = {"_target_": "wav2lip.models.Generator", "width": 0.0625}
    save_network(folder / "generator.safetensors", build_network(config), config, {})
    return folder / "generator.safetensors"


EXPERIMENTS = sorted(
    str(path.relative_to(ROOT / "configs" / "experiment").with_suffix(""))
    for path in (ROOT / "configs" / "experiment").rglob("*.yaml")
)
PLAIN = ("++task.generator.fold=1", "++task.generator.warp=false")
TINY_DISCRIMINATOR = ("task.discriminator.width=0.0625",)


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    """An untrained expert and an untrained generator, of 48 px."""
    from wav2lip.checkpoints import build_network, save_network

    torch.manual_seed(0)  # how fast rounding errors grow depends on the weights
    folder = tmp_path_factory.mktemp("networks")
    small = {"width": 0.0625, "image_size": 48, "embedding": 16, "audio_residuals": [0, 0, 0, 0]}
    for name in ("SyncNet", "Generator"):
        config = {"_target_": f"wav2lip.models.{name}", **small}
        save_network(folder / f"{name}.safetensors", build_network(config), config, {}, half=False)
    return folder


@pytest.fixture(scope="module")
def one_person(tmp_path_factory):
    folder = tmp_path_factory.mktemp("person")
    write_synthetic_corpus(folder, {"train": 1}, seconds=8.0, image_size=48)
    return folder


def task_of(experiment):
    with initialize_config_module("wav2lip.configs", version_base="1.3"):
        config = compose("train", [f"experiment={experiment}"])
    return config.task._target_.rpartition(".")[2]


def settings(experiment, task, networks):
    """Overrides that make an experiment small and give it the networks it needs."""
    if task == "SyncNetTask":
        own = ["model/syncnet@task.syncnet=small"] if experiment == "bundled/expert" else []
        return [*own, *TINY_EXPERT]  # its channels are listed one by one
    expert = f"task.expert={networks / 'SyncNet.safetensors'}"
    if experiment == "finetune_speaker":
        return [f"init_from={networks / 'Generator.safetensors'}", expert]
    discriminator = TINY_DISCRIMINATOR if task == "Wav2LipGANTask" else ()
    return [*TINY_GENERATOR, *PLAIN, expert, *discriminator]


@pytest.mark.slow
@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_experiment_of_an_expert_or_a_drawn_face_trains(
    experiment, corpus, one_person, networks, tmp_path, train_here
):
    task = task_of(experiment)
    if task in ("LipMotionTask", "MeshGeneratorTask"):
        pytest.skip("test_lip_motion_and_mesh_generator_train_one_after_the_other")
    if task == "MeshSyncNetTask":
        pytest.skip("tests/tasks/test_mesh_syncnet.py: these clips have no landmarks")
    data = one_person if experiment == "finetune_speaker" else corpus
    arguments = [f"experiment={experiment}", f"data.manifests=[{data}]", f"run={tmp_path}"]
    train_here(*arguments, *settings(experiment, task, networks), "trainer.max_steps=2")
    assert (tmp_path / "checkpoints" / "best.ckpt").is_file()
    assert (tmp_path / "curves" / "curves.png").is_file()
    kind = "syncnet" if task == "SyncNetTask" else "generator"
    assert load_network(tmp_path / "checkpoints" / "last.ckpt", kind).config["image_size"] == 48
    strips = list((tmp_path / "samples").glob("*.png"))
    assert bool(strips) == (kind == "generator")


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["", "bundled/"])
def test_lip_motion_and_mesh_generator_train_one_after_the_other(
    folder, tmp_path, train_here, monkeypatch
):
    write_mouth_corpus(tmp_path / "clips", {"train": 2, "val": 1})
    monkeypatch.chdir(tmp_path)
    data = [f"data.manifests=[{tmp_path / 'clips'}]"]
    short = [*data, "data.min_frames=5", "trainer.max_steps=2"]
    motion = tmp_path / "runs" / f"{folder.replace('/', '_')}lip_motion" / "checkpoints/best.ckpt"
    no_expert = ["task.expert=null"] if folder else []
    train_here(f"experiment={folder}lip_motion", *short, "task.lip_motion.width=8", *no_expert)
    assert load_network(motion, "lip_motion").config["width"] == 8
    tiny = ["task.generator.inpainter_width=0.25", "task.discriminator.width=0.25"]
    train_here(f"experiment={folder}mesh_generator", *short, f"task.motion_from={motion}", *tiny)
    run = tmp_path / "runs" / f"{folder.replace('/', '_')}mesh_generator"
    loaded = load_network(run / "checkpoints" / "best.ckpt", "generator")
    assert (loaded.config["width"], loaded.config["inpainter_width"]) == (8, 0.25)


def test_speaker_fine_tuning_needs_no_expert_and_reports_the_change(
    one_person, networks, tmp_path, train_here, capsys
):
    train_here(
        "experiment=finetune_speaker",
        f"data.manifests=[{one_person}]",
        f"init_from={networks / 'Generator.safetensors'}",
        f"run={tmp_path}",
        "trainer.max_steps=4",
    )
    curves = read_curves(tmp_path / "curves" / "metrics.csv")
    for name in ("val/mouth_l1", "val/judge_c", "val/judge_real", "val/audio_contrast"):
        assert [step for step, _ in curves[name]] == [0, 1, 3]  # before the first step, and after
    text = "".join(capsys.readouterr())
    assert "held-out data, step 0 -> step" in text or "no step improved val/loss" in text


@pytest.mark.slow
def test_ablations_are_collected_into_a_table(corpus, networks, tmp_path, train_here):
    experiments = "experiment=ablation/full,ablation/no_sync"
    tiny = [
        *TINY_GENERATOR,
        *PLAIN,
        *TINY_DISCRIMINATOR,
        f"task.expert={networks / 'SyncNet.safetensors'}",
    ]
    # ++, because Hydra first composes the config without the swept experiment: its task is the expert's.
    tiny = ["++" + override.lstrip("+") for override in tiny]
    run = "run=" + str(tmp_path) + "/${experiment_name}/seed-${seed}"
    data = f"data.manifests=[{corpus}]"
    sweep = [experiments, "seed=1,2", run, f"hydra.sweep.dir={tmp_path}"]
    train_here("-m", *sweep, data, *tiny, "trainer.max_steps=2")
    table = tabulate(collect(tmp_path, "val/loss", ["val/l1"]), ["val/l1"])
    assert {row.name: row.cells["val/l1"].clips for row in table.rows} == {
        "full": 2,
        "no_sync": 2,
    }


@pytest.mark.slow
def test_every_option_at_once(corpus, networks, tmp_path, train_here):
    train_here(
        "experiment=wav2lip_gan",
        f"data.manifests=[{corpus}]",
        f"run={tmp_path}",
        *(
            *TINY_GENERATOR,
            *PLAIN,
            *TINY_DISCRIMINATOR,
            f"task.expert={networks / 'SyncNet.safetensors'}",
        ),
        "trainer.max_steps=2",
        "trainer.precision=bf16-mixed",
        "compile=aot_eager",
        "logger=wandb",
        "callbacks.videos.every=1",
        "+task.pixel_losses.ssim={_target_: wav2lip.losses.SSIMLoss}",
        "+task.weights.ssim=0.1",
    )
    assert 0 < logged(tmp_path, "val/ssim")[0] < 1
    (offline,) = (tmp_path / "wandb").glob("offline-run-*")
    media = {path.suffix for path in (offline / "files" / "media").rglob("*") if path.is_file()}
    assert media == {".png", ".mp4"}


def logged(run, name):
    return [value for _, value in read_curves(run / "curves" / "metrics.csv")[name]]


@pytest.mark.slow
def test_two_processes_train_as_one_with_the_same_global_batch(corpus, networks, tmp_path):
    # Two batches of two hold the same samples as one batch of four. SGD, because the first steps of Adam have
    # the size of the learning rate whatever the gradient, which would hide or magnify differences. Low rates,
    # because rounding errors grow tenfold per step: at 0.05 one process with two threads differs by 4e-5 from one
    # with one thread after four steps. The discriminator learns faster: at 0.02 its loss doubles in four steps.
    # At these rates one process with two threads differs from one with one thread by up to 8e-7 in the first step, 4e-6
    # in the second and 4e-5 in the fourth (four experts), as two processes do. A step changes the features by 2e-2.
    expert = f"task.expert={networks / 'SyncNet.safetensors'}"
    arguments = [
        "experiment=wav2lip_gan",
        f"data.manifests=[{corpus}]",
        *(*TINY_GENERATOR, *PLAIN, *TINY_DISCRIMINATOR, expert),
        "trainer.max_steps=4",
        "trainer.log_every_n_steps=1",
        "task.optimizer={_target_: torch.optim.SGD, lr: 0.02}",
        "~task.optimizer.betas",
        "task.discriminator_optimizer={_target_: torch.optim.SGD, lr: 0.002}",
        "~task.discriminator_optimizer.betas",
        "task.warmup=null",
    ]
    one = train(*arguments, f"run={tmp_path}/one", "data.batch_size=4")
    assert one.returncode == 0, one.stderr
    two = train(*arguments, f"run={tmp_path}/two", "trainer=ddp", "trainer.devices=2")
    assert two.returncode == 0, two.stderr
    names = (
        "train/l1",
        "train/edge",
        "train/features",
        "train/sync",
        "train/adv",
        "train/real",
        "train/fake",
        "val/l1",
        "val/sync",
    )
    for name in names:
        single, double = (logged(tmp_path / run, name) for run in ("one", "two"))
        assert len(single) == (4 if name.startswith("train") else 3), name
        assert double == pytest.approx(single, abs=1e-4), name
        if name.startswith("train"):  # before rounding errors have grown
            assert double[0] == pytest.approx(single[0], abs=3e-6), name
            assert double[1] == pytest.approx(single[1], abs=2e-5), name
    first, *_, last = logged(tmp_path / "one", "val/l1")
    assert abs(first - last) > 2e-4  # the steps changed the compared values
