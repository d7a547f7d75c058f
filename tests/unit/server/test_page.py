"""The page "Packages & Registries": what it shows, what its forms do, and what it refuses."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client

from reference_server import create_app
from reference_server.flavours import all_flavours, flavour_named
from reference_server.http.request_log import KEPT
from reference_server.rules.ready_made import GITLAB_PROJECTS
from reference_server.serving.default_registry import default_registry

from .conftest import NOON, Api
from .visitor import PACKAGES, PERSONAL, REPOSITORY, SETTINGS, Visitor, publish

if TYPE_CHECKING:
    from reference_server.rules.registry import Registry


@pytest.fixture
def visitor(registry: Registry) -> Visitor:
    return Visitor(registry)


def rows(text: str) -> list[str]:
    """Return the links in the headings of a table's rows."""
    return re.findall(r'<th scope="row"><a href="[^"]+">([^<]+)', text)


# looking


def test_anonymous_visitors_see_public_projects(registry: Registry) -> None:
    visitor = Visitor(registry, None)
    assert rows(visitor.open("/").text) == ["conformance/public", "conformance/members-only"]
    assert visitor.open("/conformance/public/-/packages").status_code == 200
    answer = visitor.open(f"{PACKAGES}?page=2")
    assert answer.headers["Location"] == f"/users/sign_in?return_to={PACKAGES.replace('/', '%2F')}%3Fpage%3D2"


def test_anonymous_visitors_do_not_learn_which_projects_exist(registry: Registry) -> None:
    visitor = Visitor(registry, None)
    for path in ("/conformance/registry/-/packages", "/conformance/nothing/-/packages"):
        answer = visitor.open(path)
        assert (answer.status_code, answer.headers["Location"][:15]) == (303, "/users/sign_in?")


def test_projects_are_searched(visitor: Visitor) -> None:
    assert len(rows(visitor.open("/").text)) == len(GITLAB_PROJECTS)
    assert rows(visitor.open("/?search=ELSE").text) == ["conformance/elsewhere"]


def test_packages_are_searched_sorted_and_paged(visitor: Visitor, registry: Registry) -> None:
    for name, version in (("beta", "1.0"), ("alpha", "1.10"), ("alpha", "1.9")):
        publish(registry, name, version)

    def listed(query: str) -> list[tuple[str, str]]:
        text = visitor.open(PACKAGES + query).text
        return list(zip(rows(text), re.findall(r'data-label="Version">([^<]+)', text), strict=True))

    newest = [("alpha", "1.9"), ("alpha", "1.10"), ("beta", "1.0")]
    assert listed("") == listed("?sort=odd&order=odd&page=x") == newest
    assert listed("?sort=name&order=asc") == newest  # 1.9 before 1.10
    assert [version for _, version in listed("?sort=version&order=desc")] == ["1.10", "1.9", "1.0"]
    assert listed("?search=BET") == [("beta", "1.0")]
    assert listed("?search=1.9") == [("alpha", "1.9")]
    for number in range(20):
        publish(registry, "many", f"{number}")
    first = visitor.open(f"{PACKAGES}?sort=name&order=asc")
    assert "Page 1 of 2" in first.text
    assert len(listed("?page=2")) == 3
    assert listed("?page=99") == listed("?page=2")


def test_a_package_shows_its_files_hashes_metadata_and_publisher(
    visitor: Visitor, registry: Registry
) -> None:
    lines = ["Summary: Says hello", "Author: Jane", "Project-URL: Docs, https://docs.example.com/x"]
    lines += ["Requires-Dist: other>=1", "Keywords: a,b", "Description-Content-Type: text/markdown"]
    package = publish(registry, lines=lines, text="# Title\n\n*hello*")
    file = package.files[0]
    registry.yank("demo", reason="use 2.0")
    text = visitor.open(f"{PACKAGES}/{package.id}").text
    for shown in (*file.digests.values(), file.filename, "Says hello", "Jane", "other&gt;=1", "use 2.0"):
        assert shown in text
    assert "<em>hello</em>" in text
    assert 'href="https://docs.example.com/x" rel="nofollow noopener noreferrer"' in text
    assert "22 Nov 2026, 12:00 UTC" in text


