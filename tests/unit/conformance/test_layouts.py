"""Layouts: the table, the addresses that a target gets from one, and those that are given one by one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conformance.errors import UserError
from conformance.profiles import profile, profile_names
from conformance.target import BadTarget, UnfitURL, target_from_table
from conformance.target.configuration import configured_target
from conformance.target.layouts import layout, layouts
from conformance.verdicts import Untestable

BASE = "https://registry.example.com"
GITLAB = "https://gitlab.example.com/api/v4/projects/42/packages/pypi"
UPLOADS, INDEX = "https://up.example.com/intake", "https://pages.example.com/shelf/simple"
BOTH = {"upload-url": UPLOADS, "index-url": INDEX}
API = "https://gitlab.example.com/api/v4/projects/42"
CREDENTIALS = {"default": {"username": "me", "password": "secret"}}
EXPECTED = {
    "gitlab-project": (GITLAB, f"{GITLAB}/simple/"),
    "root+simple": (f"{BASE}/", f"{BASE}/simple/"),
    "pypi": (f"{BASE}/legacy/", f"{BASE}/simple/"),
    "devpi": (f"{BASE}/user/index/", f"{BASE}/user/index/+simple/"),
    "pulp": (f"{BASE}/pypi/name/legacy/", f"{BASE}/pypi/name/simple/"),
    "nexus": (f"{BASE}/repository/name/", f"{BASE}/repository/name/simple/"),
    "azure": (
        f"{BASE}/organization/project/_packaging/feed/pypi/upload/",
        f"{BASE}/organization/project/_packaging/feed/pypi/simple/",
    ),
    "artifactory": (f"{BASE}/artifactory/api/pypi/name/", f"{BASE}/artifactory/api/pypi/name/simple/"),
    "codeartifact": (f"{BASE}/pypi/name/", f"{BASE}/pypi/name/simple/"),
    "google": (f"{BASE}/project/repository/", f"{BASE}/project/repository/simple/"),
    "onedev": (f"{BASE}/project/~pypi", f"{BASE}/project/~pypi/simple/"),
    "harness": (f"{BASE}/pkg/account/name/python", f"{BASE}/pkg/account/name/python/simple/"),
    "root": (f"{BASE}/name/", f"{BASE}/name/"),
    "gitea": (f"{BASE}/api/packages/owner/pypi", f"{BASE}/api/packages/owner/pypi/simple/"),
}
DOCUMENT = Path(__file__).parents[3] / "docs" / "targets.md"


@pytest.mark.parametrize("name", list(layouts()))
def test_a_layout_fits_its_example(name: str) -> None:
    kind = layout(name)
    assert kind.fits(kind.example)
    assert kind.address(kind.index, kind.example).endswith("/")
    assert kind.title
    assert kind.source


@pytest.mark.parametrize("name", EXPECTED)
def test_where_things_are(name: str) -> None:
    target = target_from_table({"url": layout(name).example, "profile": "pep503-upload", "layout": name})
    assert (target.upload_url, target.index_url) == EXPECTED[name]


@pytest.mark.parametrize("name", profile_names())
@pytest.mark.parametrize("kind", list(layouts()))
def test_every_profile_works_with_every_layout(name: str, kind: str) -> None:
    target = target_from_table({"url": layout(kind).example, "profile": name, "layout": kind})
    assert (target.profile, target.layout) == (profile(name), layout(kind))
    assert target_from_table(target.as_table()) == target


@pytest.mark.parametrize("name", profile_names())
def test_a_profile_has_a_layout_of_its_own(name: str) -> None:
    usual = layout(profile(name).layout)
    assert target_from_table({"url": usual.example, "profile": name}).layout == usual


def test_a_layout_without_uploads_has_no_upload_url() -> None:
    target = target_from_table({"url": layout("gitlab-group").example, "layout": "gitlab-group"})
    assert not target.has_uploads
    with pytest.raises(BadTarget, match="no address for uploads; give --upload-url"):
        _ = target.upload_url


def test_addresses_may_be_given_one_by_one() -> None:
    target = target_from_table({**BOTH, "profile": "pypi", "credentials": CREDENTIALS})
    assert (target.url, target.upload_url, target.index_url) == (UPLOADS, UPLOADS, f"{INDEX}/")
    assert target_from_table(target.as_table()) == target
    target = target_from_table({"url": BASE, "index-url": INDEX, "profile": "pypi"})
    assert (target.upload_url, target.index_url) == (f"{BASE}/legacy/", f"{INDEX}/")
    target = target_from_table({"index-url": INDEX, "profile": "pypi"})
    assert (target.url, target.has_uploads) == (INDEX, False)


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        (f"{UPLOADS}/x", True),
        ("https://pages.example.com/files/x.whl", True),
        (f"{API}/packages", True),
        ("https://files.example.com/x.whl", False),
        ("http://up.example.com/intake", False),
        ("https://up.example.com:8443/intake", False),
        ("https://up.example.com@files.example.com/", False),
    ],
)
def test_credentials_stay_on_the_targets_own_hosts(url: str, ours: bool) -> None:  # noqa: FBT001 - a parameter
    assert target_from_table({**BOTH, "api-url": API}).same_host(url) is ours


def test_gitlabs_api_comes_from_the_layout_or_is_given() -> None:
    assert target_from_table({"url": GITLAB}).gitlab_api == API
    target = target_from_table({**BOTH, "api-url": f"{API}/", "gitlab-projects": {"public": 43}})
    assert (target.gitlab_api, target.gitlab_registry) == (API, GITLAB)
    twin = target.in_gitlab_project("public")
    assert twin.upload_url == GITLAB.replace("42", "43")
    assert twin.gitlab_api == API.replace("42", "43")
    assert target.at(target.url) is target


def test_without_an_api_it_is_untestable_what_needs_one() -> None:
    target = target_from_table({**BOTH, "gitlab-projects": {"public": 43}})
    assert not target.has_gitlab_api
    with pytest.raises(Untestable, match=r"add `api-url` to .*, or give --api-url"):
        _ = target.gitlab_api
    with pytest.raises(Untestable, match="--api-url"):
        target.in_gitlab_project("public")


@pytest.mark.parametrize(
    ("table", "address"),
    [
        ({"url": BASE, "profile": "pypi"}, f"{BASE}/pypi/"),
        ({"url": BASE, "profile": "pep503-upload", "layout": "pulp"}, f"{BASE}/pypi/"),
        ({"url": BASE, "profile": "pep503-upload", "json-api-url": f"{BASE}/json"}, f"{BASE}/json/"),
        ({"url": BASE, "profile": "pypi", "index-url": INDEX, "json-api-url": API}, f"{API}/"),
        ({"url": BASE, "profile": "pep503-upload"}, ""),
        ({"url": BASE, "profile": "pypi", "index-url": INDEX}, ""),
        ({**BOTH, "profile": "pypi"}, ""),
        ({"url": GITLAB}, ""),
    ],
)
def test_the_json_api_is_where_a_layout_has_it_or_is_given(table: dict[str, str], address: str) -> None:
    target = target_from_table(table)
    assert target.has_json_api is bool(address)
    if address:
        assert target.json_api == address
        assert target_from_table(target.as_table()) == target
    else:
        with pytest.raises(Untestable, match=r"add `json-api-url` to .*, or give --json-api-url"):
            _ = target.json_api


@pytest.mark.parametrize(
    ("table", "kind", "complaint"),
    [
        ({"url": BASE}, UnfitURL, "does not fit the layout gitlab-project; it should look like"),
        ({"url": BASE, "index-url": INDEX}, UnfitURL, "does not fit the layout gitlab-project"),
        ({"url": BASE, "layout": "devpy"}, UserError, "there is no layout 'devpy'\nChoose one of: gitlab-"),
        ({"upload-url": UPLOADS}, BadTarget, "give --index-url, too"),
        ({"upload-url": "up.example.com", "index-url": INDEX}, BadTarget, "not an http"),
        (
            {**BOTH, "api-url": "https://me:secret@up.example.com"},
            BadTarget,
            "of --api-url holds a user name",
        ),
        ({**BOTH, "url": "ftp://up.example.com"}, BadTarget, "not an http"),
    ],
)
def test_what_is_wrong_with_an_address(table: dict[str, str], kind: type[UserError], complaint: str) -> None:
    with pytest.raises(kind, match=complaint) as raised:
        target_from_table(table)
    assert "secret" not in str(raised.value)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "registry.toml"
    path.write_text(f'upload-url = "{UPLOADS}"\nindex-url = "{INDEX}"\nlayout = "pypi"\n', encoding="utf-8")
    return path


def test_an_address_outweighs_that_of_the_environment_and_that_the_file(file: Path) -> None:
    environ = {"REGISTRY_CONFORMANCE_INDEX_URL": "https://pages.example.com/other/", "MY": ""}
    target = configured_target(config=file, environ=environ)
    assert target is not None
    assert (target.upload_url, target.index_url) == (UPLOADS, "https://pages.example.com/other/")
    assert target.layout.name == "pypi"
    target = configured_target(config=file, index_url="https://pages.example.com/third/", environ=environ)
    assert target is not None
    assert target.index_url == "https://pages.example.com/third/"


def test_a_url_outweighs_every_address_of_a_lower_place(file: Path) -> None:
    target = configured_target(url="https://up.example.com/root", config=file, environ={})
    assert target is not None
    assert target.upload_url == "https://up.example.com/root/legacy/"
    assert target.index_url == "https://up.example.com/root/simple/"
    environ = {"REGISTRY_CONFORMANCE_LAYOUT": "devpi", "REGISTRY_CONFORMANCE_URL": "https://up.example.com/x"}
    target = configured_target(config=file, environ=environ)
    assert target is not None
    assert target.index_url == "https://up.example.com/x/+simple/"


@pytest.mark.parametrize("name", ["url", "upload_url", "index_url", "api_url"])
def test_the_credentials_of_a_file_go_to_no_other_host(name: str, file: Path) -> None:
    with pytest.raises(BadTarget, match="another host"):
        configured_target(config=file, environ={}, **{name: "https://elsewhere.example.com/x"})


def test_a_layout_needs_a_url() -> None:
    with pytest.raises(BadTarget, match="there is a layout, 'pypi', but no URL"):
        configured_target(layout="pypi", environ={})


def test_the_document_has_the_table() -> None:
    section = DOCUMENT.read_text(encoding="utf-8").partition("## Layouts")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\S+)` \| (.+?) \| `(\S+)` \| (.+?) \| (.+?) \|$", section, re.MULTILINE)
    assert rows == [
        (each.name, each.title, each.example, _spelled(each.upload), _spelled(each.index))
        for each in layouts().values()
    ]


def _spelled(template: str) -> str:
    return f"`{template}`".replace("{url}", "URL") if template else "none"
