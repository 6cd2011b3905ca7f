"""A training of two processes, of which one is asked to stop."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from tests.kill.leftovers import session
from tests.kill.moments import ROOT
from wav2lip.synthetic.clips import write_synthetic_corpus

PATIENCE = 300.0  # seconds
WORDS = (
    *("experiment=syncnet", "trainer=ddp", "trainer.devices=2", "trainer.accelerator=cpu"),
    *("data.num_workers=0", "data.batch_size=2", "data.steps_per_epoch=1000", "threads=1"),
    *("data.dataset.image_size=48", "task.syncnet.width=0.0625", "++task.syncnet.embedding=16"),
    *("++task.syncnet.audio_residuals=[0,0,0,0]", "callbacks.last.every=2"),
    *("trainer.max_steps=100000", "~callbacks.progress", "+trainer.enable_progress_bar=false"),
)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
@pytest.mark.parametrize("who", ["first", "second"])
def test_both_save_the_same_step_and_end(who: str, tmp_path: Path) -> None:
    write_synthetic_corpus(tmp_path / "clips", {"train": 4, "val": 2}, seconds=1.4, image_size=48)
    last = tmp_path / "run" / "checkpoints" / "last.ckpt"
    words = (*WORDS, f"data.manifests=[{tmp_path}/clips]", f"run={tmp_path}/run")
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "train.py"), *words],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    )
    end = time.monotonic() + PATIENCE
    while not last.is_file():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    (other,) = (pid for pid in session(process.pid) if pid != process.pid)
    os.kill(process.pid if who == "first" else other, signal.SIGTERM)
    said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 143
    (step,) = set(re.findall(r"terminated; step (\d+) is saved", said))
    assert torch.load(last, weights_only=True)["global_step"] == int(step)
    assert "Traceback" not in said
    end = time.monotonic() + 30
    while session(process.pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert session(process.pid) == []
