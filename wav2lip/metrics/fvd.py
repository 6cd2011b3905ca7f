"""Features of FVD; `wav2lip.metrics.frechet` has the distance.

Source: Unterthiner et al., "FVD: A New Metric for Video Generation" (2019).
"""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.types import Image
from wav2lip.utils.torch_files import DAMAGED

FRAMES = 16  # of one window, as in most published numbers
FEATURES = 400
WEIGHTS = "i3d_torchscript.pt"


class I3DFeatures:
    """Features of windows of 16 frames by the I3D network of FVD.

    Args:
        i3d: TorchScript file of the network: (B,3,T,H,W) RGB 0-255 in, which it resizes itself, (B,400) out, as
            `i3d_torchscript.pt` of StyleGAN-V and others.

    Raises:
        InputError: no such file, or another one.
    """

    def __init__(self, i3d: Path) -> None:
        if not i3d.is_file():
            raise InputError(f"{i3d}: no such file; give FVD's network {WEIGHTS}")
        self._path = i3d
        try:
            self._network = torch.jit.load(str(i3d), map_location="cpu").eval()  # type: ignore[no-untyped-call]
        except DAMAGED as error:
            raise InputError(f"{i3d}: not a TorchScript network; give {WEIGHTS}") from error

    @torch.inference_mode()
    def __call__(self, faces: Image) -> NDArray[np.float32]:
        """Features of face crops (T,H,W,3) uint8 BGR -> (T // 16, 400); frames beyond the last window have no effect.

        Raises:
            InputError: the network cannot take them.
        """
        found: list[NDArray[np.float32]] = []
        for start in range(0, len(faces) - FRAMES + 1, FRAMES):
            rgb = faces[start : start + FRAMES, ..., ::-1].transpose(3, 0, 1, 2)[None]
            video = torch.from_numpy(rgb.astype(np.float32))
            try:
                features = self._network(video, rescale=True, resize=True, return_features=True)
            except DAMAGED as error:
                raise InputError(f"{self._path}: is no I3D network; give {WEIGHTS}") from error
            found.append(features.reshape(1, -1).float().numpy())
        return np.concatenate(found) if found else np.zeros((0, FEATURES), np.float32)
