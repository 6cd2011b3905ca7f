"""The name of the distribution and its optional dependencies.

The import name is `wav2lip`; on PyPI that name belongs to another project.
"""

from importlib import import_module
from types import ModuleType

from wav2lip.errors import InputError

DISTRIBUTION = "wav2lip-lab"


def extra_message(module: str, extra: str) -> str:
    """One line that names the missing module and the command that installs it."""
    return (
        f"{module} is not installed; run: pip install '{DISTRIBUTION}[{extra}]' "
        f"(in a checkout: pip install '.[{extra}]')"
    )


def require_extra(module: str, extra: str) -> ModuleType:
    """Import a module that an optional extra installs.

    Args:
        module: Name of the module, e.g. "ray".
        extra: Name of the extra in pyproject.toml that installs it, e.g. "ray".

    Returns:
        The imported module.

    Raises:
        InputError: If the module is not installed. The message holds the pip command.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.partition(".")[0]:  # the module itself is there
            raise
        raise InputError(extra_message(module, extra)) from error
