"""HTML pages read into the model."""

from __future__ import annotations

from conformance.pages import read_project_page, read_root_page

PAGE = """<!DOCTYPE html>
<html><head><title>Links</title></head><body>
<a href="../../files/abc/demo-1.0%2Bl.1-py3-none-any.whl#sha256=abc" data-requires-python="&gt;=3.8">
 demo-1.0+l.1-py3-none-any.whl</a><br>
<A HREF='https://files.example.com/demo-1.0.tar.gz'>demo-1.0.<b>tar</b>.gz</A>
<a>not a link</a><a href="">nor this</a>
</body></html>"""


def test_a_project_page() -> None:
    page = read_project_page(PAGE, url="http://host/api/simple/demo/", where="GET …")
    assert page.filenames == {"demo-1.0+l.1-py3-none-any.whl", "demo-1.0.tar.gz"}
    wheel = page.file("demo-1.0+l.1-py3-none-any.whl")
    assert wheel is not None
    assert wheel.url == "http://host/api/files/abc/demo-1.0%2Bl.1-py3-none-any.whl"
    assert wheel.hashes == {"sha256": "abc"}
    assert wheel.requires_python == ">=3.8"
    sdist = page.file("demo-1.0.tar.gz")
    assert sdist is not None
    assert (sdist.url, sdist.hashes, sdist.requires_python) == (
        "https://files.example.com/demo-1.0.tar.gz",
        {},
        None,
    )
    assert page.file("absent") is None


def test_a_base_moves_every_link() -> None:
    html = (
        '<base href="http://mirror/x/"><base href="http://ignored/"><a href="f-1.0.tar.gz">f-1.0.tar.gz</a>'
    )
    page = read_project_page(html, url="http://host/simple/f/", where="")
    assert page.files[0].url == "http://mirror/x/f-1.0.tar.gz"


def test_of_two_attributes_of_one_name_the_first_counts() -> None:
    page = read_project_page('<a href="/one" href="/two">f</a>', url="http://host/", where="")
    assert page.files[0].url == "http://host/one"


def test_a_root_page() -> None:
    page = read_root_page(
        '<a href="demo/">Demo</a><a href="other/"> other </a>', url="http://host/simple/", where=""
    )
    assert page.names == ("Demo", "other")
    assert page.projects[0].url == "http://host/simple/demo/"
