"""The same jobs as a Gradio interface, for those who build on it. The page does not need it.

Gradio brings routes of its own: they read paths from requests, within its folder, and its page requires inline scripts.
It is therefore mounted only if asked for.
"""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Collection, Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import anyio.to_thread
from fastapi import FastAPI

from wav2lip.errors import InputError
from wav2lip.utils.extras import require_extra
from wav2lip.web.events import LOOK
from wav2lip.web.job_routes import show
from wav2lip.web.job_service import JobService
from wav2lip.web.job_view import FINAL

PATH = "/studio"
TITLE = "wav2lip studio"
NOTE = "Only animate people who have given consent. The result is synthetic; label it so."


def _copy(source: Path, folder: Path) -> str:
    """Copy a file to Gradio's folder, from which it sends files."""
    return str(shutil.copy(source, Path(mkdtemp(dir=folder)) / f"synthetic-{source.name}"))


class _Studio:
    """Passes jobs from Gradio to the service.

    Args:
        service: takes the jobs.
        folder: of Gradio's files.
    """

    def __init__(self, service: JobService, folder: Path) -> None:
        self._service, self._folder = service, folder

    async def render(
        self, face: str, sound: str, motion: float, check_sync: bool, client: str
    ) -> AsyncIterator[tuple[Any, ...]]:
        """Yield status, video, strip and sync report, until the job has ended.

        Raises:
            InputError: the files cannot be used, or the job fails.
        """
        if not face or not sound:
            raise InputError("choose a face and a sound first")

        async def fill(files: Mapping[str, Path], _: Collection[str]) -> dict[str, str]:
            for name, given in (("face", face), ("audio", sound)):
                await anyio.to_thread.run_sync(shutil.copyfile, given, files[name])
            return {
                "settings": json.dumps({"motion": motion}),
                "check_sync": str(check_sync).lower(),
            }

        service = self._service
        job = await service.submit("video", client, fill)
        while (shown := show(service, job.id, client)).state not in FINAL:
            share = "" if shown.progress is None else f" {100 * shown.progress:.0f} %"
            yield f"{shown.stage or shown.state}{share}", None, None, None
            await asyncio.sleep(LOOK)
        if shown.state != "done":
            raise InputError(shown.error or shown.state)
        files = service.runner.files(job.id)
        sync = json.loads(files.sync.read_text("utf-8")) if files.sync.is_file() else None
        video, strip = _copy(files.result("video"), self._folder), _copy(files.strip, self._folder)
        yield "done; synthetic", video, strip, sync


def mount_studio(app: FastAPI, service: JobService) -> None:
    """Mount the interface at `/studio`.

    Args:
        app: of the server.
        service: takes the jobs.

    Raises:
        InputError: Gradio is not installed.
    """
    folder = service.runner.studio
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = (
        "False"  # else it asks its maker for the newest version
    )
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    gradio: Any = require_extra("gradio", "web")
    studio = _Studio(service, folder)

    async def render(
        face: str, sound: str, motion: float, check_sync: bool, request: gradio.Request
    ) -> AsyncIterator[tuple[Any, ...]]:
        try:
            client = request.request.state.client
            async for values in studio.render(face, sound, motion, check_sync, client):
                yield values
        except InputError as error:
            raise gradio.Error(str(error), print_exception=False) from error

    with gradio.Blocks(analytics_enabled=False, title=TITLE) as blocks:
        gradio.Markdown(f"# {TITLE}\n{NOTE}")
        with gradio.Row():
            face = gradio.File(label="Face: photo or video", type="filepath")
            sound = gradio.Audio(label="Sound", type="filepath", format=None)
        motion = gradio.Slider(0, 2, value=1, step=0.1, label="Motion of the mouth")
        check_sync = gradio.Checkbox(True, label="Check the sync")
        button = gradio.Button("Make the video", variant="primary")
        status = gradio.Textbox(label="Status", interactive=False)
        outputs = [status, gradio.Video(label="Result (synthetic)"), gradio.Image(label="Frames")]
        outputs.append(gradio.JSON(label="Sync check"))
        # A client's share is that of the jobs; Gradio's own queue must not hold them back.
        button.click(render, [face, sound, motion, check_sync], outputs, concurrency_limit=None)
    gradio.mount_gradio_app(
        app,
        blocks,
        path=PATH,
        max_file_size=service.settings.limits.upload_bytes,
        ssr_mode=False,
        show_error=True,
        footer_links=[],
        theme=gradio.themes.Base(font="system-ui", font_mono="monospace"),
    )