def test_the_publisher_is_named(visitor: Visitor, registry: Registry) -> None:
    Api(registry).upload(password="reference-deploy-write-token")
    (package,) = registry.packages(registry.gitlab_project("1"))
    assert "by <strong>deploy-write</strong>" in visitor.open(f"{PACKAGES}/{package.id}").text


def test_a_file_is_downloaded(visitor: Visitor, registry: Registry) -> None:
    package = publish(registry)
    answer = visitor.open(f"{PACKAGES}/{package.id}/files/{package.files[0].id}/download")
    assert answer.data == package.files[0].blob.read()
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{package.files[0].filename}"'


def test_web_path_of_the_rest_api_leads_to_the_package(visitor: Visitor, registry: Registry) -> None:
    package = publish(registry)
    (listed,) = Api(registry).get("/projects/1/packages").json
    assert listed["_links"]["web_path"] == f"{PACKAGES}/{package.id}"
    assert visitor.open(listed["_links"]["web_path"]).status_code == 200


@pytest.mark.parametrize(
    "path", [f"{PACKAGES}/99", "/nowhere/at-all/-/packages", f"{PACKAGES}/1/files/1/download"]
)
def test_what_is_not_there_is_a_page_of_its_own(visitor: Visitor, path: str) -> None:
    answer = visitor.open(path)
    assert (answer.status_code, "Page not found" in answer.text) == (404, True)


def test_a_registry_that_is_switched_off_says_so(visitor: Visitor) -> None:
    assert "switched off" in visitor.open("/conformance/switched-off/-/packages").text


# changing


def test_a_package_and_a_file_are_yanked_and_deleted(visitor: Visitor, registry: Registry) -> None:
    package = publish(registry)
    path = f"{PACKAGES}/{package.id}"
    file = f"{path}/files/{package.files[0].id}"

    def yanked() -> str | None:
        return registry.packages(registry.gitlab_project("1"))[0].files[0].yanked

    assert "was yanked" in visitor.after(f"{path}/yank", {"reason": " old\r\nand bad "})
    assert yanked() == "old and bad"
    assert "offered again" in visitor.after(f"{path}/unyank")
    assert yanked() is None
    visitor.after(f"{file}/yank", {"reason": ""})
    assert yanked() == ""
    visitor.after(f"{file}/unyank")
    assert yanked() is None
    assert "no files" in visitor.after(f"{file}/delete")
    assert "was deleted" in visitor.after(f"{path}/delete")
    assert registry.packages(registry.gitlab_project("1")) == ()


def test_a_maintainer_changes_everything_but_the_visibility(visitor: Visitor, registry: Registry) -> None:
    assert "<fieldset disabled>" in visitor.open(SETTINGS).text
    assert visitor.send(SETTINGS, {"visibility": "public"}).status_code == 403
    visitor.after(SETTINGS, {"duplicates_allowed": "on"})
    project = registry.gitlab_project("1")
    assert (project.packages_enabled, project.duplicates_allowed, project.visibility) == (
        False,
        True,
        "private",
    )


def test_settings_are_saved(registry: Registry) -> None:
    visitor = Visitor(registry, "reference-owner-token")
    assert "were saved" in visitor.after(SETTINGS, {"visibility": "public", "duplicates_allowed": "on"})
    project = registry.gitlab_project("1")
    assert (project.packages_enabled, project.duplicates_allowed, project.visibility) == (
        False,
        True,
        "public",
    )
    visitor.after(SETTINGS, {"packages_enabled": "on", "visibility": "private"})
    project = registry.gitlab_project("1")
    assert (project.packages_enabled, project.duplicates_allowed, project.visibility) == (
        True,
        False,
        "private",
    )
    assert visitor.send(SETTINGS, {"visibility": "odd"}).status_code == 400


