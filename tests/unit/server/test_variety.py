"""Each variation changes the bytes that are sent, and nothing of their meaning."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from conformance.pages import read_html, read_json, read_project_json, read_project_page, read_root_page
from reference_server import create_app, variety
from reference_server.faults import Fault
from reference_server.rules.negotiation import SIMPLE_HTML, SIMPLE_JSON
from reference_server.serving.default_registry import default_registry
from reference_server.variety import VARIATIONS, Variation, Variety
from reference_server.variety.html import FeaturesLeftOut
from reference_server.variety.http import LastModified
from reference_server.variety.json import MetadataLeftOut, YankReasonsLeftOut
from reference_server.variety.markup import read, write

from .conftest import NOON, Api

if TYPE_CHECKING:
    from collections.abc import Iterable

    from werkzeug.test import TestResponse

    from conformance.pages import FileLink
    from reference_server.rules.registry import Registry

PROJECT = "/projects/1/packages/pypi"
SIMPLE = f"{PROJECT}/simple"
PAGE = f"{SIMPLE}/demo-pkg/"
URL = f"http://localhost/api/v4{PAGE}"
ALONE = [kind(option) for kind in VARIATIONS for option in kind.options or ("",)]
EACH = pytest.mark.parametrize("variation", ALONE, ids=str)


def published() -> Registry:
    """Make a registry with two projects, one of which has all that a page can say."""
    registry = default_registry(now=lambda: NOON)
    api = Api(registry)
    for filename, fields in {
        "demo_pkg-1.0-py3-none-any.whl": {"requires_python": ">=3.8,<4"},
        "demo_pkg-1.0+local.1-py3-none-any.whl": {"version": "1.0+local.1"},
        "demo_pkg-2.0.tar.gz": {"version": "2.0"},
        "demo_pkg-3.0-py3-none-any.whl": {"version": "3.0"},
        "demo_pkg-3.1-py3-none-any.whl": {"version": "3.1"},
        **{f"{name}-1.0-py3-none-any.whl": {"name": name} for name in ("alpha", "beta", "Gamma", "delta")},
    }.items():
        assert api.upload(filename, fields=fields).status_code == 201, filename
    registry.yank("demo-pkg", version="1.0", reason='é "&<', gitlab_project=1)
    registry.attach_provenance("demo-pkg", "demo_pkg-3.0-py3-none-any.whl", {}, gitlab_project=1)
    return registry


def files_of(api: Api, accept: str) -> dict[str, tuple[Any, ...]]:
    """Give what a page says of each file; what is wrong with how it is written fails."""
    answer = api.get(PAGE, headers={"Accept": accept})
    assert answer.status_code == 200
    if accept == SIMPLE_JSON:
        document = read_json(answer.data)
        assert not document.problems
        page = read_project_json(answer.data, url=URL, where="")
        assert page.name == "demo-pkg"
    else:
        assert not read_html(answer.data.decode()).errors
        page = read_project_page(answer.data.decode(), url=URL, where="")
    assert page.api_version in {"1.4", "1.90"}  # the second where a later version is declared
    return {file.filename: content_of(file) for file in page.files}


def content_of(file: FileLink) -> tuple[Any, ...]:
    metadata = file.core_metadata if isinstance(file.core_metadata, dict) else None
    return file.url, file.hashes["sha256"], file.requires_python, file.yanked, metadata, file.provenance


LEAVES_OUT = (FeaturesLeftOut, MetadataLeftOut, YankReasonsLeftOut)


def assert_same(found: dict[str, Any], wanted: dict[str, Any], variations: Iterable[Variation]) -> None:
    """Require the same of each file, or, where a variation leaves something out, nothing else than it."""
    assert found.keys() == wanted.keys()
    less = any(isinstance(each, LEAVES_OUT) for each in variations)
    for name, said in found.items():
        for one, other in zip(said, wanted[name], strict=True):
            assert one == other or (less and (one is None or (one is True and other)))


def observed(api: Api) -> list[Any]:
    """Give whatever a client can see in a row of requests, an upload and refusals among them."""
    file = next(iter(files_of(Api(api.registry), SIMPLE_JSON).values()))[0]
    path = urlsplit(file).path.removeprefix("/api/v4")
    answers = [
        *(
            api.get(PAGE, headers={"Accept": accept})
            for accept in ("text/html", SIMPLE_JSON, SIMPLE_HTML, "*/*")
        ),
        *(api.get(f"{SIMPLE}/", headers={"Accept": accept}) for accept in ("text/html", SIMPLE_JSON)),
        api.get(PAGE, headers={"Accept-Encoding": "gzip"}),
        api.get(f"{SIMPLE}/", headers={"Accept-Encoding": "gzip"}),
        api.get(f"{PAGE}?format=application/vnd.pypi.simple.v1%2Bjson"),
        api.get(f"{SIMPLE}/demo-pkg"),
        api.get(f"{SIMPLE}/Demo.Pkg/"),
        api.get(f"{SIMPLE}/absent/"),
        api.get(PAGE, password=None),
        api.get(path),
        api.get(path, headers={"Range": "bytes=0-9"}),
        api.get(f"{path}.metadata"),
        api.upload("new-1.0-py3-none-any.whl", fields={"name": "new"}),
        api.upload("new-1.0-py3-none-any.whl", fields={"name": "new"}),
    ]
    return [(answer.status, list(answer.headers), answer.is_streamed, answer.data) for answer in answers]


@pytest.fixture(scope="module")
def shared() -> Registry:
    return published()


@pytest.fixture(scope="module")
def usually() -> list[Any]:
    return observed(Api(published()))


@EACH
def test_the_content_stays_the_same(variation: Variation, shared: Registry) -> None:
    usual, varied = Api(shared), Api(shared, [variation])
    for accept in ("text/html", SIMPLE_JSON):
        assert_same(files_of(varied, accept), files_of(usual, accept), [variation])
    root = varied.get(f"{SIMPLE}/", headers={"Accept": "text/html"}).data.decode()
    projects = read_root_page(root, url=f"http://localhost/api/v4{SIMPLE}/", where="").projects
    assert {project.url for project in projects} == {
        f"http://localhost/api/v4{SIMPLE}/{name}/" for name in ("alpha", "beta", "delta", "demo-pkg", "gamma")
    }
    assert not read_html(root).errors


@EACH
def test_the_bytes_change(variation: Variation, usually: list[Any]) -> None:
    if isinstance(variation, LastModified):
        variation = LastModified(now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    assert observed(Api(published(), [variation])) != usually


@pytest.mark.parametrize("kind", VARIATIONS, ids=lambda kind: kind.__name__)
def test_a_variation_names_its_source(kind: type[Variation]) -> None:
    assert kind().summary.endswith(".")
    assert kind.left_open.endswith(".")
    assert "#" in kind.source
    assert kind().seams
    assert not issubclass(kind, Fault)


def test_every_variation_can_be_chosen() -> None:
    modules = [
        importlib.import_module(f"{variety.__name__}.{each.name}") for each in iter_modules(variety.__path__)
    ]
    kinds = {
        found
        for module in modules
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, Variation) and hasattr(found, "left_open")
    }
    assert kinds == {*VARIATIONS}
    chosen = {str(each) for seed in range(200) for each in Variety(seed).chosen}
    assert chosen == {*map(str, ALONE)}


def test_a_seed_always_chooses_the_same() -> None:
    assert str(Variety(7)) == str(Variety(7))
    assert len({str(Variety(seed)) for seed in range(100)}) == 100


def test_an_unknown_option_is_rejected() -> None:
    with pytest.raises(ValueError, match=r"file-order has no option 'none'; it has reversed, shuffled"):
        VARIATIONS[0]("none")


def fields_of(answer: TestResponse) -> list[tuple[str, str]]:
    """Return the header fields without Last-Modified, which may appear between two responses."""
    return sorted((name, value) for name, value in answer.headers if name.lower() != "last-modified")


@pytest.mark.parametrize("seed", range(20))
def test_together(seed: int, shared: Registry) -> None:
    usual, varied = Api(shared), Api(shared)
    varied.client.application = create_app(shared, variety=seed)
    for accept in ("text/html", SIMPLE_JSON):
        assert_same(files_of(varied, accept), files_of(usual, accept), Variety(seed).chosen)
    page, again = (varied.get(PAGE) for _ in range(2))
    assert (again.data, fields_of(again)) == (page.data, fields_of(page))
    assert varied.get(PAGE, headers={"If-None-Match": page.headers["ETag"]}).status_code == 304


def test_faults_come_before_variations(shared: Registry) -> None:
    varied = Api(shared)
    varied.client.application = create_app(shared, variety=3, faults=["no-doctype"])
    assert b"doctype" not in varied.get(PAGE, headers={"Accept": "text/html"}).data.lower()


class Clock:
    """A time that passes when it is told to."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, 12, 0, 0, 200_000, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


