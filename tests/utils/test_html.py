import pytest
from jinja2 import UndefinedError

from wav2lip.utils.html import render_page


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "a.html").write_text(
        '{% extends "base.html" %}{% block title %}Tea & {{ drink }}{% endblock %}'
        "{% block content %}<p>{{ drink }}</p>{% endblock %}"
    )
    monkeypatch.syspath_prepend(tmp_path)
    return "pages"


def test_a_page_has_one_title_escaped_values_and_requests_nothing(package):
    page = render_page(package, "a.html", drink="<coffee>")
    assert page.startswith("<!doctype html>\n")
    assert page.count("Tea & &lt;coffee&gt;") == 2
    assert "<p>&lt;coffee&gt;</p>" in page
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in page
    assert "<script" not in page
    assert "http://" not in page


def test_a_value_that_is_missing_is_an_error(package):
    with pytest.raises(UndefinedError, match="'drink' is undefined"):
        render_page(package, "a.html")
