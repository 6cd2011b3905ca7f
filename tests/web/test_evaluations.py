import pytest
from fastapi.testclient import TestClient

from wav2lip.errors import InputError
from wav2lip.web.app import create_app
from wav2lip.web.evaluations import find_evaluations
from wav2lip.web.server_settings import ServerSettings


@pytest.fixture
def folder(tmp_path):
    """Two evaluations, an expert, and what is none."""
    for name, page in (("b", "index.html"), ("a", "index.html"), ("c", "report.html")):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / page).write_text(f"<h1>{name}</h1><script>alert(1)</script>")
    (tmp_path / "runs" / "empty").mkdir()
    (tmp_path / "runs" / "secret.html").write_text("secret")
    return tmp_path / "runs"


@pytest.fixture
def client(folder, tmp_path):
    app = create_app(ServerSettings(tmp_path / "server", evaluations=folder))
    yield TestClient(app, base_url="http://localhost:8000")
    app.state.service.store.close()


def test_evaluations_are_found_once(folder):
    assert [found.name for found in find_evaluations(folder)] == ["a", "b", "c"]
    assert [found.page.name for found in find_evaluations(folder / "b")] == ["index.html"]
    for path in (folder / "empty", folder / "none"):
        with pytest.raises(InputError, match="holds no evaluation; give the output folder of"):
            find_evaluations(path)


def test_a_page_is_shown_without_scripts(client):
    assert client.get("/v1/features").json()["evaluations"] is True
    listed = client.get("/v1/evaluations").json()
    assert [each["number"] for each in listed] == [0, 1, 2]
    answer = client.get("/v1/evaluations/1")
    assert answer.text.startswith("<h1>b</h1>")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'; img-src data:; style-src")
    assert "script-src" not in policy


@pytest.mark.parametrize(
    ("name", "status"),
    [("3", 404), ("-1", 422), ("1000", 422), ("secret.html", 422), ("..%2Fsecret.html", 404)],
)
def test_a_request_names_no_file(client, name, status):
    answer = client.get(f"/v1/evaluations/{name}")
    assert (answer.status_code, list(answer.json())) == (status, ["error"])


def test_a_page_that_is_gone_is_404(client, folder):
    (folder / "b" / "index.html").unlink()
    assert client.get("/v1/evaluations/1").status_code == 404
