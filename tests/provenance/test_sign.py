import resource

import av
import pytest

from wav2lip.errors import InputError, OutputError
from wav2lip.provenance import Ingredient, VideoSigner, read_credentials
from wav2lip.utils.rewritten_file import RewrittenFile

FACE = Ingredient("face", "a.png", "ab" * 32)


def pictures(path):
    with av.open(str(path)) as container:
        return [bytes(frame.planes[0]) for frame in container.decode(video=0)]


def sign(signer, video, target):
    def rewrite(part, file):
        signer.sign(target, part, file, [FACE])

    with RewrittenFile(target, rewrite) as new:
        new.file.write(video.read_bytes())


@pytest.mark.parametrize("suffix", [".mp4", ".m4v", ".mov"])
def test_the_signed_video_is_the_same_and_slightly_larger(issued, video, tmp_path, suffix):
    consent, target = tmp_path / "consent.pdf", tmp_path / f"signed{suffix}"
    consent.write_bytes(b"I agree")
    signer = VideoSigner(*issued, consent=consent)
    assert signer.holder == "Studio good"
    sign(signer, video, target)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["consent.pdf", target.name]
    assert pictures(target) == pictures(video)
    assert 0 < target.stat().st_size - video.stat().st_size < 16_000
    found = read_credentials(target)
    assert [item.role for item in found.ingredients] == ["face", "consent"]


def test_a_certificate_that_c2pa_refuses_is_known_before_a_video_is_made(authority):
    paths = authority.issue("aimless", usage=None)
    with pytest.raises(InputError, match=r"aimless\.pem: C2PA refuses to sign with this cert"):
        VideoSigner(*paths)


def test_an_authority_for_timestamps_that_does_not_answer(issued):
    url = "http://127.0.0.1:9/"  # the port of the discard service, which nobody runs
    with pytest.raises(InputError, match=rf"^{url}: no timestamp from there"):
        VideoSigner(*issued, timestamp=url)


def test_a_consent_that_does_not_exist(issued):
    with pytest.raises(InputError, match=r"^none\.pdf: no such file"):
        VideoSigner(*issued, consent="none.pdf")


def test_a_file_that_is_no_video_cannot_be_signed(issued, tmp_path):
    text = tmp_path / "text.mp4"
    text.write_bytes(b"text" * 99)
    with pytest.raises(InputError, match=r"talk\.mp4: cannot be signed"):
        sign(VideoSigner(*issued), text, tmp_path / "talk.mp4")
    assert not (tmp_path / "talk.mp4").exists()


def test_a_full_disk_is_named_as_such_and_leaves_nothing(issued, video, tmp_path):
    signer, target = VideoSigner(*issued), tmp_path / "talk.mp4"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (video.stat().st_size + 100, hard))
    try:
        with pytest.raises(OutputError, match=r"talk\.mp4: cannot be written: the file exceeds"):
            sign(signer, video, target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []
