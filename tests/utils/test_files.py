import ast
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from wav2lip.callbacks import AtomicCheckpoints
from wav2lip.clips import write_clip
from wav2lip.errors import InputError, OutputError
from wav2lip.utils import files
from wav2lip.utils.files import AtomicFile, append, check_folder, check_writable, write_atomically
from wav2lip.utils.partials import create_partial, sweep_tree

PACKAGE = Path(files.__file__).parents[1]
WRITERS = (check_writable, lambda path: write_atomically(path, b"data"))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_with_its_folders_and_replaced(tmp_path):
    path = tmp_path / "new" / "folder" / "a.bin"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert names(path.parent) == ["a.bin"]


def test_the_mode_is_that_of_any_new_file(tmp_path):
    write_atomically(tmp_path / "a.bin", b"one")
    (tmp_path / "b.bin").touch()
    assert (tmp_path / "a.bin").stat().st_mode == (tmp_path / "b.bin").stat().st_mode


def test_a_path_that_cannot_be_written_is_named_and_leaves_nothing(tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("not a folder")
    for write in WRITERS:
        for path in (blocker / "a.bin", tmp_path, tmp_path / ("n" * 300)):
            with pytest.raises(InputError) as error:
                write(path)
            assert str(error.value).startswith(f"{path}: ")
            assert "\n" not in str(error.value)
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize(
    "name", ["n" * 255, "é" * 127, "\N{VIDEO CAMERA}" * 62 + ".mp4", "a." + "b" * 250]
)
def test_any_name_that_the_system_takes_can_be_written(name, tmp_path):
    for write in WRITERS:
        write(tmp_path / name)
    assert names(tmp_path) == [name]


def test_a_folder_is_checked_without_creating_it(tmp_path):
    blocker = tmp_path / "file"
    blocker.touch()
    check_folder(tmp_path)
    check_folder(tmp_path / "new" / "er")
    for folder in (blocker, blocker / "new"):
        with pytest.raises(OutputError, match="cannot be written: a part of the path is a file"):
            check_folder(folder)
    if os.geteuid():  # root may write anywhere
        tmp_path.chmod(0o500)
        with pytest.raises(OutputError, match="the folder is not writable; choose another"):
            check_folder(tmp_path / "new")
        tmp_path.chmod(0o700)
    assert names(tmp_path) == ["file"]


def test_checking_leaves_the_file_as_it_is(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("kept")
    check_writable(path)
    assert path.read_text() == "kept"
    check_writable(tmp_path / "b.txt")
    assert not (tmp_path / "b.txt").exists()


@pytest.mark.parametrize("error", [RuntimeError("a bug"), KeyboardInterrupt(), OSError(5, "read")])
def test_after_an_error_the_old_file_is_kept(error, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write():
        with AtomicFile(path) as new:
            new.file.write(b"half")
            raise error

    with pytest.raises((type(error), OutputError)):
        write()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def save_clip(path):
    empty = np.zeros((1, 4))
    write_clip(path, [b"0" * 200_000], empty, empty[0], np.zeros((1, 80)), np.zeros(1), {})


@pytest.mark.skipif(os.name == "nt", reason="needs a limit on the size of files")
@pytest.mark.parametrize(
    "save",
    [
        lambda path: write_atomically(path, b"0" * 200_000),
        lambda path: AtomicCheckpoints().save_checkpoint({"w": torch.zeros(100_000)}, path),
        save_clip,
    ],
    ids=["bytes", "checkpoint", "clip"],
)
def test_a_full_disk_is_one_line_and_the_file_before_is_kept(save, tmp_path):
    path = tmp_path / "a.ckpt"
    path.write_text("old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
        with pytest.raises(OutputError, match=r"a\.ckpt: cannot be written") as error:
            save(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert "\n" not in str(error.value)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.ckpt"]


def test_a_link_is_replaced_and_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("kept")
    for name, target in (("a", victim), ("b", tmp_path / "absent"), ("c", tmp_path / "c")):
        link = tmp_path / name
        link.symlink_to(target)
        write_atomically(link, b"data")
        assert not link.is_symlink()
        assert link.read_bytes() == b"data"
    assert victim.read_text() == "kept"
    assert names(tmp_path) == ["a", "b", "c", "victim"]


def test_a_continued_file_is_one_of_our_own(tmp_path):
    part = tmp_path / "a.part"
    append(part, b"one")
    append(part, b"two")
    assert part.read_bytes() == b"onetwo"
    victim = tmp_path / "victim"
    victim.write_text("kept")
    planted = [tmp_path / "link", tmp_path / "hard", tmp_path / "pipe", tmp_path / "folder"]
    planted[0].symlink_to(victim)
    planted[1].hardlink_to(victim)
    os.mkfifo(planted[2])
    planted[3].mkdir()
    for path in planted:
        with pytest.raises(OutputError, match=path.name):
            append(path, b"overwritten")
    assert victim.read_text() == "kept"


def test_killed_at_any_moment_the_file_before_is_kept_and_the_rest_is_swept(tmp_path):
    path = tmp_path / "last.ckpt"
    write_atomically(path, b"old")
    (tmp_path / "tmp").mkdir()
    code = (
        "import os, sys; from pathlib import Path; from wav2lip.utils.files import AtomicFile\n"
        "new = AtomicFile(Path(sys.argv[1])); new.file.write(b'half'); new.file.flush()\n"
        "print('writing', flush=True); sys.stdin.read()"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    with subprocess.Popen(
        [sys.executable, "-c", code, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    ) as process:
        assert process.stdout.readline() == b"writing\n"
        sweep_tree(tmp_path)
        assert len(names(tmp_path)) == 3, "the file of a process that lives is not swept"
        process.kill()
        process.wait()
    assert path.read_bytes() == b"old"
    assert not names(tmp_path / "tmp")
    sweep_tree(tmp_path)
    assert names(tmp_path) == ["last.ckpt", "tmp"]


def test_a_sweep_deletes_a_file_only_while_it_holds_the_lock(tmp_path, monkeypatch):
    """Otherwise a new file, not locked yet, is deleted after its creator has found it there."""
    fcntl = pytest.importorskip("fcntl")
    part, handle = create_partial(tmp_path / "a.mp4")
    os.close(handle)
    unlink, found = Path.unlink, []

    def checked(path):
        with path.open() as creator, pytest.raises(BlockingIOError):
            fcntl.flock(creator, fcntl.LOCK_EX | fcntl.LOCK_NB)
        found.append(path)
        unlink(path)

    monkeypatch.setattr(Path, "unlink", checked)
    sweep_tree(tmp_path)
    assert found == [part]
    assert not names(tmp_path)


# Calls that write to a path by another way, and the only places that may make them.
FORBIDDEN = {
    "write_text", "write_bytes", "imwrite", "mkstemp", "NamedTemporaryFile", "mkdtemp", "touch",
    "to_csv", "tofile", "savetxt", "copyfile", "copy2", "copytree", "move", "urlretrieve", "rename",
    "symlink_to", "hardlink_to", "save_file",
}  # fmt: skip
INTO_A_FILE = {"savefig", "savez", "savez_compressed"}  # fine into an `AtomicFile`
ALLOWED = {
    "checkpoints/onnx_int8.py",  # a temporary folder
    "live/live_mp4.py",  # a stream that the caller opened
    "web/studio.py",  # a temporary folder of Gradio
    "web/uploads.py",  # an upload grows in a new folder, which goes with it if it fails
    "utils/files.py",
    "utils/streams.py",
    "utils/partials.py",
    "utils/locked_file.py",
    "utils/locks.py",
    "utils/signals.py",
    "utils/stdout.py",
}


def called(node):
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def opens_for_writing(node):
    values = [*node.args, *(word.value for word in node.keywords)]
    texts = [v.value for v in values if isinstance(v, ast.Constant) and isinstance(v.value, str)]
    return any(set(text) <= set("rwxabt+") and set(text) & set("wxa+") for text in texts)


def is_pending(node):
    """`new.file` and `new.part` of an `AtomicFile`, or a buffer called `data`."""
    if isinstance(node, ast.Call) and called(node) == "file_url":
        node = node.args[0]
    return (isinstance(node, ast.Attribute) and node.attr in {"file", "part"}) or (
        isinstance(node, ast.Name) and node.id == "data"
    )


def other_ways(tree):
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or "os.devnull" in ast.unparse(node):
            continue
        name, module = called(node), ast.unparse(node.func).partition(".")[0]
        if module == "archive":  # a ZIP archive in the file that `AtomicFile` gave
            continue
        forbidden = name in FORBIDDEN or (name in {"replace", "open"} and module == "os")
        writes = name in INTO_A_FILE or (name == "save" and module in {"torch", "np"})
        writes |= name in {"open", "fdopen", "ZipFile"} and opens_for_writing(node)
        if forbidden or (writes and not any(map(is_pending, node.args))):
            yield node


def test_every_file_is_written_by_the_one_way():
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name not in ALLOWED:
            ways = other_ways(ast.parse(path.read_text("utf-8")))
            found += [f"{name}:{node.lineno}: {ast.unparse(node)}" for node in ways]
    assert not found, "use AtomicFile, write_atomically, write_table or append"


def test_other_ways_are_found():
    code = (
        "path.open('w')\nopen(path, mode='xb')\npath.write_text(a)\nfigure.savefig(path)\n"
        "torch.save(a, path)\nos.open(path, flags)\nos.replace(a, b)\nav.open(path, 'w')\nwave.open(path, 'wb')\n"
        "cv2.imwrite(path, a)\nnp.savez(path, a)\nsave_file(a, path)\n"
    )
    assert len(list(other_ways(ast.parse(code)))) == len(code.splitlines())
    fine = "path.open('rb')\nopen(path)\ntorch.save(a, new.file)\nav.open(file_url(x.part), 'w')\narchive.open(a, 'w')"
    assert not list(other_ways(ast.parse(fine)))
