"""torch.compile for the networks of a task."""

from torch import nn


def compile_stacks(network: nn.Module, backend: str) -> None:
    """Compile, at their first call, the stacks of layers that a network is made of.

    Not the network's `forward`: tasks also call a stack alone (an audio encoder, `Generator.draw`,
    a critic's `logits`), past what would be compiled there.
    """
    for stack in network.children():
        if type(stack) is nn.ModuleList:  # a list is never called, its items are
            compile_stacks(stack, backend)
        else:
            stack.compile(backend=backend)
