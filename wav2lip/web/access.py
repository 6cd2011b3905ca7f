"""Who may use the server: host names, origins and tokens; and the security headers of every answer."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "wav2lip"  # its value is a hash of the token
OPEN = ("/", "/docs", "/openapi.json", "/health", "/v1/login", "/v1/features")  # need no token
OPEN_BELOW = "/page/"
STREAMED = ("/v1/jobs", "/v1/avatars", "/v1/personal")  # these have limits of their own
SMALL = 2**18  # bytes of the body of any other request
PATIENCE = 30.0  # seconds between two parts of such a body
SAFE = ("GET", "HEAD", "OPTIONS")
HEADERS = {
    "content-security-policy": "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(self)",
}


def cookie_of(token: str) -> str:
    """Return the value of the cookie that stands for a token."""
    return hmac.new(token.encode(), b"wav2lip cookie", hashlib.sha256).hexdigest()


def host_name(host: str) -> str:
    """Return the name in a Host header, without its port."""
    if host.startswith("["):
        return host.partition("]")[0].lower() + "]"
    return host.partition(":")[0].lower()


def _find(given: str, known: Sequence[str]) -> int | None:
    """Return the place of a secret among the known ones; takes the same time whether or not there is one."""
    found = None
    for place, secret in enumerate(known):
        if hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode()):
            found = place
    return found


# Gradio's page has inline scripts and styles; other hosts stay closed.
STUDIO = "/studio"
STUDIO_POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:; object-src 'none'; base-uri 'self'; "
    "frame-ancestors 'none'"
)


class Access:
    """Finds the client of a request.

    Args:
        tokens: of clients; none: everybody may use the server.
    """

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tokens
        self._cookies = [cookie_of(token) for token in tokens]

    def check(self, token: str) -> bool:
        """Return whether a token is known."""
        return not self._tokens or _find(token, self._tokens) is not None

    def client(self, headers: Headers, address: str) -> str | None:
        """Return a name of the client; None if it has no right token.

        Args:
            headers: of the request.
            address: where it comes from.
        """
        if not self._tokens:
            return address
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            place = _find(token.strip(), self._tokens)
        else:
            # Other applications of this host have cookies, too, and some are not well formed.
            cookie = cookie_parser(headers.get("cookie", "")).get(COOKIE)
            place = _find(cookie, self._cookies) if cookie else None
        return None if place is None else self._cookies[place][:16]


def _same_host(origin: str | None, host: str) -> bool:
    """Return whether an origin, if there is one, is that of the server."""
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:  # brackets that enclose no address
        return False


def _refusal(access: Access, hosts: Sequence[str] | None, scope: Scope) -> tuple[int, str] | None:
    """Return status and message for a request that is refused; else name its client in the scope."""
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    if hosts is not None and host_name(host) not in hosts:
        return 421, f"the server is not reached as {host[:60]!r}; add the name to the allowed hosts"
    if scope["type"] == "websocket" or scope["method"] not in SAFE:
        foreign = headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
        if foreign or not _same_host(headers.get("origin"), host):
            return 403, "pages of other sites may not use this server"
    client = access.client(headers, (scope.get("client") or ("",))[0])
    path = scope["path"]
    if client is None and path not in OPEN and not path.startswith(OPEN_BELOW):
        return 401, "a token is required; send it as the header Authorization: Bearer TOKEN"
    scope.setdefault("state", {})["client"] = client or ""
    return None


async def _read_small(receive: Receive, length: str) -> Receive | None:
    """Read a body of at most `SMALL` bytes.

    Args:
        receive: of the request.
        length: that its header states, or nothing.

    Returns:
        A `receive` that returns what was read, then goes on; None: the body is larger.

    Raises:
        TimeoutError: nothing came for `PATIENCE` seconds.
    """
    if length.isdecimal() and int(length[:18]) > SMALL:
        return None
    read: list[Message] = []
    left, more = SMALL, True
    while more:
        async with asyncio.timeout(PATIENCE):
            message = await receive()
        read.append(message)
        left -= len(message.get("body", b""))
        if left < 0:
            return None
        more = message.get("more_body", False)

    async def receive_again() -> Message:
        return read.pop(0) if read else await receive()

    return receive_again


async def _refuse(send: Send, status: int, line: str) -> None:
    """Answer with an error."""
    body = json.dumps({"error": line}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class AccessMiddleware:
    """Refuses requests, and adds security headers to every answer.

    Args:
        app: the application behind it.
        access: knows the tokens.
        hosts: names by which the server is reached; None: any.
    """

    def __init__(self, app: ASGIApp, access: Access, hosts: Sequence[str] | None) -> None:
        self._app, self._access = app, access
        self._hosts = None if hosts is None else [host_name(name) for name in hosts]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if scope["path"].startswith(STUDIO):
                    headers["content-security-policy"] = STUDIO_POLICY
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/v1/"):
                    headers.setdefault("cache-control", "no-store")
            await send(message)

        refusal = _refusal(self._access, self._hosts, scope)
        if refusal is not None and scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": refusal[1]})
            return
        if refusal is not None:
            await _refuse(send_with_headers, *refusal)
            return
        large = scope["path"] in STREAMED or scope["path"].startswith(STUDIO)
        body: Receive | None = receive
        if scope["type"] == "http" and not large:
            length = Headers(scope=scope).get("content-length", "")
            try:
                body = await _read_small(receive, length)
            except TimeoutError:
                await _refuse(
                    send_with_headers, 408, f"nothing came for {PATIENCE:g} s; send it again"
                )
                return
        if body is None:
            await _refuse(
                send_with_headers, 413, f"the request has more than {SMALL} bytes; send less"
            )
            return
        await self._app(scope, body, send_with_headers)
