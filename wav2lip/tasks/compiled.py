"""torch.compile for the networks of a task."""

from torch import nn


def compile_stacks(network: nn.Module, backend: str) -> None:
    """Compile the stacks of layers that a network consists of; each compiles at its first call.

    Compiling `forward` would not be enough. Tasks also call parts of a network: an audio encoder,
    `Generator.decode`, the `logits` of a discriminator.
    """
    for stack in network.children():
        if type(stack) is nn.ModuleList:  # a list is never called, its items are
            compile_stacks(stack, backend)
        else:
            stack.compile(backend=backend)
