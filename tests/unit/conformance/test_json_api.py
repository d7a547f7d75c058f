"""How PyPI's JSON API is found, and what is made of what it says."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from conformance.checks.jsonapi.listed_files import latest, oldest, same_version
from conformance.checks.jsonapi.value_types import FILE, INFO, wrong_values
from conformance.corpus import Corpus
from conformance.pages import FileLink, ProjectPage
from conformance.run.probe import _is_described
from conformance.run.setup import _stated
from conformance.target import target_from_table
from conformance.target.settling import Settling
from conformance.wire import Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping

BASE = "https://registry.example.com"


def registry(status: int = 200, body: Mapping[str, Any] | None = None, error: Exception | None = None) -> Any:
    """Return a registry with one answer; it keeps the URLs that it was asked for."""
    asked: list[str] = []

    def request(_: str, url: str, **__: Any) -> Any:
        asked.append(url)
        if error:
            raise error
        return SimpleNamespace(
            status=status, json_object=body or {}, is_server_error=status >= 500, headers={}
        )

    table = {"url": BASE, "profile": "pep503-upload", "json-api-url": f"{BASE}/pypi/"}
    target = target_from_table(table)
    return SimpleNamespace(target=target, request=request, asked=asked, settling=Settling(0))


@pytest.mark.parametrize(
    ("answered", "is_there"),
    [
        (registry(body={"info": None}), True),
        (registry(body={"releases": {}}), True),
        (registry(body={"urls": []}), True),
        (registry(body={"message": "here is a page"}), False),
        (registry(body={}), False),
        (registry(404, {"info": {}}), False),
        (registry(500, {"info": {}}), False),
        (registry(error=Unreachable("no such host")), False),
    ],
)
def test_any_part_of_a_description_shows_the_api(answered: Any, is_there: bool) -> None:  # noqa: FBT001 - a parameter
    assert _is_described(answered, "demo") is is_there
    assert set(answered.asked) == {f"{BASE}/pypi/demo/json"}


@pytest.mark.parametrize(
    ("table", "is_stated"),
    [
        ({"profile": "pypi"}, True),
        ({"profile": "pypi", "layout": "devpi"}, False),
        ({"profile": "pep503-upload"}, False),
        ({"profile": "pep503-upload", "features": ["json-api"]}, False),
        (
            {"profile": "pep503-upload", "features": ["json-api"], "json-api-url": f"{BASE}/pypi/"},
            False,
        ),  # it has to be found
    ],
)
def test_the_api_is_stated_only_where_its_address_is_known(table: dict[str, Any], is_stated: bool) -> None:  # noqa: FBT001 - a parameter
    client: Any = SimpleNamespace(target=target_from_table({"url": BASE, **table}))
    assert ("json-api" in _stated(client, Corpus("", {}))) is is_stated


def page(*filenames: str) -> ProjectPage:
    files = (FileLink(filename=each, url="", hashes={}, requires_python=None) for each in filenames)
    return ProjectPage(files=tuple(files), where="")


@pytest.mark.parametrize(
    ("filenames", "newest", "first"),
    [
        (("demo-1.9.tar.gz", "demo-1.10-py3-none-any.whl", "demo-2.0rc1.tar.gz"), "1.10", ("1.9",)),
        (("demo-1.0rc9.tar.gz", "demo-1.0rc10.tar.gz"), "1.0rc10", ("1.0rc9",)),
        (("demo-1!0.1.tar.gz", "demo-9.0.tar.gz"), "1!0.1", ("9.0",)),
        (("demo.whl", "demo-x.tar.gz", "demo-1.0.exe"), None, ()),
        (("demo-1.0.tar.gz", "demo-1.1-2.tar.gz", "demo-3.0-py2.5.egg"), "1.0", ("1.0",)),
        ((), None, ()),
    ],
)
def test_the_newest_version_is_no_pre_release_if_there_is_another(
    filenames: tuple[str, ...], newest: str | None, first: tuple[str, ...]
) -> None:
    found = latest(page(*filenames), "demo")
    assert (found and str(found)) == newest
    assert oldest(page(*filenames), "demo") == first


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1.0", "v1", True),
        ("1.0+A.07", "1+a-7", True),
        ("1.0", "1.0.1", False),
        ("x", "x", True),
        ("x", "1", False),
    ],
)
def test_versions_are_compared_as_pep_440_has_it(one: str, other: str, same: bool) -> None:  # noqa: FBT001 - a parameter
    assert same_version(one, other) is same


def test_a_key_that_may_be_removed_at_any_time_is_not_asked_for() -> None:
    assert {"downloads", "has_sig", "bugtrack_url"}.isdisjoint({*INFO, *FILE})


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("yanked", None, "`yanked`: null in place of true or false"),
        ("size", True, "`size`: true or false in place of a number"),
        ("size", "5", "`size`: a text in place of a number"),
        ("filename", "", "`filename`: a text without anything in it in place of a text"),
        ("digests", {"md5": 5}, "`digests`: an object in place of an object of texts"),
        ("yanked_reason", [], "`yanked_reason`: a list without anything in it in place of a text or null"),
    ],
)
def test_a_value_of_another_type_is_named(key: str, value: Any, said: str) -> None:
    assert wrong_values({key: value}, {key: FILE[key]}) == [said]
    assert wrong_values({}, {key: FILE[key]}) == [f"no `{key}`"]
