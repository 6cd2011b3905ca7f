"""The container files: read, and their steps run in a clean folder as far as that requires no root."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.web.running_server import wait_for_server
from wav2lip.cli.serve import build_parser
from wav2lip.web.access import OPEN

ROOT = Path(__file__).resolve().parents[1]
AS_ROOT = {"apt-get", "useradd", "install"}  # programs of steps that only root can run


def _instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Containerfile with their texts, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Containerfile").read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [(word, rest.strip()) for word, _, rest in (n.partition(" ") for n in lines) if word]


def _one(name: str) -> str:
    """Return the text of an instruction that is there once."""
    (text,) = [text for word, text in _instructions() if word == name]
    return text


def _health_command() -> list[str]:
    words: list[str] = json.loads(_one("HEALTHCHECK").partition("CMD ")[2])
    return words


def test_the_image_runs_as_a_user_of_its_own_and_checks_its_health():
    names = [word for word, _ in _instructions()]
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert _one("USER") == "10001"
    port, path = re.findall(r"http://127\.0\.0\.1:(\d+)(/\w+)", " ".join(_health_command()))[0]
    assert path in OPEN
    entry = json.loads(_one("ENTRYPOINT"))
    assert entry[entry.index("--port") + 1] == port == _one("EXPOSE")
    assert entry[entry.index("--folder") + 1] == _one("VOLUME")
    for word, text in _instructions():
        for name in text.split()[:-1] if word == "COPY" else ():
            assert (ROOT / name).exists(), name
            assert f"!{name}" in (ROOT / ".dockerignore").read_text().splitlines()


def test_the_service_is_locked_down_and_fits_the_image():
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    (service,) = compose["services"].values()
    assert (ROOT / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "user" not in service  # the image's own
    assert service["ports"] == [f"127.0.0.1:8000:{_one('EXPOSE')}"]
    volumes = dict(text.split(":") for text in service["volumes"])
    assert list(volumes) == list(compose["volumes"])
    assert list(volumes.values()) == [_one("VOLUME")]
    written = {word.partition("=")[2] for word in _one("ENV").split() if word.startswith("HOME=")}
    assert set(service["tmpfs"]) == written
    args = build_parser().parse([*json.loads(_one("ENTRYPOINT"))[2:], *service["command"]])
    assert (args.host, str(args.folder)) == ("0.0.0.0", _one("VOLUME"))
    assert [str(args.token_file)] == [f"/run/secrets/{name}" for name in service["secrets"]]
    assert set(service["secrets"]) == set(compose["secrets"])


def _copy(text: str, root: Path) -> None:
    *names, target = text.split()
    folder = root / target.lstrip("/")
    for name in names:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder)


def _run(text: str, root: Path) -> None:
    """Run the commands of a step in the environment below `root`; those of root are left out."""
    for command in text.split("&&"):
        words = shlex.split(command)
        if words[0] in AS_ROOT or "/var/" in command:
            continue
        assert words[0] in ("pip", "rm"), command
        inside = [re.sub(r"^/(?=source)", f"{root}/", word) for word in words]
        if words[0] == "pip":
            inside = [str(root / "bin" / "python"), "-m", *inside]
        done = subprocess.run(inside, capture_output=True, text=True, check=False, cwd=root)
        assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="the image is of Linux")
def test_the_steps_make_a_server_that_is_healthy(tmp_path):
    root = tmp_path / "root"
    subprocess.run([sys.executable, "-m", "venv", str(root)], check=True)
    for word, text in _instructions():
        if word == "COPY":
            _copy(text, root)
        elif word == "RUN":
            _run(text, root)
    assert not (root / "source").exists()
    program, *words = json.loads(_one("ENTRYPOINT"))
    words[words.index("--port") + 1] = "0"
    words[words.index("--folder") + 1] = str(tmp_path / "data")
    log = tmp_path / "log"
    environment = {
        "PATH": f"{root}/bin",
        "HOME": str(tmp_path),
        "WAV2LIP_TOKEN": "0123456789abcdef",
    }
    with log.open("wb") as file:
        server = subprocess.Popen(
            [str(root / "bin" / program), *words],
            env=environment, stdout=file, stderr=file, cwd=tmp_path,
        )  # fmt: skip
    try:
        port = wait_for_server(server, log).rpartition(":")[2]
        health = [word.replace(":8000/", f":{port}/") for word in _health_command()]
        done = subprocess.run(health, env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)
    assert "Traceback" not in log.read_text()
