import asyncio

import pytest

from wav2lip.web import uploads
from wav2lip.web.request_error import RequestError
from wav2lip.web.uploads import receive_form

TYPE = "multipart/form-data; boundary=edge"


def part(name, content, filename=None):
    label = f'; filename="{filename}"' if filename is not None else ""
    head = f'--edge\r\nContent-Disposition: form-data; name="{name}"{label}\r\n\r\n'
    return head.encode() + content + b"\r\n"


END = b"--edge--\r\n"


def receive(tmp_path, body, content_type=TYPE, limit=10_000, step=7, length=None):
    async def stream():
        for at in range(0, len(body), step):
            yield body[at : at + step]

    headers = {"content-type": content_type}
    if length is not None:
        headers["content-length"] = str(length)
    files = {name: tmp_path / name for name in ("face", "audio")}
    return asyncio.run(receive_form(stream(), headers, files, ("settings",), limit))


def test_files_and_fields_arrive_whole(tmp_path):
    face, audio = bytes(range(256)), b"--edg\r\n--edge"[:12]
    body = part("face", face, "a.jpg") + part("settings", b"{}") + part("audio", audio, "b") + END
    assert receive(tmp_path, body) == {"settings": "{}"}
    assert (tmp_path / "face").read_bytes() == face
    assert (tmp_path / "audio").read_bytes() == audio


def test_the_name_of_the_file_is_not_used(tmp_path):
    folder = tmp_path / "job"
    folder.mkdir()
    body = part("face", b"1", "../../face.jpg") + part("audio", b"2", "/etc/passwd") + END
    receive(folder, body)
    assert sorted(path.name for path in folder.iterdir()) == ["audio", "face"]
    assert list(tmp_path.iterdir()) == [folder]


FACE = part("face", b"1", "a")


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"", 400, "the form is cut off"),
        (b"no form", 400, "the form cannot be read"),
        (FACE, 400, "the form is cut off"),
        (FACE + END, 400, "the part audio is missing; send face and audio"),
        (FACE + FACE + END, 400, "face: there are two; send one"),
        (part("../face", b"1", "a") + END, 400, r"the part '../face' is unknown; the parts are"),
        (part("", b"1", "a") + END, 400, "the part '' is unknown"),
        (b"--edge\r\n\r\n1\r\n" + END, 400, "the part '' is unknown"),
        (part("settings", b"\xff") + END, 400, "settings: must be text in UTF-8"),
        (part("settings", b"1") * 2 + END, 400, "settings: there are two"),
        (part("face", bytes(20_000), "a") + END, 413, "more than 0.01 MB"),
        (b"--edge\r\nX: " + b"y" * 9000 + b"\r\n", 400, "the form cannot be read"),
    ],
)
def test_a_bad_form_is_named(body, status, message, tmp_path):
    with pytest.raises(RequestError, match=message) as raised:
        receive(tmp_path, body, step=100)
    assert raised.value.status == status


def test_the_limit_holds_before_anything_is_read_and_while_it_comes(tmp_path):
    with pytest.raises(RequestError, match="the request has more than") as raised:
        receive(tmp_path, b"", length=10_001)
    assert raised.value.status == 413
    with pytest.raises(RequestError, match="the request has more than"):
        receive(tmp_path, part("face", bytes(100_000), "a") + END, length=5)
    assert (tmp_path / "face").stat().st_size < 10_000


@pytest.mark.parametrize(
    "kind", ["", "application/json", "multipart/form-data", "multipart/mixed; boundary=edge"]
)
def test_other_requests_are_refused(kind, tmp_path):
    with pytest.raises(RequestError, match="the request must be a form") as raised:
        receive(tmp_path, END, content_type=kind)
    assert raised.value.status == 415


def test_a_client_that_falls_silent_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "PATIENCE", 0.1)

    async def stream():
        yield FACE
        await asyncio.sleep(60)

    files = {"face": tmp_path / "face"}
    with pytest.raises(RequestError, match=r"nothing came for 0.1 s; send it again") as caught:
        asyncio.run(receive_form(stream(), {"content-type": TYPE}, files, (), 10_000))
    assert caught.value.status == 408
