"""The page in a real browser."""

import json
import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.web.browser import PROGRAM, Browser
from tests.web.running_server import RunningServer
from tests.web.test_server import FACE, ROOT, TOKEN, speech
from wav2lip.web.speech_synthesis import installed_synthesis

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="there is no Chromium on this machine"),
]
SHOTS = os.environ.get("WAV2LIP_SHOTS")  # folder for screenshots


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with RunningServer(tmp_path_factory.mktemp("page") / "files") as server:
        yield server


@pytest.fixture
def browser(tmp_path):
    with Browser(tmp_path / "profile", ROOT / "data" / "speech.wav") as browser:
        yield browser
        assert browser.problems == []


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "speech.wav"
    path.write_bytes(speech(2))
    return path


def _shoot(browser, name):
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        browser.screenshot(Path(SHOTS) / f"{name}.png")


def _hosts(browser):
    return {
        urlsplit(url).netloc for url in browser.requests if not url.startswith(("blob:", "data:"))
    }


def test_first_video_in_three_clicks(server, browser, sound):
    browser.open(server.url)
    _shoot(browser, "page_1280_empty")
    browser.choose("#job-face", FACE)  # click 1
    browser.choose("#job-sound", sound)  # click 2
    browser.click("#make")  # click 3
    browser.wait("document.querySelector('#status').textContent.includes('…')")
    browser.wait("!document.querySelector('#result').hidden")
    browser.wait("document.querySelector('#player').readyState >= 2")
    assert browser.run("document.querySelector('#player').duration") == pytest.approx(2, abs=0.1)
    browser.wait("document.querySelector('#strip').naturalHeight > 0")
    browser.wait("!document.querySelector('#sync').hidden")
    assert "LSE-C" in browser.text()
    assert "synthetic" in browser.text().lower()
    assert browser.run("document.querySelector('#download').download").startswith(
        "wav2lip-synthetic-"
    )
    _shoot(browser, "page_1280_result")
    browser.open(server.url, 390, 844)  # the job is found again
    browser.wait("document.querySelector('#player').readyState >= 2")
    browser.wait("document.querySelector('#strip').naturalHeight > 0")
    width = "document.documentElement.scrollWidth"
    assert browser.run(width) <= 390
    _shoot(browser, "page_390_result")
    browser.click("#remove")
    browser.wait("document.querySelector('#status').textContent === 'Removed'")
    _shoot(browser, "page_390_empty")
    assert _hosts(browser) == {urlsplit(server.url).netloc}


@pytest.mark.skipif(not installed_synthesis(), reason="espeak-ng is not installed")
def test_a_text_makes_a_job(server, browser, sound):
    browser.open(server.url)
    browser.choose("#job-face", FACE)
    browser.choose("#job-sound", sound)
    browser.wait("!document.querySelector('#text-box').hidden")
    browser.click("#job-text")
    browser.call("Input.insertText", text="Hello there.")
    assert browser.run("document.querySelector('#job-sound').value") == ""  # one replaces the other
    browser.run("document.querySelector('#check-sync').checked = false")  # it takes long
    browser.click("#make")
    browser.wait("document.querySelector('#status').textContent === 'Done'")
    browser.wait("document.querySelector('#player').readyState >= 2")
    _shoot(browser, "page_1280_text")
    browser.problems.clear()  # there is no sync report


def test_camera_and_microphone_make_a_job(server, browser):
    browser.open(server.url)
    browser.click("#job .camera")
    browser.wait("document.querySelector('#job .preview video')?.videoWidth > 0")
    browser.click("#job .camera")
    browser.wait("document.querySelector('#job .preview img')?.naturalWidth > 0")
    browser.click("#job .microphone")
    browser.wait("document.querySelector('#job .microphone').textContent === 'Stop recording'")
    browser.run("new Promise((done) => setTimeout(done, 1500))")
    browser.click("#job .microphone")
    browser.wait("document.querySelector('#job .preview audio') !== null")
    browser.run("document.querySelector('#check-sync').checked = false")  # it takes long
    browser.click("#make")
    # The fake camera shows a moving disc, in which a detector may or may not see a face.
    status = "document.querySelector('#status')"
    browser.wait(f"{status}.textContent === 'Done' || {status}.classList.contains('error')")
    assert browser.run(f"/^(Done|face: no face)/.test({status}.textContent)"), browser.text()
    browser.problems.clear()  # a job without a face has no files


def test_a_bad_file_is_one_line_on_the_page(server, browser, sound):
    browser.open(server.url)
    browser.choose("#job-face", Path(__file__))
    browser.choose("#job-sound", sound)
    browser.click("#make")
    browser.wait("document.querySelector('#status').classList.contains('error')")
    line = browser.run("document.querySelector('#status').textContent")
    assert line.startswith("face: not a readable picture, video or sound file")
    browser.problems.clear()  # the browser logs the 422


