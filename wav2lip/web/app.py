"""The application: routes, errors, and what starts and ends with it."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import anyio.to_thread
from fastapi import Body, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from wav2lip import __version__
from wav2lip.errors import InputError, OutputError
from wav2lip.web.access import COOKIE, Access, AccessMiddleware, cookie_of
from wav2lip.web.evaluation_routes import evaluation_router
from wav2lip.web.evaluations import find_evaluations
from wav2lip.web.feature_routes import feature_router
from wav2lip.web.job_routes import router
from wav2lip.web.job_service import JobService
from wav2lip.web.job_view import ErrorView
from wav2lip.web.live_routes import live_router
from wav2lip.web.live_service import LiveService
from wav2lip.web.page_routes import page_router
from wav2lip.web.personal_routes import personal_router
from wav2lip.web.request_error import RequestError
from wav2lip.web.route_descriptions import SENDING
from wav2lip.web.server_settings import ServerSettings

INTERNAL = "internal error; the server's log has more"
COOKIE_SECONDS = 30 * 24 * 3600

log = logging.getLogger(__name__)


def _answer(status: int, line: str, headers: Any = None) -> JSONResponse:
    # A setting may hold half a surrogate pair, which UTF-8 has not.
    printable = line.encode("utf-8", "replace").decode("utf-8")
    return JSONResponse({"error": " ".join(printable.split())}, status, headers)


async def _input_error(_: Request, error: Exception) -> JSONResponse:
    if isinstance(error, RequestError):
        return _answer(error.status, str(error))
    if isinstance(error, OutputError):  # names the server's folder
        log.error("%s", error)
        return _answer(507, "the server cannot store the files; its log has more")
    return _answer(422, str(error))


async def _http_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return _answer(error.status_code, str(error.detail), error.headers)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return _answer(422, f"{place}: {first['msg']}")


async def _gone(_: Request, error: Exception) -> Response:
    return Response(status_code=400)  # nobody reads it


async def _bug(_: Request, error: Exception) -> JSONResponse:
    return _answer(500, INTERNAL)


def _is_encrypted(request: Request) -> bool:
    """Return whether the browser has reached the server by TLS, be it of a proxy; the origin was checked before."""
    return request.headers.get("origin", "").startswith("https:")


def _add_login(app: FastAPI, access: Access) -> None:
    responses: dict[int | str, dict[str, Any]] = {
        401: {"model": ErrorView, "description": "The token is unknown."},
        **{status: SENDING[status] for status in (400, 403, 408, 421, 422)},
    }

    @app.post("/v1/login", status_code=204, responses=responses, tags=["access"])
    def login(
        request: Request, token: Annotated[str, Body(embed=True, max_length=1000)]
    ) -> Response:
        """Exchange a token for a cookie; browsers send it with videos and sockets, which have no headers."""
        if not access.check(token):
            raise RequestError(401, "the token is unknown; ask whoever runs the server")
        answer = Response(status_code=204)
        answer.set_cookie(
            COOKIE,
            cookie_of(token),
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="strict",
            secure=_is_encrypted(request),
        )
        return answer


def create_app(settings: ServerSettings) -> FastAPI:
    """Build the application of a server.

    Args:
        settings: of the server.

    Raises:
        InputError: its folder cannot be written, or that of evaluations holds none.
    """
    service, live = JobService(settings), LiveService(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await anyio.to_thread.run_sync(service.start)
        try:
            yield
        finally:
            await live.end_peers()
            await anyio.to_thread.run_sync(live.close)
            await anyio.to_thread.run_sync(service.close)

    app = FastAPI(
        title="wav2lip",
        version=__version__,
        description='Faces that speak given sound. Errors are JSON: {"error": "one line"}.',
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.service, app.state.live = service, live
    app.state.evaluations = find_evaluations(settings.evaluations) if settings.evaluations else []
    access = Access(settings.tokens)
    app.include_router(router)
    app.include_router(live_router)
    app.include_router(page_router)
    app.include_router(feature_router)
    app.include_router(personal_router)
    app.include_router(evaluation_router)
    _add_login(app, access)
    app.add_exception_handler(InputError, _input_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _bug)
    app.add_middleware(AccessMiddleware, access=access, hosts=settings.host_names)

    @app.get("/health", tags=["access"])
    def health() -> dict[str, str]:
        """Say that the server answers."""
        return {"status": "ok", "version": __version__}

    if settings.studio:
        from wav2lip.web.studio import mount_studio  # Gradio takes seconds to load

        mount_studio(app, service)
    return app
