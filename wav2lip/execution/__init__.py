"""Execution of many jobs: in processes of this machine, or on a Ray cluster."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "job": ["Executor", "Job"],
        "pool": ["run_in_pool"],
        "ray_executor": ["RayExecutor"],
    },
)
