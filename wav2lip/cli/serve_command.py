"""Run `wav2lip serve` with checked options."""

import os
import socket
import sys

import uvicorn

from wav2lip.errors import InputError
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.utils.locks import locked_folder
from wav2lip.utils.stdout import say
from wav2lip.web.app import create_app
from wav2lip.web.server_settings import ServerSettings

CONNECTIONS = 200  # at the same time; more get 503
GOODBYE = 3  # seconds in which open connections may end
SOCKET_MESSAGE = 2**20  # bytes of a WebSocket message


def _listen(host: str, port: int) -> socket.socket:
    """Open the socket of the server.

    Raises:
        InputError: the address cannot be used.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Accepted sockets inherit it: a client that has vanished is noticed in the end.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        listener.bind(address)
        listener.listen()  # clients may come before the server is ready
    except (OSError, UnicodeError) as error:  # the latter: no name of a host
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"{host}:{port}: cannot be used ({reason}); choose another --host or --port"
        ) from error
    return listener


def run(settings: ServerSettings) -> None:
    """Serve until a signal comes.

    Raises:
        InputError: the address, the folder or the generator cannot be used.
    """
    with locked_folder(settings.folder), _listen(settings.host, settings.port) as listener:
        # A wrong generator would otherwise fail in every job.
        LipSyncer.from_checkpoint(settings.checkpoint, settings.device)
        config = uvicorn.Config(
            create_app(settings),
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=GOODBYE,
            ws_max_size=SOCKET_MESSAGE,
        )
        name = f"[{settings.host}]" if ":" in settings.host else settings.host
        say(f"wav2lip serves at http://{name}:{listener.getsockname()[1]}/ (Ctrl-C ends it)")
        server = uvicorn.Server(config)
        server.run(sockets=[listener])
        if not server.started:
            sys.exit(1)