def test_a_project_is_created(visitor: Visitor, registry: Registry) -> None:
    assert "was created" in visitor.after("/projects", {"path": "group/tools", "visibility": "public"})
    assert registry.gitlab_project("group/tools").members == {"maintainer": 50}
    again = visitor.send("/projects", {"path": "group/tools", "visibility": "public"})
    assert (again.status_code, "Path has already been taken." in again.text) == (422, True)


@pytest.mark.parametrize(
    ("page", "form", "fields"),
    [
        (PERSONAL, PERSONAL, {"scopes[]": ["api", "read_api"], "expires_at": "2026-12-24"}),
        (
            REPOSITORY,
            f"{REPOSITORY}/deploy_tokens",
            {"scopes[]": ["read_package_registry"], "username": "robot"},
        ),
        (REPOSITORY, f"{REPOSITORY}/job_tokens", {}),
    ],
    ids=["personal", "deploy", "job"],
)
def test_a_token_is_shown_once_and_revoked(
    visitor: Visitor, registry: Registry, page: str, form: str, fields: dict[str, Any]
) -> None:
    visitor.open("/")
    answer = visitor.send(form, {"name": "laptop"} | fields)
    elsewhere = visitor.open("/").text + visitor.open("/conformance/public/-/packages").text
    assert "Copy the new token" not in elsewhere
    text = visitor.open(answer.headers["Location"]).text
    (secret,) = re.findall(r"<code>(gl[a-z]+-[^<]+)</code>", text)
    assert secret not in visitor.open(page).text
    api, path = Api(registry), "/projects/1/packages/pypi/simple/"
    username = "gitlab-ci-token" if "job_tokens" in form else "__token__"
    assert api.get(path, username=username, password=secret).status_code == 200
    number = registry.store.tokens()[-1].record.id
    visitor.after(f"{form}/{number}/revoke")
    assert api.get(path, username=username, password=secret).status_code == 401


def test_an_invalid_token_is_not_made(visitor: Visitor, registry: Registry) -> None:
    before = registry.store.tokens()
    assert "scopes is invalid" in visitor.after(PERSONAL, {"name": "x"})
    assert "expires_at is invalid" in visitor.after(
        PERSONAL, {"name": "x", "scopes[]": "api", "expires_at": "2001-01-01"}
    )
    assert registry.store.tokens() == before


# where a flavour keeps spellings apart


def test_packages_of_two_spellings_are_sorted_and_yanked_one_by_one(registry: Registry) -> None:
    first, second = publish(registry, "demo", "1.9"), publish(registry, "demo", "1.10")
    registry.store.put_package(replace(second, name="Demo"))
    visitor = Visitor(registry, flavour=flavour_named("gitlab"))
    text = visitor.open(f"{PACKAGES}?sort=version&order=asc").text
    assert re.findall(r'data-label="Version">([^<]+)', text) == ["1.9", "1.10"]
    assert "Yank" not in visitor.open(f"{PACKAGES}/{first.id}").text
    assert "Yank" in Visitor(registry).open(f"{PACKAGES}/{first.id}").text
    registry.store.put_package(replace(second, name="Demo", version="1.9"))
    visitor = Visitor(registry)
    visitor.after(f"{PACKAGES}/{second.id}/yank", {"reason": "old"})
    yanked = [each.files[0].yanked for each in registry.packages(registry.gitlab_project("1"))]
    assert yanked == [None, "old"]
    visitor.after(f"{PACKAGES}/{second.id}/unyank")
    assert registry.packages(registry.gitlab_project("1"))[1].files[0].yanked is None


# the request log


