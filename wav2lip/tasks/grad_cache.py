"""Batches larger than memory: embed in chunks, keep only the embeddings, and embed again for the gradient.

Source: Gao et al., "Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup" (2021), algorithm 1. The
gradient is exactly that of the loss over all embeddings. Batch norms see one chunk at a time: the batch statistics are
those of a chunk, and the running ones are updated once per chunk, as by as many smaller batches.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint

Embed = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


@contextmanager
def frozen_statistics(network: nn.Module) -> Iterator[None]:
    """Leave the running statistics of batch norms as they are; the outputs do not change."""
    norms = [m for m in network.modules() if isinstance(m, _BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    counts = [norm.num_batches_tracked for norm in norms]
    before = [None if count is None else count.clone() for count in counts]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, momentum, count, value in zip(norms, momenta, counts, before, strict=True):
            norm.momentum = momentum
            if count is not None and value is not None:
                count.copy_(value)


def embed_in_chunks(
    embed: Embed, network: nn.Module, mel: Tensor, lips: Tensor, chunk: int
) -> tuple[Tensor, Tensor]:
    """Embed N windows, of which only `chunk` at a time are in memory with their graph.

    Args:
        embed: maps mel and lips of a chunk to embeddings of audio and face, (chunk, D) each.
        network: whose batch norms `embed` uses.
        mel: (N, ...).
        lips: (N, ...).
        chunk: windows at a time. Batch statistics need two or more, so a last one joins the chunk before it.

    Returns:
        Embeddings of audio and face, (N, D) each.
    """

    def contexts() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        return nullcontext(), frozen_statistics(network)

    bounds = [*range(0, max(len(mel) - 1, 1), chunk), len(mel)]
    parts = [
        checkpoint(
            embed,
            mel[first:last],
            lips[first:last],
            use_reentrant=False,
            context_fn=contexts,
        )
        for first, last in pairwise(bounds)
    ]
    audio, face = zip(*parts, strict=True)
    return torch.cat(audio), torch.cat(face)
