import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse

from wav2lip.web.access import Access, AccessMiddleware, cookie_of, host_name

TOKENS = ("first-token-0123456", "second-token-012345")


async def _who(request):
    return PlainTextResponse(request.state.client)


async def _socket(socket):
    await socket.accept()
    await socket.send_text(socket.state.client)
    await socket.close()


def _client(tokens=(), hosts=("localhost", "127.0.0.1", "[::1]")):
    app = Starlette(
        routes=[
            Route("/v1/who", _who, methods=["GET", "POST"]),
            Route("/", _who),
            WebSocketRoute("/v1/live", _socket),
        ]
    )
    app.add_middleware(AccessMiddleware, access=Access(tokens), hosts=hosts)
    return TestClient(app, base_url="http://localhost:8000")


@pytest.mark.parametrize(
    ("host", "name"),
    [("LocalHost:80", "localhost"), ("[::1]:80", "[::1]"), ("[::1]", "[::1]"), ("", "")],
)
def test_host_name_has_no_port(host, name):
    assert host_name(host) == name


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "127.0.0.1.evil"])
def test_other_names_of_this_machine_are_refused(host):
    answer = _client().get("/v1/who", headers={"host": host})
    assert answer.status_code == 421
    assert "allowed hosts" in answer.json()["error"]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:9000"},
        {"origin": "http://["},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_pages_of_other_sites_may_not_post_or_open_sockets(headers):
    answer = _client().post("/v1/who", headers=headers)
    assert answer.status_code == 403
    with (
        pytest.raises(Exception) as raised,  # noqa: PT011 -- starlette's own classes
        _client().websocket_connect("/v1/live", headers={"host": "localhost:8000", **headers}),
    ):
        pass
    assert type(raised.value).__name__ in ("WebSocketDisconnect", WebSocketDenialResponse.__name__)


def test_the_own_page_may():
    headers = {"origin": "http://localhost:8000", "sec-fetch-site": "same-origin"}
    assert _client().post("/v1/who", headers=headers).text == "testclient"


def test_a_token_is_required_and_names_the_client():
    client = _client(TOKENS, hosts=None)
    for headers in (
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": f"Basic {TOKENS[0]}"},
        {"authorization": b"Bearer \xff"},
        {"cookie": "wav2lip=wrong"},
        {"cookie": f"wav2lip={TOKENS[0]}"},
        {"cookie": "=;;="},
    ):
        answer = client.get("/v1/who", headers=headers)
        assert answer.status_code == 401
        assert "a token is required" in answer.json()["error"]
    names = {
        client.get("/v1/who", headers={"authorization": f"Bearer {token}"}).text for token in TOKENS
    }
    assert len(names) == 2
    by_cookie = client.get("/v1/who", headers={"cookie": f"wav2lip={cookie_of(TOKENS[0])}"})
    assert by_cookie.text in names
    assert client.get("/").status_code == 200


def test_every_answer_has_security_headers_and_no_cors():
    for answer in (_client().get("/v1/who"), _client().get("/none"), _client(TOKENS).get("/v1/x")):
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in answer.headers


def test_a_socket_has_its_client():
    with _client().websocket_connect("/v1/live", headers={"host": "localhost:8000"}) as socket:
        assert socket.receive_text() == "testclient"


def test_a_wrong_cookie_is_no_error():
    access = Access(TOKENS)
    assert access.client(Headers({"cookie": "a=\x00b; wav2lip"}), "1.2.3.4") is None


@pytest.mark.parametrize("before", ["", 'prefs={"a":1}; ', "a=b c; ", "x; "])
def test_cookies_of_other_applications_do_not_lock_out(before):
    headers = Headers({"cookie": f"{before}wav2lip={cookie_of(TOKENS[0])}"})
    client = Access(TOKENS).client(headers, "1.2.3.4")
    assert client == cookie_of(TOKENS[0])[:16]
