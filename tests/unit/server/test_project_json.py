"""PyPI's JSON API, and the serials on its pages."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from reference_server import ReferenceServer
from reference_server.distributions import Distribution, sdist, wheel
from reference_server.distributions.metadata import Metadata
from reference_server.serving.registry_host import RegistryHost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_server.serving.published import Published

JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}
SERIAL = "X-PyPI-Last-Serial"
METADATA = Metadata(
    metadata_version="2.4",
    name="demo",
    version="1.0",
    dynamic=("requires-dist",),
    platform=("any",),
    summary="A demonstration",
    description="# Demo\n",
    description_content_type="text/markdown",
    keywords=("sample", "test"),
    author="A. Author",
    author_email="author@example.com",
    maintainer="M. Maintainer",
    maintainer_email="maintainer@example.com",
    license_expression="MIT",
    license_file=("LICENSE",),
    classifiers=("Development Status :: 3 - Alpha",),
    requires_dist=("dep>=1", "more; extra == 'test'"),
    requires_python=">=3.9",
    project_urls=("Source, https://example.com/demo",),
    provides_extra=("test",),
    home_page="https://example.com/",
    download_url="https://example.com/download",
)


@pytest.fixture
def server() -> Iterator[ReferenceServer]:
    with ReferenceServer(flavour="pypi") as server:
        yield server


def get(server: ReferenceServer, path: str, **more: Any) -> requests.Response:
    return fetched(f"{server.origin}{path}", **more)


def fetched(url: str, **more: Any) -> requests.Response:
    return requests.get(url, timeout=60, **more)


def document(server: ReferenceServer, path: str) -> Any:
    answer = get(server, path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    return answer.json()


def test_the_info_is_the_metadata(server: ReferenceServer) -> None:
    server.publish(wheel("demo", "1.0", metadata=METADATA))
    info = document(server, "/pypi/demo/json")["info"]
    page = f"{server.origin}/project/demo/"
    assert info == {
        "author": "A. Author",
        "author_email": "author@example.com",
        "bugtrack_url": None,
        "classifiers": ["Development Status :: 3 - Alpha"],
        "description": "# Demo\n",
        "description_content_type": "text/markdown",
        "docs_url": None,
        "download_url": "https://example.com/download",
        "downloads": {"last_day": -1, "last_month": -1, "last_week": -1},
        "dynamic": ["requires-dist"],
        "home_page": "https://example.com/",
        "keywords": "sample,test",
        "license": None,
        "license_expression": "MIT",
        "license_files": ["LICENSE"],
        "maintainer": "M. Maintainer",
        "maintainer_email": "maintainer@example.com",
        "name": "demo",
        "package_url": page,
        "platform": "any",
        "project_url": page,
        "project_urls": {"Source": "https://example.com/demo"},
        "provides_extra": ["test"],
        "release_url": f"{page}1.0/",
        "requires_dist": ["dep>=1", "more; extra == 'test'"],
        "requires_python": ">=3.9",
        "summary": "A demonstration",
        "version": "1.0",
        "yanked": False,
        "yanked_reason": None,
    }


def test_metadata_is_read_from_an_sdist_that_offers_none(server: ReferenceServer) -> None:
    server.publish(sdist("demo", "1.0", summary="From an sdist"))
    assert document(server, "/pypi/demo/json")["info"]["summary"] == "From an sdist"


def test_metadata_that_cannot_be_read_leaves_the_fields_empty(server: ReferenceServer) -> None:
    server.publish(wheel("demo", "1.0")).metadata(
        b"Metadata-Version: 2.1\nName: demo\nSummary: \xff\xfe\n\n\xff"
    )
    assert document(server, "/pypi/demo/json")["info"]["version"] == "1.0"


@pytest.mark.parametrize("kind", ["multipart/mixed; boundary=x", "multipart/mixed", "message/rfc822"])
def test_metadata_of_several_parts_are_no_failure(server: ReferenceServer, kind: str) -> None:
    text = f"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nContent-Type: {kind}\n\n--x\n\na\n--x--\n"
    server.publish(wheel("demo", "1.0")).metadata(text.encode())
    assert document(server, "/pypi/demo/json")["info"]["version"] == "1.0"


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"other")])
def test_a_release_without_its_content_has_no_metadata(damage: Any, tmp_path: Path) -> None:
    with ReferenceServer(flavour="pypi", store=tmp_path) as server:
        file = server.publish(sdist("demo", "1.0", summary="lost"))
        (blob,) = tmp_path.glob(f"blobs/*/{file.sha256}")
        damage(blob)
        found = document(server, "/pypi/demo/json")
        assert (found["info"]["version"], found["info"]["summary"]) == ("1.0", None)


@pytest.mark.parametrize("build", [wheel, sdist])
def test_a_file_is_described_and_found(server: ReferenceServer, build: Any) -> None:
    made: Distribution = build("demo", "1.0")
    server.publish(made).uploaded_at("2020-02-01T10:20:30.5")
    (file,) = document(server, "/pypi/demo/json")["urls"]
    assert fetched(file.pop("url")).content == made.content
    is_wheel = made.filename.endswith(".whl")
    digests = {
        "blake2b_256": hashlib.blake2b(made.content, digest_size=32).hexdigest(),
        "md5": hashlib.md5(made.content).hexdigest(),  # noqa: S324 - PyPI states it
        "sha256": made.sha256,
    }
    assert file == {
        "comment_text": "",
        "core-metadata": {"sha256": hashlib.sha256(made.metadata.document()).hexdigest()}
        if is_wheel
        else False,
        "digests": digests,
        "downloads": -1,
        "filename": made.filename,
        "has_sig": False,
        "md5_digest": digests["md5"],
        "packagetype": "bdist_wheel" if is_wheel else "sdist",
        "python_version": "py3" if is_wheel else "source",
        "requires_python": ">=3.8",
        "size": len(made.content),
        "upload_time": "2020-02-01T10:20:30",
        "upload_time_iso_8601": "2020-02-01T10:20:30.500000Z",
        "yanked": False,
        "yanked_reason": None,
    }


@pytest.mark.parametrize(
    ("published", "yanked", "latest"),
    [
        (("1.0", "10.0", "9.0"), (), "10.0"),
        (("1.0", "2.0rc1", "2.0.dev1"), (), "1.0"),
        (("1.0", "2.0"), ("2.0",), "1.0"),
        (("1.0", "2.0rc1"), ("1.0",), "2.0rc1"),
        (("1.0a1", "1.0a2"), (), "1.0a2"),
        (("1.0", "2.0"), ("1.0", "2.0"), "2.0"),
    ],
)
def test_a_project_is_described_by_its_latest_release(
    server: ReferenceServer, published: tuple[str, ...], yanked: tuple[str, ...], latest: str
) -> None:
    for version in published:
        file = server.publish(wheel("demo", version))
        if version in yanked:
            file.yank("broken")
    found = document(server, "/pypi/demo/json")
    assert found["info"]["version"] == latest
    assert found["info"]["yanked"] is (latest in yanked)
    assert found["info"]["yanked_reason"] == ("broken" if latest in yanked else None)
    assert {*found["releases"]} == {*published}
    assert found["urls"] == found["releases"][latest]


def test_a_release_is_yanked_with_its_last_file(server: ReferenceServer) -> None:
    files = [server.publish(wheel("demo", "1.0")), server.publish(sdist("demo", "1.0"))]
    files[0].yank("broken")
    found = document(server, "/pypi/demo/json")
    assert (found["info"]["yanked"], [each["yanked"] for each in found["urls"]]) == (False, [True, False])
    files[1].yank()
    assert document(server, "/pypi/demo/json")["info"]["yanked"] is True


def test_a_release_stays_without_its_files(server: ReferenceServer) -> None:
    file = server.publish(wheel("demo", "3.0"))
    for version in ("2.0", "10.0"):
        server.publish(wheel("demo", version))
    file.delete()
    releases = document(server, "/pypi/demo/json")["releases"]
    assert [(version, len(files)) for version, files in releases.items()] == [
        ("2.0", 1),
        ("3.0", 0),
        ("10.0", 1),
    ]


@pytest.mark.parametrize("first", [wheel, sdist])
def test_the_first_upload_of_a_release_describes_it(server: ReferenceServer, first: Any) -> None:
    other = sdist if first is wheel else wheel
    server.publish(first("demo", "1.0", summary="came first"))
    server.publish(other("demo", "1.0", summary="came later"))
    for path in ("/pypi/demo/json", "/pypi/demo/1.0/json"):
        assert document(server, path)["info"]["summary"] == "came first"


def test_a_file_says_whether_it_has_a_metadata_file(server: ReferenceServer) -> None:
    made = wheel("demo", "1.0")
    server.publish(made)
    server.publish(sdist("demo", "1.0"))
    stated = {each["filename"]: each["core-metadata"] for each in document(server, "/pypi/demo/json")["urls"]}
    page = get(server, "/simple/demo/", headers=JSON).json()
    assert stated == {each["filename"]: each.get("core-metadata", False) for each in page["files"]}
    assert stated[made.filename] == {"sha256": hashlib.sha256(made.metadata.document()).hexdigest()}


@pytest.mark.parametrize("spelling", ["1.0", "1.0.0", "v1"])
def test_a_release_has_its_own_files(server: ReferenceServer, spelling: str) -> None:
    server.publish(wheel("demo", "2.0"))
    server.publish(wheel("demo", "1.0"))
    found = document(server, f"/pypi/demo/{spelling}/json")
    assert found["info"]["version"] == "1.0"
    assert [each["filename"] for each in found["urls"]] == ["demo-1.0-py3-none-any.whl"]
    assert "releases" not in found


@pytest.mark.parametrize(
    "path",
    ["/pypi/Demo_Pkg/json", "/pypi/Demo_Pkg/1.0/json", "/pypi/demo.pkg/json/", "/pypi/demo.pkg/1.0/json/"],
)
def test_another_spelling_of_a_name_is_redirected(server: ReferenceServer, path: str) -> None:
    server.publish(wheel("Demo.Pkg", "1.0"))
    answer = get(server, path)
    assert [each.status_code for each in answer.history] == [301]
    assert "/pypi/demo-pkg/" in answer.url
    assert answer.json()["info"]["name"] == "Demo.Pkg"


@pytest.mark.parametrize("version", ["", "/1.0"])
@pytest.mark.parametrize(
    "path", ["/pypi/Demo.Pkg{}/json", "/api/v4/projects/2/packages/pypi/json/Demo.Pkg{}"]
)
def test_a_redirect_is_followed_with_its_query(server: ReferenceServer, path: str, version: str) -> None:
    server.publish(wheel("Demo.Pkg", "1.0"))
    answer = get(server, f"{path.format(version)}?a=b&c")
    assert [each.status_code for each in (*answer.history, answer)] == [301, 200]
    assert answer.url == f"{server.origin}{path.format(version).replace('Demo.Pkg', 'demo-pkg')}?a=b&c"


@pytest.mark.parametrize("path", ["/simple/", "/simple/demo/", "/pypi/demo/json"])
def test_an_unchanged_page_has_its_serial(server: ReferenceServer, path: str) -> None:
    server.publish(wheel("demo", "1.0"))
    first = get(server, path)
    again = get(server, path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.headers[SERIAL]) == (304, first.headers[SERIAL])


@pytest.mark.parametrize("path", ["/pypi/other/json", "/pypi/demo/2.0/json", "/pypi/demo/1.0/2.0/json"])
def test_what_is_not_there_is_404(server: ReferenceServer, path: str) -> None:
    server.publish(wheel("demo", "1.0"))
    assert get(server, path).status_code == 404


def test_a_project_in_quarantine_is_404(server: ReferenceServer) -> None:
    server.publish(wheel("demo", "1.0")).status("quarantined")
    assert get(server, "/pypi/demo/json").status_code == 404


def test_a_private_gitlab_project_asks_for_a_token(server: ReferenceServer) -> None:
    made = wheel("demo", "1.0")
    server.registry.publish(made.filename, made.content, gitlab_project=1)
    path = "/api/v4/projects/1/packages/pypi/json/demo"
    assert get(server, path).status_code == 401
    answer = get(server, path, auth=(server.username, server.password))
    (file,) = answer.json()["urls"]
    assert fetched(file["url"], auth=(server.username, server.password)).content == made.content


def test_a_mirror_describes_what_its_upstream_has(server: ReferenceServer) -> None:
    made = wheel("demo", "1.0")
    server.publish(made)
    with ReferenceServer(flavour="pypi", upstream=server.index_url) as mirror:
        found = document(mirror, "/pypi/demo/json")
        assert found["info"]["version"] == "1.0"
        assert fetched(found["urls"][0]["url"]).content == made.content
        assert get(mirror, "/pypi/other/json").status_code == 404


def test_a_registry_below_a_path_states_its_own_urls() -> None:
    made = wheel("Demo", "1.0")
    with RegistryHost() as host, host.add(flavour="pypi", index_path="/team/simple/") as tenant:
        tenant.publish(made)
        found = fetched(f"{tenant.origin}/pypi/Demo/json").json()
        assert found["info"]["package_url"] == f"{tenant.origin}/project/demo/"
        assert found["urls"][0]["url"].startswith(f"{tenant.origin}/packages/")
        assert fetched(found["urls"][0]["url"]).content == made.content


@pytest.mark.parametrize("flavour", ["reference", "gitlab", "gitlab-13.4"])
def test_other_flavours_have_neither(flavour: str) -> None:
    with ReferenceServer(flavour=flavour) as server:
        server.publish(wheel("demo", "1.0"))
        credentials = server.username, server.password
        assert get(server, "/pypi/demo/json", auth=credentials).status_code == 404
        page = fetched(f"{server.index_url}demo/", auth=credentials)
        assert SERIAL not in page.headers
        assert "SERIAL" not in page.text


def stated(server: ReferenceServer, name: str) -> int:
    """Return the serial of a project, which is the same wherever it stands."""
    entry = next(
        each for each in get(server, "/simple/", headers=JSON).json()["projects"] if each["name"] == name
    )
    pages = [get(server, f"/simple/{name}/", headers=headers) for headers in (JSON, {})]
    described = get(server, f"/pypi/{name}/json")
    comment = pages[1].text.partition("<!--SERIAL ")[2].partition("-->")[0]
    found = {
        *(int(each.headers[SERIAL]) for each in (*pages, described)),
        pages[0].json()["meta"]["_last-serial"],
        described.json()["last_serial"],
        entry["_last-serial"],
        int(comment),
    }
    (serial,) = found
    return int(serial)


def stated_of_all(server: ReferenceServer) -> int:
    """Return the serial of the index."""
    pages = [get(server, "/simple/", headers=headers) for headers in (JSON, {})]
    comment = pages[1].text.partition("<!--SERIAL ")[2].partition("-->")[0]
    found = {int(each.headers[SERIAL]) for each in pages}
    (serial,) = found | {pages[0].json()["meta"]["_last-serial"], int(comment)}
    return int(serial)


CHANGES = {
    "upload": lambda file, server: server.publish(sdist(file.name, "1.0")),
    "upload of another version": lambda file, server: server.publish(wheel(file.name, "2.0")),
    "yank": lambda file, _: file.yank("broken"),
    "status": lambda file, _: file.status("archived"),
    "metadata": lambda file, _: file.metadata(None),
    "provenance": lambda file, _: file.provenance({"version": 1}),
    "upload time": lambda file, _: file.uploaded_at("2020-01-01"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("kept", [False, True], ids=["memory", "directory"])
def test_each_change_of_a_project_gives_it_a_larger_serial(change: Any, kept: bool, tmp_path: Path) -> None:  # noqa: FBT001
    with ReferenceServer(flavour="pypi", store=tmp_path / "store" if kept else None) as server:
        file: Published = server.publish(wheel("demo", "1.0"))
        server.publish(wheel("other", "1.0"))
        before, beside = stated(server, "demo"), stated(server, "other")
        assert stated_of_all(server) == beside > before
        change(file, server)
        after = stated(server, "demo")
        assert after > beside
        assert stated_of_all(server) == after
        assert stated(server, "other") == beside


def test_a_deletion_gives_the_index_a_larger_serial(server: ReferenceServer) -> None:
    server.publish(wheel("other", "1.0"))
    file = server.publish(wheel("demo", "1.0"))
    before = stated_of_all(server)
    file.delete()
    assert stated_of_all(server) > before


def test_serials_go_on_after_a_restart(tmp_path: Path) -> None:
    with ReferenceServer(flavour="pypi", store=tmp_path) as server:
        server.publish(wheel("demo", "1.0"))
        before = stated(server, "demo")
    with ReferenceServer(flavour="pypi", store=tmp_path) as server:
        assert stated(server, "demo") == before
        server.publish(wheel("demo", "2.0"))
        assert stated(server, "demo") > before


@pytest.mark.parametrize(
    "path",
    ["/simple/", "/simple/demo/", "/simple/absent/", "/simple/demo", "/pypi/demo/json", "/pypi/absent/json"],
)
def test_pages_of_other_origins_may_read_the_serial(server: ReferenceServer, path: str) -> None:
    server.publish(wheel("demo", "1.0"))
    answer = get(server, path, allow_redirects=False)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert SERIAL in answer.headers["Access-Control-Expose-Headers"]


def test_files_and_uploads_are_for_the_same_origin(server: ReferenceServer) -> None:
    file = server.publish(wheel("demo", "1.0"))
    answers = [fetched(file.url), requests.post(server.url, timeout=60)]
    assert [each.headers.get("Access-Control-Allow-Origin") for each in answers] == [None, None]
