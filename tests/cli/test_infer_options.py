import os
from pathlib import Path

import pytest

from wav2lip.cli.infer_options import check_files, parse
from wav2lip.errors import InputError


def test_a_command_line_of_the_published_script_means_the_same() -> None:
    published = (
        "--checkpoint_path checkpoints/wav2lip_gan.pth --face in.mp4 --audio in.wav "
        "--outfile out.mp4 --static True --fps 30 --pads 0 20 5 5 --face_det_batch_size 8 "
        "--wav2lip_batch_size 64 --resize_factor 2 --crop 0 100 0 -1 --box -1 -1 -1 -1 --rotate "
        "--nosmooth"
    )
    options = parse(published.split())
    s = options.settings
    assert (options.checkpoint, options.face) == ("checkpoints/wav2lip_gan.pth", Path("in.mp4"))
    assert (options.audio, options.output) == (Path("in.wav"), Path("out.mp4"))
    assert (s.static, s.fps, s.pads, s.batch_size) == (True, 30.0, (0, 20, 5, 5), 64)
    assert (s.resize_factor, s.crop, s.finds_faces) == (2, (0, 100, 0, -1), True)
    assert (s.rotate, s.smooth) == (True, False)


def test_defaults_are_the_published_ones() -> None:
    options = parse(["--face", "in.mp4", "--audio", "in.wav"])
    s = options.settings
    assert options.output == Path("results/result_voice.mp4")
    assert (s.static, s.fps, s.pads, s.batch_size) == (False, 25.0, (0, 10, 0, 0), 128)
    assert (s.resize_factor, s.crop, s.box) == (1, (0, -1, 0, -1), (-1, -1, -1, -1))
    assert (s.rotate, s.smooth, s.faces, s.blend) == (False, True, "largest", "feather")
    assert options.checkpoint == "default"
    assert (s.neutral_reference, s.mute_pauses, s.denoise) == (True, True, False)
    assert parse(["--face", "a", "--audio", "b", "--denoise"]).settings.denoise is True


@pytest.mark.parametrize(
    ("option", "switches"),
    [("--no_neutral_reference", (False, True)), ("--no_mute_pauses", (True, False))],
)
def test_neutral_reference_and_muted_pauses_are_two_switches(
    option: str, switches: tuple[bool, bool]
) -> None:
    s = parse(["--face", "a", "--audio", "b", option]).settings
    assert (s.neutral_reference, s.mute_pauses) == switches


@pytest.mark.parametrize("name", ["--face", "--image", "--video"])
def test_synonyms_and_paths_as_they_come(name: str) -> None:
    options = parse([name, "-a b'.x.mp4", "--audio=-ü.wav", "--output", "--odd.mp4"])
    assert options.face == Path("-a b'.x.mp4")
    assert options.audio == Path("-ü.wav")
    assert options.output == Path("--odd.mp4")


def test_static_false_is_false() -> None:
    words = ["--face", "a", "--audio", "b", "--static"]
    assert parse([*words, "False"]).settings.static is False
    assert parse(words).settings.static is True


def test_faces_by_number() -> None:
    assert parse(["--face", "a", "--audio", "b", "--faces", "2"]).settings.faces == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--face a", "--face and --audio are required (or use --jobs)"),
        ("--face a --audio b --fps 0", "--fps must be 1 to 240, not 0"),
        ("--face a --audio b --fps 0.001", "--fps must be 1 to 240, not 0.001"),
        ("--face a --audio b --device nonsense", "--device must be auto, cpu, cuda, mps, xpu"),
        ("--face a --audio b --device cudo", "not cudo; did you mean cuda?"),
        ("--face a --audio b --min_confidence nan", "--min_confidence must be 0 or more"),
        ("--face a --audio b --detector retinafce", "did you mean retinaface?"),
        ("--face a --audio b --max_pixels 0", "--max_pixels must be a whole number, 1 to"),
        ("--face a --audio b --fps many", "invalid float value: 'many'; see --help"),
        ("--face a --audio b --pads 1 2", "expected 4 arguments"),
        ("--face a --audio b --static maybe", "neither true nor false"),
        ("--face a --audio b --wat 3", "unknown option --wat; see --help"),
        ("--fce a --audio b", "unknown option --fce; did you mean --face?"),
        ("--face a --audio b c", "unexpected argument 'c'"),
        ("--jobs j.csv --face a", "remove --face"),
        ("--jobs j.csv --outfile o.mp4", "remove --output"),
        ("--face a --audio b --output=", "--output/--outfile: the name is empty"),
        ("--face a --audio b --codec rawvideo", "--codec must be one of libx264, libx265,"),
        ("--face a --audio b --min_confidence -1", "must be 0 or more, not -1"),
    ],
)
def test_mistakes_are_one_line(words: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(words.split())
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_minimum_confidence_implies_the_sync_check() -> None:
    words = ["--face", "a.mp4", "--audio", "b.wav"]
    assert not parse(words).check_sync
    chosen = parse([*words, "--min_confidence", "0.5"])
    assert (chosen.check_sync, chosen.min_confidence, chosen.judge_weights) == (
        True,
        0.5,
        "bundled:judge",
    )


def test_files_are_checked_whatever_their_name(tmp_path: Path) -> None:
    face = tmp_path / "face.png"
    face.write_bytes(b"x")
    words = ["--face", str(face), "--audio"]
    for name in ("x" * 5000, "a\0b"):
        with pytest.raises(InputError, match="no such file; check --audio"):
            check_files(parse([*words, name]))
    with pytest.raises(InputError, match=r"no\.ckpt: no such file; check --judge_weights"):
        check_files(
            parse([*words, str(face), "--check_sync", "--judge_weights", str(tmp_path / "no.ckpt")])
        )
    for name, message in (
        ("x" * 300, "name is too long"),
        ("/no-such-folder/o.mp4", "make it first"),
    ):
        for option in ("--output", "--report", "--strip"):
            with pytest.raises(InputError, match=f"{message}.*choose another {option}"):
                check_files(parse([*words, str(face), option, name]))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--output o.avi", r"unknown video format '\.avi'; use one of \.mp4"),
        ("--output o.webm --codec libx264", "WebM does not support libx264"),
        ("--strip s.xyz", "unknown image format"),
        ("--face pipe", "pipe: is not a regular file; save it as one"),
        ("--audio /dev/null", "/dev/null: is not a regular file"),
    ],
)
def test_kinds_of_files_are_checked_before_anything_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    Path("face.png").write_bytes(b"x")
    with pytest.raises(InputError, match=message):
        check_files(parse(["--face", "face.png", "--audio", "face.png", *words.split()]))
