"""Check that all parts run on a GPU and give the results of the CPU, and measure their speed.

    python benchmarks/gpu.py                           everything, on the first GPU
    python benchmarks/gpu.py inference                 only that part; or training
    python benchmarks/gpu.py --experiments wav2lip     training of these experiments alone
    python benchmarks/gpu.py --device cpu --quick      try out the checks themselves, within two minutes

Needs a checkout with the extras of training, and nothing from the network. Prints a line for each check: whether it
passed, its seconds and its figures. The last line is the verdict; the exit code is 1 if a check failed.

inference: whole runs of the bundled generator, a generator of crops in fp32, fp16 and bf16, and the mesh generator with
    each engine of the device. Their pictures are compared with those of the CPU in fp32.
training: 30 steps of every experiment in fp32 and bf16 on synthetic clips. Each step is done, all losses are finite,
    and a run resumes at the step at which it ended.
"""

import argparse
import logging
import sys
import tempfile
import warnings
from pathlib import Path

import torch
from gpu_checks import Checks
from gpu_engines import check_crops, check_frames, check_mesh, show_copies
from gpu_training import EXPERIMENTS, check_training

from wav2lip.errors import InputError
from wav2lip.utils.devices import torch_device
from wav2lip.utils.onnx import runtime
from wav2lip.utils.platform import cpu_count

PARTS = ("inference", "training")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", help=f"of {' '.join(PARTS)}; default: both")
    parser.add_argument("--device", default="cuda", help="cuda, cuda:1, cpu (default: cuda)")
    parser.add_argument("--quick", action="store_true", help="little work, small batches")
    parser.add_argument("--experiments", nargs="+", default=list(EXPERIMENTS), choices=EXPERIMENTS)
    args = parser.parse_args()
    if unknown := set(args.parts) - set(PARTS):
        parser.error(f"unknown part {', '.join(unknown)}; choose of {' '.join(PARTS)}")
    try:
        device = torch_device(args.device)
    except InputError as error:
        parser.error(str(error))
    for library in ("pytorch_lightning", "lightning_fabric"):
        warnings.filterwarnings("ignore", module=library)
        logging.getLogger(library).setLevel(logging.ERROR)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    providers = ", ".join(runtime().get_available_providers())
    print(
        f"{name}, {cpu_count()} cores, torch {torch.__version__}, Python {sys.version.split()[0]}"
    )
    print(f"onnxruntime {runtime().__version__}: {providers}", flush=True)
    checks = Checks(device, args.quick)
    parts = args.parts or PARTS
    if "inference" in parts:
        for part in (check_frames, check_crops, check_mesh, show_copies):
            part(checks)
    if "training" in parts:
        with tempfile.TemporaryDirectory() as folder:
            check_training(checks, Path(folder), args.experiments)
    if checks.failed:
        print(
            f"verdict: {len(checks.failed)} of {checks.count} checks FAILED: {'; '.join(checks.failed)}"
        )
        raise SystemExit(1)
    print(f"verdict: all {checks.count} checks passed on {name}")


if __name__ == "__main__":
    main()
