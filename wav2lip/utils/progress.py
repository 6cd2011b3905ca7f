"""A progress bar on the terminal."""

from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class ProgressBar:
    """Stage, bar, percentage, elapsed and remaining time, on stderr if that is a terminal.

    A context manager. Call it with the name of the stage, the seconds of video that are done and
    the seconds in total.

    Args:
        title: text before the name of the stage.
    """

    def __init__(self, title: str = "") -> None:
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._title = title
        self._task = self._bar.add_task(title, total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, stage: str, done: float, total: float) -> None:
        """Update the bar; a total of 0 is not known yet."""
        self._bar.update(
            self._task,
            description=f"{self._title}{stage}",
            completed=done,
            total=total or None,
        )
