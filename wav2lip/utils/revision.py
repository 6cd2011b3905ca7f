"""Which code ran: the commit of a checkout, or the version of an installed package."""

import hashlib
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

DISTRIBUTION = "wav2lip-lab"
SECONDS = 10.0  # to wait for git


def _git(folder: Path, *words: str) -> str | None:
    """Output of git in a folder; None without git or outside a repository."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout.strip()


@cache
def code_revision(folder: Path | None = None) -> str:
    """Return the commit of a checkout, with "+changes.HASH" if tracked files differ, else the version.

    Args:
        folder: of the checkout; None: the one that holds this package. A folder inside another
            repository, such as an environment's, is no checkout.
    """
    root = (folder or Path(__file__).parents[2]).resolve()
    top = _git(root, "rev-parse", "--show-toplevel")
    if top and Path(top).resolve() == root:
        commit = _git(root, "rev-parse", "--short=12", "HEAD")
        if commit:
            changes = _git(root, "diff", "HEAD")
            if not changes:
                return commit
            digest = hashlib.sha256(changes.encode(errors="replace")).hexdigest()
            return f"{commit}+changes.{digest[:8]}"
    try:
        return f"version {version(DISTRIBUTION)}"
    except PackageNotFoundError:
        return "unknown"
