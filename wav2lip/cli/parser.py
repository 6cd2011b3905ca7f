"""The argument parser of the commands that have options, with errors of one line."""

import argparse
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

from wav2lip.errors import InputError
from wav2lip.live.idle_mouth import IDLE_MOUTHS
from wav2lip.utils.addresses import require_local

CUTOFF = 0.7  # 0-1; how alike a misspelt option and the suggested one must be


def file_name(text: str) -> Path:
    """Read the name of a file. An empty one would mean the current folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the name is empty")
    return Path(text)


def add_device(group: argparse._ActionsContainer) -> None:
    """Add the option that says where a generator runs."""
    group.add_argument(
        "--device", default="auto", help="cpu, cuda, cuda:1 (default: the GPU if there is one)"
    )


def add_generator(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose a generator and where it runs."""
    parser.add_argument(
        "--checkpoint",
        default="default",
        metavar="FILE",
        help="the generator (default: the bundled one)",
    )
    add_device(parser)


def add_idle_mouth(parser: argparse.ArgumentParser) -> None:
    """Add the option of the mouth that a live session shows while nobody speaks."""
    parser.add_argument(
        "--idle_mouth",
        choices=IDLE_MOUTHS,
        default="closed",
        help="while nobody speaks: closed, or that of the source (default: closed)",
    )


class OneLineParser(argparse.ArgumentParser):
    """A parser that raises `InputError` and suggests the nearest option.

    Attributes:
        addresses: options that take the address of a server; all others take files, numbers and names.
    """

    addresses: AbstractSet[str] = frozenset()

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see --help")

    def options(self) -> set[str]:
        """Return every option, synonyms included."""
        return {name for action in self._actions for name in action.option_strings}

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """Parse a command line.

        Raises:
            InputError: an option is unknown, misses its value, or there is an unexpected word or the address of
                a remote file.
        """
        # An unknown option is the likelier mistake than the one that argparse reports first.
        for word in words:
            if word.startswith("--") and len(word) > 2:
                self._check_option(word.partition("=")[0])
        for before, word in pairwise(["", *words]):  # before pathlib shortens s3:// to s3:/
            option, equals, value = word.partition("=")
            named = option.startswith("--") and equals
            name = option if named else before or "a path"
            if name not in self.addresses:
                require_local(name, value if named else word)
        parsed, unknown = self.parse_known_args(words)
        if unknown:
            self.error(f"unexpected argument {unknown[0]!r}")
        return parsed

    def _check_option(self, option: str) -> None:
        known = self.options()
        if any(name.startswith(option) for name in known):  # argparse takes abbreviations
            return
        names = sorted(name.lstrip("-") for name in known)
        near = get_close_matches(option.lstrip("-"), names, 1, CUTOFF)
        if near:
            raise InputError(f"unknown option {option}; did you mean --{near[0]}?")
        self.error(f"unknown option {option}")