def test_last_modified_hides_no_change() -> None:
    clock, registry = Clock(), published()
    api = Api(registry, [LastModified(now=clock)])
    assert "Last-Modified" not in api.get(PAGE).headers, "the second is not over"
    clock.time += timedelta(milliseconds=500)
    api.upload("demo_pkg-3.2-py3-none-any.whl", fields={"version": "3.2"})
    assert "Last-Modified" not in api.get(PAGE).headers
    clock.time += timedelta(seconds=1)
    page = api.get(PAGE)
    assert page.headers["Last-Modified"] == "Thu, 01 Jan 2026 12:00:01 GMT"
    since = {"If-Modified-Since": page.headers["Last-Modified"]}
    unchanged = api.get(PAGE, headers=since)
    assert (unchanged.status_code, unchanged.data, unchanged.headers["ETag"]) == (
        304,
        b"",
        page.headers["ETag"],
    )
    assert api.get(PAGE, headers={**since, "If-None-Match": '"old"'}).status_code == 200
    api.upload("demo_pkg-4.0-py3-none-any.whl", fields={"version": "4.0"})
    assert api.get(PAGE, headers=since).status_code == 200


def test_markup_is_written_as_it_was_read() -> None:
    page = """<!-- <a> --><!DOCTYPE html>\n<P CLASS = 'x "y"' hidden\n>&lt;1</P ><br /><a href="/?a&amp;b">é</a>"""
    assert write(read(page.encode())) == page.encode()


def test_the_documentation_lists_every_variation_in_its_order() -> None:
    text = Path(__file__).parents[3].joinpath("docs/variety.md").read_text(encoding="utf-8")
    rows = (
        f"| `{kind().name}` | {kind().summary} | {kind.left_open} | `{kind.source}` |" for kind in VARIATIONS
    )
    assert "|\n" + "\n".join(rows) + "\n\n" in text
    options = sum(len(kind.options or ("",)) for kind in VARIATIONS)
    assert f"Of the {len(VARIATIONS)} variations" in text
    assert f"all {options} options" in text
