"""MkDocs hook: insert the output of `wav2lip COMMAND --help` into the command reference."""

import os
import re
import subprocess
import sys
from typing import Any

MARKER = re.compile(r"^<!-- help: (.*) -->$", re.MULTILINE)
PROGRAM = "import sys; from wav2lip.cli.main import main; sys.exit(main())"


def help_text(arguments: str) -> str:
    """Return what `wav2lip ARGUMENTS` prints.

    Raises:
        CalledProcessError: If the command fails, so that the build does.
    """
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments.split()],
        capture_output=True, text=True, check=True, env=os.environ | {"COLUMNS": "76"},
    ).stdout.strip()  # fmt: skip


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace each marker by the text that it asks for."""
    return MARKER.sub(lambda found: f"```text\n{help_text(found[1])}\n```", markdown)
