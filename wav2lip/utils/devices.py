"""The torch device that a name means."""

from typing import TYPE_CHECKING

from wav2lip.errors import InputError
from wav2lip.utils.values import Device, check

if TYPE_CHECKING:
    import torch


def torch_device(name: "str | torch.device | None") -> "torch.device":
    """Return a device that this machine has.

    Args:
        name: for example "cpu" or "cuda:1"; None or "auto": the GPU if there is one, else the CPU.

    Raises:
        InputError: no such device, or this machine or this build of torch lacks it.
    """
    import torch

    if name is None or name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    check("device", str(name), Device(), ("device",))
    device = torch.device(name)
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise InputError(
            f"device {name}: this machine or this build of torch lacks it; use cpu or auto",
            settings=("device",),
        ) from error
    return device
