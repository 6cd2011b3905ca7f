"""`--help` of the Hydra commands, read from the config files and their comments."""

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

CONFIGS = "wav2lip.configs"
LINE = re.compile(r"(?P<indent> *)(?P<key>[\w/]+):(?P<value>[^#]*)(?:#\s*(?P<text>.*))?")
PACKAGE = re.compile(r"# @package (?P<package>\S+)")
SKIPPED = ("defaults", "hydra", "_target_", "_partial_", "_recursive_", "_convert_")
WIDTH = 34  # characters of the column of keys


def _names(folder: Traversable, prefix: str = "") -> Iterator[str]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _names(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".yaml"):
            yield prefix + entry.name.removesuffix(".yaml")


def options_of(group: str) -> list[str]:
    """Return the options of a config group, those in subfolders included."""
    folder = files(CONFIGS).joinpath(*group.split("/"))
    return sorted(_names(folder)) if folder.is_dir() else []


def groups() -> list[str]:
    """Return the top-level config groups."""
    return sorted(e.name for e in files(CONFIGS).iterdir() if e.is_dir() and e.name[0] != "_")


def text_of(name: str) -> str:
    """Return the text of a config file, given its path below the configs without the suffix."""
    return files(CONFIGS).joinpath(*f"{name}.yaml".split("/")).read_text(encoding="utf-8")


def _description(text: str) -> list[str]:
    """Return the comment lines at the top of a file."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        if PACKAGE.match(line):
            continue
        lines.append(line.lstrip("# ").rstrip())
    return lines


def _package(group: str, text: str) -> str:
    """Return the dotted prefix of the keys of a group's option: from its header, else from its place."""
    header = PACKAGE.match(text)
    if header:
        return "" if header["package"] == "_global_" else f"{header['package']}."
    name, _, package = group.partition("@")
    return f"{package or name.replace('/', '.')}."


def _rows(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield (dotted key, default, comment) of each value in a YAML text."""
    parents: list[tuple[int, str]] = []
    skipped: int | None = None  # indentation of the block that is left out
    for line in text.splitlines():
        match = LINE.fullmatch(line)
        if match is None:
            continue
        indent = len(match["indent"])
        if skipped is not None and indent > skipped:
            continue
        skipped = None
        parents = [parent for parent in parents if parent[0] < indent]
        key, value = match["key"], match["value"].strip()
        if key in SKIPPED:
            skipped = indent
            continue
        parents.append((indent, key))
        if value or match["text"]:
            default = "required" if value == "???" else value
            yield ".".join(name for _, name in parents), default, match["text"] or ""


def _table(text: str, package: str = "") -> list[str]:
    lines = []
    for key, default, comment in _rows(text):
        left = f"  {package}{key}" + (f"={default}" if default and default != "required" else "")
        note = f"(required) {comment}" if default == "required" else comment
        gap = " " * max(2, WIDTH - len(left))
        lines.append((left + gap + note).rstrip())
    return lines


def help_text(command: str, arguments: str, summary: str, choices: Mapping[str, str | None]) -> str:
    """Return the help of a command: its keys, defaults and groups.

    Args:
        command: name of the command and of its config file.
        arguments: what the usage line shows after the name.
        summary: one line about the command.
        choices: option of each config group.
    """
    text = text_of(command)
    lines = [f"usage: wav2lip {command} {arguments}", "", summary, ""]
    lines += [f"  {line}" for line in _description(text)]
    lines += ["", "keys, with their defaults:", *_table(text)]
    for group, choice in choices.items():
        if group.startswith("hydra"):
            continue
        known = ", ".join(options_of(group.partition("@")[0])) or "none"
        lines += ["", f"{group}={choice or 'null'}  (one of: {known})"]
        if choice:
            own = text_of(f"{group.partition('@')[0]}/{choice}")
            lines += [f"  {line}" for line in _description(own)]
            lines += _table(own, _package(group, own))
    lines += ["", "-m runs every combination of comma-separated values; --hydra-help explains more"]
    return "\n".join(lines)