def test_the_log_has_requests_of_clients_and_no_secrets(visitor: Visitor) -> None:
    visitor.client.get(
        "/api/v4/projects/1/packages?private_token=concealed",
        headers={"PRIVATE-TOKEN": "reference-api-token"},
    )
    visitor.client.get(
        "/api/v4/projects/1/packages/pypi/simple/", auth=("gitlab-ci-token", "reference-job-token")
    )
    visitor.client.get("/api/v4/projects/1/packages/pypi/simple/", auth=("x", "reference-deploy-read-token"))
    visitor.client.get("/api/v4/projects/1")
    visitor.client.get("/%C3%A9%00")
    text = visitor.open("/-/requests").text
    assert re.findall(r'badge \w+">(\d+)<', text) == ["400", "401", "200", "200", "200"]
    for kind in ("personal access token", "CI job token", "deploy token", "anonymous"):
        assert kind in text
    assert "concealed" not in text
    assert "reference-" not in text
    assert "/-/requests" not in text.partition("<tbody>")[2]
    assert "http-equiv" not in text
    assert '<meta http-equiv="refresh" content="5">' in visitor.open("/-/requests?refresh=on").text


def test_the_log_is_bounded(registry: Registry) -> None:
    application = create_app(registry)
    client = Client(application)
    for number in range(KEPT + 3):
        client.get(f"/{number}")
    assert [entry.path for entry in application.log.entries()] == [
        f"/{number}" for number in range(3, KEPT + 3)
    ]


# beside the API


@pytest.mark.parametrize("flavour", all_flavours(), ids=lambda each: each.name)
def test_the_page_is_there_in_every_flavour_and_hides_no_path_of_the_api(flavour: Any) -> None:
    registry = default_registry(now=lambda: NOON)
    visitor = Visitor(registry, flavour=flavour)
    assert "Projects" in visitor.open("/").text
    assert visitor.open("/conformance/public/-/packages").status_code == 200
    index = visitor.client.get(
        flavour.path(flavour.layout.index), headers={"PRIVATE-TOKEN": "reference-api-token"}
    )
    assert "page.css" not in index.text
    upload = visitor.client.post(flavour.path(flavour.layout.upload))
    assert upload.content_type == "application/json"
    assert visitor.client.get("/-/reference/nothing").content_type == "application/json"


def test_below_a_mount_point_links_keep_it(registry: Registry) -> None:
    client = Client(create_app(registry))
    text = client.get("/", "http://localhost/prefix/").text
    assert re.findall(r'(?:href|action|src)="(/[^"]*)"', text)
    assert all(link.startswith("/prefix/") for link in re.findall(r'(?:href|action|src)="(/[^"]*)"', text))


def test_methods_and_paths_of_nothing_stay_the_apis_answer(registry: Registry) -> None:
    client = Client(create_app(registry))
    for method, path in (("PUT", "/"), ("DELETE", PACKAGES), ("GET", "/users"), ("GET", "/-/unknown")):
        answer = client.open(path, method=method)
        assert (answer.status_code, answer.content_type) == (404, "application/json")
    for path in ("/api/v4/groups/conformance/-/packages", "/api/v4/projects/1/-/packages"):
        assert client.get(path).content_type == "application/json"
    head = client.head("/")
    assert (head.status_code, head.data) == (200, b"")


def test_a_server_for_clients_imports_no_page() -> None:
    program = (
        "import sys; from reference_server import ReferenceServer\n"
        "with ReferenceServer() as server:\n"
        "    import urllib.request as http\n"
        "    http.urlopen(server.index_url.replace('/1/', '/2/')).read()\n"
        "    late = ('reference_server.web', 'reference_server.app.account_routes', 'markdown_it')\n"
        "    before = [name for name in late if name in sys.modules]\n"
        "    http.urlopen(server.origin).read()\n"
        "    print(before, 'reference_server.web' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[] True"


def test_a_flavour_that_yanks_nothing_refuses_the_forms_of_yanking(registry: Registry) -> None:
    package = publish(registry)
    visitor = Visitor(registry, flavour=flavour_named("gitlab"))
    here = f"{PACKAGES}/{package.id}"
    assert "Yank" not in visitor.open(here).text
    for verb in ("yank", "unyank"):
        for path in (here, f"{here}/files/{package.files[0].id}"):
            assert visitor.send(f"{path}/{verb}").status_code == 404, f"{path}/{verb}"
    assert registry.packages(registry.gitlab_project("1"))[0].files[0].yanked is None