def test_evaluations_and_personal_models_have_tabs(tmp_path, browser):
    page = tmp_path / "run" / "index.html"
    page.parent.mkdir()
    page.write_text("<h1>Scores</h1><script>document.title = 'run'</script>")
    words = ("--evaluations", str(tmp_path))
    with RunningServer(tmp_path / "files", *words) as server:
        browser.open(server.url, 390, 844)
        browser.wait("!document.querySelector('#tab-evaluations').hidden")
        browser.click("#tab-evaluations")
        browser.wait("document.querySelector('#evaluation-page').src.endsWith('/v1/evaluations/0')")
        assert browser.run("document.querySelector('#evaluation-list').textContent") == "run"
        # The frame has an origin of its own.
        browser.wait("document.querySelector('#evaluation-page').contentDocument === null")
        _shoot(browser, "page_390_evaluations")
        browser.click("#tab-personal")
        browser.choose("#personal-video", FACE)
        browser.click("#tune")
        browser.wait("document.querySelector('#personal-status').classList.contains('error')")
        assert "film one person alone" in browser.text()
        assert browser.run("document.documentElement.scrollWidth") <= 390
        _shoot(browser, "page_390_personal")
        browser.problems.clear()  # the browser reports the script that it has not run


def test_the_page_is_used_by_keyboard(server, browser):
    browser.open(server.url, 390, 844)
    browser.press("Tab", 9)
    assert browser.run("document.activeElement.id") == "tab-video"
    browser.press("ArrowRight", 39)
    assert browser.run("document.activeElement.id") == "tab-live"
    assert browser.run("document.querySelector('#video').hidden")
    reached = []
    for _ in range(6):
        browser.press("Tab", 9)
        reached.append(browser.run("document.activeElement.id || document.activeElement.className"))
    assert [name for name in reached if name in ("live-face", "camera", "prepare")] == [
        "live-face",
        "camera",
        "prepare",
    ]
    _shoot(browser, "live_390_empty")


def test_the_interface_is_described_without_another_host(server, browser):
    browser.open(f"{server.url}/docs")
    browser.wait("document.querySelectorAll('#requests section').length > 8")
    for path in json.loads(browser.run("fetch('/openapi.json').then((a) => a.text())"))["paths"]:
        assert path in browser.text()
    assert _hosts(browser) == {urlsplit(server.url).netloc}
    _shoot(browser, "docs_1280")


def test_a_token_is_asked_for(tmp_path, browser, sound):
    with RunningServer(tmp_path / "files", env={"WAV2LIP_TOKEN": TOKEN}) as server:
        browser.open(server.url)
        browser.choose("#job-face", FACE)
        browser.choose("#job-sound", sound)
        browser.run("document.querySelector('#check-sync').checked = false")  # it takes long
        browser.click("#make")
        for token in ("wrong", TOKEN):
            browser.wait("document.querySelector('#login').open")
            browser.run(f"document.querySelector('#token').value = {token!r}")
            browser.click("#login button")
            browser.wait("!document.querySelector('#token').value")
        browser.wait("document.querySelector('#player').readyState >= 2")
        browser.problems.clear()  # the browser logs the 401s


def test_the_live_tab_moves_its_mouth_with_the_microphone(server, browser):
    browser.open(server.url)
    browser.click("#tab-live")
    browser.choose("#live-face", FACE)
    browser.click("#prepare")
    browser.wait("!document.querySelector('#stage').hidden")
    browser.click("#talk")
    browser.wait("document.querySelector('#live-player').currentTime > 1")
    # The source is a photo: what changes from frame to frame is what speaks.
    moved = browser.run(
        """(async () => {
            const video = document.querySelector('#live-player');
            const canvas = document.createElement('canvas');
            canvas.width = video.videoWidth;
            canvas.height = video.videoHeight;
            const context = canvas.getContext('2d', {willReadFrequently: true});
            const most = {mouth: 0, ground: 0};
            const parts = {mouth: [200, 130, 60, 40], ground: [20, 300, 60, 40]};
            const first = {};
            for (let count = 0; count < 40; count++) {
                context.drawImage(video, 0, 0);
                for (const [name, place] of Object.entries(parts)) {
                    const now = context.getImageData(...place).data;
                    first[name] ??= now;
                    const sum = now.reduce((total, value, at) => total + Math.abs(value - first[name][at]), 0);
                    most[name] = Math.max(most[name], sum / now.length);
                }
                await new Promise((done) => setTimeout(done, 100));
            }
            return most;
        })()"""
    )
    print(f"mean difference of a pixel over 4 s: {moved}")
    assert moved["mouth"] > 2
    assert moved["mouth"] > 4 * moved["ground"]
    _shoot(browser, "live_1280_talking")
    browser.call(
        "Emulation.setDeviceMetricsOverride",
        width=390,
        height=844,
        deviceScaleFactor=1,
        mobile=True,
    )
    _shoot(browser, "live_390_talking")
    browser.click("#talk")
    browser.wait("document.querySelector('#talk').textContent === '3. Talk'")
    assert _hosts(browser) == {urlsplit(server.url).netloc}
