"""Pages that this server did not write as parts of its own: shown without scripts, forms or anything from elsewhere."""

from pathlib import Path

from fastapi.responses import FileResponse

POLICY = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)


def sandboxed(path: Path) -> FileResponse:
    """Answer with an HTML file that needs nothing but its own pictures and styles."""
    return FileResponse(
        path,
        media_type="text/html; charset=utf-8",
        headers={"content-security-policy": POLICY},
    )
