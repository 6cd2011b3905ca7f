"""The Gradio interface in a real browser."""

from urllib.parse import urlsplit

import pytest

from tests.web.browser import PROGRAM, Browser
from tests.web.running_server import RunningServer
from tests.web.test_server import FACE, speech

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="there is no Chromium on this machine"),
]


def test_a_job_from_the_studio_without_another_host(tmp_path):
    sound = tmp_path / "speech.wav"
    sound.write_bytes(speech(1))
    with (
        RunningServer(tmp_path / "files", "--studio") as server,
        Browser(tmp_path / "profile") as browser,
    ):
        browser.open(f"{server.url}/studio/")
        browser.wait("document.querySelectorAll('input[type=file]').length == 2")
        for left, file in ((1, FACE), (0, sound)):  # an input goes once its file was sent
            browser.run("document.querySelector('input[type=file]').id = 'next'")
            browser.choose("#next", file)
            browser.wait(f"document.querySelectorAll('input[type=file]').length == {left}")
        browser.run("document.querySelector('button.primary').id = 'make'")
        browser.click("#make")
        browser.wait("document.querySelector('textarea').value === 'done; synthetic'")
        browser.wait("document.querySelector('video')?.src.includes('synthetic-result.mp4')")
        hosts = {
            urlsplit(url).netloc
            for url in browser.requests
            if not url.startswith(("blob:", "data:"))
        }
        assert hosts == {urlsplit(server.url).netloc}
    assert "Traceback" not in server.log.read_text()
