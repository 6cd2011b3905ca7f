"""The container files, as far as that can be seen without building them."""

import re
from pathlib import Path

import yaml

from wav2lip.cli.serve import build_parser

ROOT = Path(__file__).resolve().parents[1]


def test_the_image_runs_as_a_user_of_its_own_and_checks_its_health():
    text = (ROOT / "Containerfile").read_text()
    lines = text.splitlines()
    assert lines.index("USER 10001") < next(
        n for n, line in enumerate(lines) if line.startswith("ENTRYPOINT")
    )
    assert "/health" in next(line for line in lines if line.strip().startswith("CMD ["))
    for source in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE):
        for name in source.split():
            assert (ROOT / name).exists(), name
            assert f"!{name}" in (ROOT / ".dockerignore").read_text().splitlines()


def test_the_service_is_locked_down_and_its_options_exist():
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    service = compose["services"]["wav2lip"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    text = (ROOT / "Containerfile").read_text()
    entry = re.findall(r'"([^"]*)"', text[text.index("ENTRYPOINT") :])
    args = build_parser().parse([*entry[2:], *service["command"]])
    assert (args.host, str(args.folder), str(args.token_file)) == (
        "0.0.0.0",
        "/data",
        "/run/secrets/token",
    )
