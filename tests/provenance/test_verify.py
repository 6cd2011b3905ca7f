import time

import pytest
from certificates import Authority
from cryptography import x509

from wav2lip import __version__
from wav2lip.errors import InputError
from wav2lip.provenance import Ingredient, VideoSigner, read_credentials
from wav2lip.utils.files import AtomicFile

PARTS = [
    Ingredient("face", "a.png", "ab" * 32),
    Ingredient("audio", "array"),
    Ingredient("checkpoint", "g.onnx", "cd" * 32),
]


@pytest.fixture(scope="session")
def signed(issued, video, tmp_path_factory):
    path = tmp_path_factory.mktemp("signed") / "signed.mp4"
    with AtomicFile(path) as new:
        VideoSigner(*issued).sign(path, video, new.file, PARTS)
    return path


def box(data, name):
    """First and last byte of the content of a top-level box."""
    place = 0
    while place < len(data):
        size = int.from_bytes(data[place : place + 4])
        if data[place + 4 : place + 8] == name:
            return place + 8, place + size
        place += size
    raise KeyError(name)


def test_an_unknown_signer_is_valid_and_all_that_was_signed_is_read(signed):
    found = read_credentials(signed)
    assert (found.state, found.signer) == ("Valid", "Studio good")
    assert found.generator == f"wav2lip-lab {__version__}"
    assert found.source_type == "compositeWithTrainedAlgorithmicMedia"
    assert (found.timestamp, found.created[:2]) == ("", "20")
    assert found.ingredients == PARTS
    assert found.problems == [
        "the authority of the signer's certificate is not among the trusted ones"
    ]


def test_the_authority_that_is_trusted(signed, authority):
    found = read_credentials(signed, authority.anchor)
    assert (found.state, found.problems) == ("Trusted", [])


def test_another_authority_is_not_enough(signed, tmp_path):
    assert read_credentials(signed, Authority(tmp_path).anchor).state == "Valid"


@pytest.mark.parametrize("name", [b"mdat", b"moov", b"uuid"])
@pytest.mark.parametrize("share", [0.1, 0.3])
def test_one_changed_byte_is_invalid(signed, authority, tmp_path, name, share):
    data = bytearray(signed.read_bytes())
    first, last = box(data, name)
    data[first + round(share * (last - first))] ^= 1
    changed = tmp_path / "changed.mp4"
    changed.write_bytes(data)
    found = read_credentials(changed, authority.anchor)
    assert found.state == "Invalid"
    if name == b"mdat":
        assert found.problems == ["the file was changed after it was signed"]


def test_a_file_that_was_cut_is_invalid(signed, tmp_path):
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(signed.read_bytes()[:-500])
    assert read_credentials(cut).state == "Invalid"


def test_files_without_credentials(video, tmp_path):
    assert read_credentials(video) is None
    for name, data in (("a.txt", b"text"), ("empty.mp4", b""), ("a.mkv", b"\x1aE\xdf\xa3" * 9)):
        (tmp_path / name).write_bytes(data)
        assert read_credentials(tmp_path / name) is None


def test_what_a_stranger_wrote_stays_on_one_line(issued, video, tmp_path):
    path = tmp_path / "odd.mp4"
    odd = Ingredient("face", "a\n.png\x1b[2J", "ab")
    with AtomicFile(path) as new:
        VideoSigner(*issued).sign(path, video, new.file, [odd])
    assert read_credentials(path).ingredients[0].name == "a .png[2J"


def _signed_for(seconds, authority, video, path):
    """Sign with a certificate that is valid for some seconds; return when it expires."""
    files = authority.issue(f"short{seconds}", end=seconds / 86_400)
    signer = VideoSigner(*files)
    with AtomicFile(path) as new:
        signer.sign(path, video, new.file, [])
    certificate = x509.load_pem_x509_certificate(files[0].read_bytes())
    return certificate.not_valid_after_utc.timestamp()


@pytest.mark.slow  # waits until it has
def test_a_certificate_that_has_expired_since(authority, video, tmp_path):
    path = tmp_path / "short.mp4"
    try:
        end = _signed_for(3, authority, video, path)
    except InputError:  # the machine is so busy that it expired before it could sign
        end = _signed_for(60, authority, video, path)
    time.sleep(max(0.0, end + 1.5 - time.time()))
    found = read_credentials(path, authority.anchor)
    assert found.state == "Invalid"
    assert "the certificate has expired, and no trusted timestamp is older" in found.problems


def test_bad_input_is_one_line(signed, tmp_path):
    with pytest.raises(InputError, match=r"^none\.mp4: cannot be read \(No such file"):
        read_credentials("none.mp4")
    with pytest.raises(InputError, match=r"cannot be read \(Is a directory\)"):
        read_credentials(tmp_path)
    with pytest.raises(InputError, match="contains no certificate in PEM"):
        read_credentials(signed, signed)
