"""A headless Chromium, driven by its DevTools protocol, with a fake camera and microphone."""

import base64
import json
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import connect

PROGRAM = shutil.which("chromium") or shutil.which("google-chrome")
PATIENCE = 300.0  # seconds


class Browser:
    """One page in a browser of its own; a context manager.

    Args:
        folder: of its profile and log.
        sound: WAV file that the microphone hears, over and over; None: beeps.

    Attributes:
        requests: addresses of all requests.
        problems: lines of the console that are errors, and exceptions of scripts.
    """

    def __init__(self, folder: Path, sound: Path | None = None) -> None:
        self.requests: list[str] = []
        self.problems: list[str] = []
        self._number = 0
        self._folder = folder
        fake = [f"--use-file-for-fake-audio-capture={sound}"] if sound else []
        self._words = [
            str(PROGRAM),
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--remote-debugging-port=0",
            f"--user-data-dir={folder}",
            "--no-first-run",
            "--disable-background-networking",
            "--autoplay-policy=no-user-gesture-required",
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            *fake,
            "about:blank",
        ]

    def __enter__(self) -> "Browser":
        log = self._folder / "log"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._log = log.open("wb")
        self._process = subprocess.Popen(self._words, stdout=self._log, stderr=self._log)
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(r"ws://(\S+?)/", log.read_text())):
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        pages = httpx.get(f"http://{found[1]}/json", timeout=PATIENCE).json()
        address = next(p["webSocketDebuggerUrl"] for p in pages if p["type"] == "page")
        self._socket = connect(address, max_size=None, open_timeout=PATIENCE)
        for domain in ("Page", "Runtime", "Network", "DOM", "Log"):
            self.call(f"{domain}.enable")
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._process.terminate()
        self._process.wait(30)
        self._log.close()

    def _event(self, message: dict[str, Any]) -> None:
        method, values = message.get("method"), message.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(values["request"]["url"])
        elif method == "Network.webSocketCreated":
            self.requests.append(values["url"])
        elif method == "Runtime.exceptionThrown":
            details = values["exceptionDetails"]
            self.problems.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Log.entryAdded" and values["entry"]["level"] == "error":
            self.problems.append(values["entry"]["text"])

    def call(self, method: str, **values: Any) -> dict[str, Any]:
        """Call a method of the protocol."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": values}))
        while True:
            message = json.loads(self._socket.recv(PATIENCE))
            if message.get("id") == self._number:
                assert "error" not in message, message
                return message["result"]
            self._event(message)

    def open(self, url: str, width: int = 1280, height: int = 900) -> None:
        """Open an address in a window of a size."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        """Evaluate a script; a promise is awaited."""
        result = self.call(
            "Runtime.evaluate",
            expression=script,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def wait(self, script: str, patience: float = PATIENCE) -> Any:
        """Evaluate a script until it is true."""
        deadline = time.monotonic() + patience
        while not (value := self.run(script)):
            assert time.monotonic() < deadline, f"{script}\n{self.text()}\n{self.problems}"
            time.sleep(0.1)
        return value

    def text(self) -> str:
        """Return the text that is shown."""
        text: str = self.run("document.body.innerText")
        return text

    def click(self, selector: str) -> None:
        """Click an element as a mouse does: where it is shown."""
        place = self.run(
            f"(() => {{ const e = document.querySelector({selector!r}); e.scrollIntoView({{block: 'center'}});"
            "const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call(
                "Input.dispatchMouseEvent",
                type=kind,
                x=place[0],
                y=place[1],
                button="left",
                clickCount=1,
            )

    def press(self, key: str, code: int, text: str = "") -> None:
        """Press a key."""
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=code,
                **({"text": text} if text and kind == "keyDown" else {}),
            )

    def choose(self, selector: str, file: Path) -> None:
        """Choose a file in an input."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=[str(file)])

    def screenshot(self, path: Path) -> None:
        """Write a picture of the whole page."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))
