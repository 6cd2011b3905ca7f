"""The page and its files, and the description of the interface."""

from importlib.resources import files

from fastapi import APIRouter
from fastapi.responses import Response

from wav2lip.web.request_error import RequestError

TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
PAGE = {
    entry.name: entry for entry in files("wav2lip.web").joinpath("page").iterdir()
}  # a request can name nothing else

page_router = APIRouter(include_in_schema=False)


def _send(name: str) -> Response:
    entry = PAGE.get(name)
    suffix = name[name.rfind(".") :] if entry else ""
    if entry is None or suffix not in TYPES:
        raise RequestError(404, "there is no such page")
    return Response(
        entry.read_bytes(),
        media_type=f"{TYPES[suffix]}; charset=utf-8",
        headers={"cache-control": "no-cache"},
    )


@page_router.get("/")
def read_page() -> Response:
    """Return the page."""
    return _send("index.html")


@page_router.get("/docs")
def read_docs() -> Response:
    """Return the description of the interface as a page."""
    return _send("docs.html")


@page_router.get("/page/{name}")
def read_file(name: str) -> Response:
    """Return a file of the page."""
    return _send(name)
