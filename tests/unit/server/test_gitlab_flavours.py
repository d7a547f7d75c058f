"""GitLab 13.4 and current GitLab, as its own tests and its documentation have seen them."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import requests
from werkzeug.test import Client

from reference_server import create_app
from reference_server.flavours import UnknownFlavourError, flavour_named
from reference_server.flavours.gitlab_names import is_valid_name, is_valid_path, is_valid_version, sanitized
from reference_server.rules import Rules
from reference_server.rules.ready_made import PASSWORD
from reference_server.sources.upstream import Upstream

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from reference_server.rules.registry import Registry

OLD, NEW = "gitlab-13.4", "gitlab"
BOTH = (OLD, NEW)
DIGEST = "a" * 64
ORIGIN = "http://localhost"
FIELDS = {"name": "My.Pkg", "version": "1.0", "requires_python": "", "sha256_digest": DIGEST}
RAILS = {OLD: "Validation failed: {}", NEW: "400 Bad request - Validation failed: {}"}


class GitLab:
    """A flavour's application, spoken to at the paths of one GitLab project."""

    def __init__(self, registry: Registry, flavour: str, rules: Rules | None = None) -> None:
        self.registry = registry
        self.client = Client(create_app(registry, flavour=flavour_named(flavour), rules=rules))

    def call(
        self, method: str, path: str, *, password: str | None = PASSWORD, user: str = "x", **more: Any
    ) -> TestResponse:
        headers = dict(more.pop("headers", {}))
        if password is not None:
            headers["Authorization"] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        return self.client.open(f"/api/v4{path}", method=method, headers=headers, **more)

    def get(self, path: str, *, project: str = "1", **more: Any) -> TestResponse:
        return self.call("GET", f"/projects/{project}/packages/pypi/{path}", **more)

    def upload(
        self, filename: str = "my_pkg-1.0.tar.gz", *, project: str = "1", caller: Any = None, **fields: Any
    ) -> TestResponse:
        form = {name: value for name, value in (FIELDS | fields).items() if value is not None}
        files = {"content": (filename, b"12345")} if filename else {"other": ("x", b"")}
        sent = requests.Request("POST", ORIGIN, data=form, files=files).prepare()
        return self.call(
            "POST",
            f"/projects/{project}/packages/pypi",
            data=sent.body,
            content_type=sent.headers["Content-Type"],
            **(caller or {}),
        )


@pytest.fixture(params=BOTH)
def gitlab(request: pytest.FixtureRequest, registry: Registry) -> GitLab:
    return GitLab(registry, request.param)


@pytest.fixture
def old(registry: Registry) -> GitLab:
    return GitLab(registry, OLD)


@pytest.fixture
def new(registry: Registry) -> GitLab:
    return GitLab(registry, NEW)


def anchor(filename: str, requires_python: str, project: int = 1) -> str:
    url = f"{ORIGIN}/api/v4/projects/{project}/packages/pypi/files/{DIGEST}/{filename}#sha256={DIGEST}"
    return f'<a href="{url}" data-requires-python="{requires_python}">{filename}</a>'


def document(title: str, anchors: str) -> str:
    return f"""        <!DOCTYPE html>
        <html>
          <head>
            <title>Links for {title}</title>
          </head>
          <body>
            <h1>Links for {title}</h1>
            {anchors}
          </body>
        </html>
"""


def test_a_page_of_13_4_byte_for_byte(old: GitLab) -> None:
    old.upload("b.whl", requires_python="")
    old.upload("a.whl", requires_python=""">=3.6, <'4"&""")
    stated = "&gt;=3.6, &lt;&#39;4&quot;&amp;"
    anchors = f"{anchor('b.whl', stated)}<br>{anchor('a.whl', stated)}<br>"
    answer = old.get("simple/my-pkg")
    assert (answer.text, answer.content_type) == (document("My.Pkg", anchors), "text/html; charset=utf-8")
    assert "Accept," not in answer.headers.get("Vary", "")


def test_a_page_of_today_byte_for_byte(new: GitLab) -> None:
    new.upload("b.whl", requires_python="")
    new.upload("a.whl", requires_python=">=3.6")
    anchors = anchor("b.whl", "") + anchor("a.whl", "&gt;=3.6")
    assert new.get("simple/my-pkg/").text == document("My.Pkg", anchors).lstrip()


def test_the_root_page_of_today_has_a_link_per_version(new: GitLab) -> None:
    for name, version in (("My.Pkg", "1.0"), ("my-pkg", "1.0"), ("My.Pkg", "2.0")):
        assert new.upload(name=name, version=version).status_code == 201
    url = f"{ORIGIN}/api/v4/projects/1/packages/pypi/simple/my-pkg"
    anchors = "".join(
        f'<a href="{url}" data-requires-python="">{name}</a>' for name in ("My.Pkg", "my-pkg", "My.Pkg")
    )
    assert new.get("simple").text == document("registry", anchors).lstrip()


def test_13_4_has_no_root_page(old: GitLab) -> None:
    for path in ("simple", "simple/"):
        answer = old.get(path)
        assert (answer.status_code, answer.json) == (404, {"error": "404 Not Found"})


def test_an_empty_root_page(new: GitLab) -> None:
    answer = new.get("simple/")
    assert (answer.status_code, "<a " in answer.text) == (200, False)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("simple/my-pkg", 200),
        ("simple/My-PKG/", 200),
        ("simple/my.pkg", 404),
        ("simple/my_pkg/", 404),
        ("simple/My.Pkg", 404),
    ],
)
def test_only_the_normalized_name_finds_a_project(gitlab: GitLab, path: str, status: int) -> None:
    gitlab.upload()
    assert (
        gitlab.get("simple/my-pkg").status_code == 200
    )  # and the page that is kept answers for no other name
    answer = gitlab.get(path)
    assert answer.status_code == status
    if status == 404:
        assert answer.json == {"message": "404 Package Not Found"}


def test_names_may_be_folders(gitlab: GitLab) -> None:
    assert gitlab.upload(name="@a/b").status_code == 201
    assert gitlab.get("simple/@a/b").status_code == gitlab.get("simple/%40a%2Fb/").status_code == 200


@pytest.mark.parametrize("name", ["..%2fx", "x%2f..%2fy", ".."])
def test_paths_that_lead_elsewhere(gitlab: GitLab, name: str) -> None:
    for path, field in ((f"simple/{name}", "package_name"), (f"files/{DIGEST}/{name}", "file_identifier")):
        answer = gitlab.get(path)
        assert (answer.status_code, answer.json) == (400, {"error": f"{field} should be a valid file path"})


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": ".$/@!^*"}, "Name is invalid"),
        ({"name": ""}, "Name can't be blank, Name is invalid"),
        ({"version": "1./2.3"}, "Version is invalid"),
        ({"version": "1.0 "}, "Version is invalid"),
    ],
)
def test_uploads_that_rails_refuses(gitlab: GitLab, fields: dict[str, str], reason: str) -> None:
    answer = gitlab.upload(**fields)
    flavour = OLD if "400" not in answer.json["message"] else NEW
    assert (answer.status_code, answer.json["message"]) == (400, RAILS[flavour].format(reason))
    assert gitlab.registry.store.packages(1) == ()


@pytest.mark.parametrize("flavour", BOTH)
def test_a_second_upload(registry: Registry, flavour: str) -> None:
    gitlab = GitLab(registry, flavour)
    gitlab.upload(requires_python=">=3")
    answer = gitlab.upload(requires_python=">=4")
    text = RAILS[flavour].format("File name has already been taken")
    assert (answer.status_code, answer.json) == (400, {"message": text})
    assert "&gt;=3" in gitlab.get("simple/my-pkg").text
    assert gitlab.upload(version="1.0.0").status_code == gitlab.upload(name="my-pkg").status_code == 201
    (deleted, *_) = registry.store.packages(1)
    headers = {"PRIVATE-TOKEN": PASSWORD}
    path = f"/projects/1/packages/{deleted.id}"
    assert gitlab.call("DELETE", path, password=None, headers=headers).status_code == 204
    assert gitlab.upload().status_code == 201


@pytest.mark.parametrize(
    ("flavour", "filename", "fields", "error"),
    [
        (OLD, "a.whl", {"requires_python": None}, "requires_python is missing"),
        (OLD, "", {"requires_python": None}, "content is missing, requires_python is missing"),
        (NEW, "", {"name": None}, "content is missing, name is missing"),
        (NEW, "a.whl", {"sha256_digest": "123"}, "sha256_digest is invalid"),
    ],
)
def test_forms_that_grape_refuses(
    registry: Registry, flavour: str, filename: str, fields: dict[str, str | None], error: str
) -> None:
    answer = GitLab(registry, flavour).upload(filename, **fields)
    assert (answer.status_code, answer.json) == (400, {"error": error})


def test_a_long_requires_python(old: GitLab, registry: Registry) -> None:
    answer = old.upload(requires_python="x" * 256)
    assert answer.json == {
        "message": "Validation failed: Required python is too long (maximum is 255 characters)"
    }
    assert GitLab(registry, NEW).upload(requires_python="x" * 256).status_code == 201
    ((package,)) = registry.store.packages(1)
    assert package.files[0].requires_python == "x" * 252 + "..."


def test_fields_are_recorded_as_they_are(gitlab: GitLab, registry: Registry) -> None:
    given = {"sha256_digest": "A" * 64, "md5_digest": "no md5", "metadata_version": "9", "filetype": "sdist"}
    assert gitlab.upload("é b.whl", version="V1.0", requires_python=" x", **given).status_code == 201
    (package,) = registry.store.packages(1)
    (file,) = package.files
    assert (package.version, file.filename, file.requires_python) == ("V1.0", "__b.whl", " x")
    assert (file.sha256, file.digests["md5"]) == ("A" * 64, "no md5")
    assert gitlab.get(f"files/{'A' * 64}/__b.whl").data == b"12345"
    assert gitlab.get(f"files/{'a' * 64}/__b.whl").status_code == 404


def test_13_4_takes_any_text_for_a_digest(old: GitLab) -> None:
    assert old.upload(sha256_digest="123").status_code == 201
    assert old.get("files/123/my_pkg-1.0.tar.gz").status_code == 200


@pytest.mark.parametrize(("flavour", "text"), [(OLD, "404 Not found"), (NEW, "404 Package Not Found")])
def test_downloads(registry: Registry, flavour: str, text: str) -> None:
    gitlab = GitLab(registry, flavour)
    gitlab.upload()
    answer = gitlab.get(f"files/{DIGEST}/my_pkg-1.0.tar.gz")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="my_pkg-1.0.tar.gz"; ')
    assert answer.headers["Content-Transfer-Encoding"] == "binary"
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for path in (f"files/{DIGEST}/other.tar.gz", f"files/{DIGEST}/my_pkg-1.0.tar.gz.metadata"):
        answer = gitlab.get(path)
        assert (answer.status_code, answer.json) == (404, {"message": text})
    gitlab.upload("name", version="2.0")
    assert gitlab.get(f"files/{DIGEST}/name").status_code == 404  # its name has no extension


def test_a_file_that_is_too_large(registry: Registry, gitlab: GitLab) -> None:
    small = GitLab(registry, NEW, replace(registry.rules, max_file_size=4))
    answer = small.upload()
    assert (answer.status_code, answer.json) == (400, {"message": "400 Bad request - File is too large"})
    assert gitlab.upload().status_code == 201


@pytest.mark.parametrize(
    ("caller", "page", "file", "upload"),
    [
        ({"password": "reference-developer-token"}, (200, 200), (200, 200), 201),
        ({"password": "reference-reporter-token"}, (200, 200), (200, 200), 403),
        ({"password": "reference-guest-token"}, (403, 200), (200, 200), 403),
        ({"password": "wrong"}, (401, 401), (200, 401), 401),
        ({"password": "reference-stranger-token"}, (404, 404), (200, 404), 404),
        ({"password": None}, (401, 401), (200, 401), 401),
        ({"password": "reference-deploy-write-token"}, (200, 200), (200, 200), 201),
        ({"user": "gitlab-ci-token", "password": "reference-job-token"}, (200, 200), (200, 200), 201),
        ({"user": "gitlab-ci-token", "password": "bar"}, (401, 401), (401, 401), 401),
        ({"user": "foo", "password": "reference-job-token"}, (401, 401), (200, 401), 401),
        ({"password": None, "headers": {"JOB-TOKEN": "reference-job-token"}}, (401, 401), (200, 401), 401),
    ],
)
def test_who_may_do_what_in_a_private_gitlab_project(
    registry: Registry, caller: dict[str, Any], page: Any, file: Any, upload: int
) -> None:
    for flavour, its_page, its_file in zip(BOTH, page, file, strict=True):
        gitlab = GitLab(registry, flavour)
        gitlab.upload()
        assert gitlab.get("simple/my-pkg", **caller).status_code == its_page, flavour
        assert gitlab.get(f"files/{DIGEST}/my_pkg-1.0.tar.gz", **caller).status_code == its_file, flavour
        version = f"{BOTH.index(flavour) + 2}"
        assert gitlab.upload(version=version, caller=caller).status_code == upload, flavour


@pytest.mark.parametrize(("flavour", "anonymous"), [(OLD, 401), (NEW, 403)])
def test_a_public_gitlab_project_whose_registry_is_off(
    registry: Registry, flavour: str, anonymous: int
) -> None:
    switched_off = registry.store.gitlab_project("2")
    assert switched_off is not None
    registry.store.add_gitlab_project(replace(switched_off, packages_enabled=False))
    gitlab = GitLab(registry, flavour)
    assert gitlab.get("simple/x", project="2", password=None).status_code == anonymous
    assert gitlab.get("simple/x", project="2").status_code == 403
    assert gitlab.upload(project="2").status_code == 403
    assert gitlab.upload(project="2", caller={"password": None}).status_code == 401


@pytest.mark.parametrize("flavour", BOTH)
def test_challenges(registry: Registry, flavour: str) -> None:
    gitlab = GitLab(registry, flavour)

    def challenge(**caller: Any) -> str | None:
        answer = gitlab.get("simple/x", **caller)
        assert answer.status_code == 401
        return answer.headers.get("WWW-Authenticate")

    old = flavour == OLD
    usual = 'Basic realm="GitLab Packages Registry"'
    assert challenge(password=None) == (usual.replace("=", ": ").replace('"', "") if old else usual)
    wrong = challenge(password=None, headers={"PRIVATE-TOKEN": "wrong"})
    assert wrong == (None if old else usual)
    expired = challenge(password="reference-expired-token")
    assert expired is not None
    assert expired.startswith('Bearer realm="Protected by OAuth 2.0", error="invalid_token"')


def test_an_unknown_gitlab_project_comes_before_the_caller(gitlab: GitLab) -> None:
    for password in (None, PASSWORD):
        answer = gitlab.get("simple/x", project="99", password=password)
        assert (answer.status_code, answer.json) == (404, {"message": "404 Not Found"})


@pytest.mark.parametrize(("flavour", "status"), [(OLD, 400), (NEW, 201)])
def test_the_path_of_a_gitlab_project(registry: Registry, flavour: str, status: int) -> None:
    gitlab = GitLab(registry, flavour)
    answer = gitlab.upload(project="conformance%2Fregistry")
    assert answer.status_code == status
    if status == 400:
        assert answer.json == {"error": "id is invalid"}
    assert gitlab.upload(project="conformance%2Fnowhere").status_code == 404


@pytest.mark.parametrize("flavour", BOTH)
def test_the_rest_api_reads_its_own_fields(registry: Registry, flavour: str) -> None:
    gitlab = GitLab(registry, flavour)
    gitlab.upload()
    job = 200 if flavour == NEW else 404

    def status(method: str = "GET", path: str = "", **headers: str) -> int:
        url = f"/projects/1/packages{path}"
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return gitlab.call(method, url, password=None, headers=sent).status_code

    assert gitlab.call("GET", "/projects/1/packages").status_code == 404  # Basic is not read
    assert status() == status(DEPLOY_TOKEN="reference-deploy-read-token") == 404
    assert status(PRIVATE_TOKEN="reference-deploy-read-token") == 401
    assert status(PRIVATE_TOKEN=PASSWORD) == status(Authorization=f"Bearer {PASSWORD}") == 200
    assert status(JOB_TOKEN="reference-job-token") == job
    (package,) = registry.store.packages(1)
    described = gitlab.call(
        "GET", f"/projects/1/packages/{package.id}", password=None, headers={"PRIVATE-TOKEN": PASSWORD}
    )
    assert ("status" in described.json) == (flavour == NEW)
    assert status("DELETE", f"/{package.id}", JOB_TOKEN="reference-job-token") == (204 if job == 200 else 404)


@pytest.mark.parametrize(("flavour", "status"), [(OLD, 200), (NEW, 404)])
def test_a_job_of_another_gitlab_project(registry: Registry, flavour: str, status: int) -> None:
    gitlab = GitLab(registry, flavour)
    job = {"user": "gitlab-ci-token", "password": "reference-job-token"}
    gitlab.upload(project="4")
    assert gitlab.get("simple/my-pkg", project="4", **job).status_code == status
    elsewhere = registry.store.gitlab_project("4")
    assert elsewhere is not None
    registry.store.add_gitlab_project(replace(elsewhere, job_token_scope=frozenset({1})))
    assert gitlab.get("simple/my-pkg", project="4", **job).status_code == 200


def test_the_index_of_a_group(new: GitLab) -> None:
    for project, version in (("1", "1.0"), ("6", "2.0")):
        new.upload(f"{version}.whl", project=project, version=version)
    base = "/groups/conformance/-/packages/pypi"
    anchors = anchor("1.0.whl", "") + anchor("2.0.whl", "")
    page = document("My.Pkg", anchors.replace("/projects/1/", "/groups/101/-/")).lstrip()
    assert new.call("GET", f"{base}/simple/my-pkg").text == page
    root = new.call("GET", f"{base}/simple").text
    assert root.count(f'href="{ORIGIN}/api/v4/groups/101/-/packages/pypi/simple/my-pkg"') == 2
    assert "<h1>Links for conformance</h1>" in root
    assert new.call("GET", f"{base}/files/{DIGEST}/2.0.whl").data == b"12345"
    for path, text in ((f"files/{DIGEST}/x.whl", "404 Not found"), ("simple/x", "404 Package Not Found")):
        answer = new.call("GET", f"{base}/{path}")
        assert (answer.status_code, answer.json) == (404, {"message": text})
    assert new.call("GET", base.replace("conformance", "none") + "/simple").json == {
        "message": "404 Not Found"
    }


def test_13_4_has_no_index_of_groups(old: GitLab) -> None:
    answer = old.call("GET", "/groups/conformance/-/packages/pypi/simple/x")
    assert (answer.status_code, answer.json) == (404, {"error": "404 Not Found"})


def test_forwarding_is_a_rule(registry: Registry) -> None:
    rules = replace(registry.rules, forwards_to="https://pypi.example.com/simple/")
    gitlab = GitLab(registry, NEW, rules)
    gitlab.upload()
    answer = gitlab.get("simple/Not_Here")
    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        "https://pypi.example.com/simple/Not_Here/",
    )
    assert gitlab.get("simple/my-pkg").status_code == 200
    assert gitlab.get("simple/x", password=None).status_code == 401
    assert gitlab.get("simple/").status_code == 200


@pytest.mark.parametrize("name", ["Not_Here", "not.here"])
def test_forwarding_to_an_upstream(registry: Registry, name: str) -> None:
    upstream = Upstream(url="https://registry.example.com/simple/", mode="redirect")
    gitlab = GitLab(registry, NEW)
    gitlab.client = Client(create_app(registry, flavour=flavour_named(NEW), upstream=upstream))
    gitlab.upload()
    for place in ("projects/1", "groups/conformance/-"):
        answer = gitlab.call("GET", f"/{place}/packages/pypi/simple/{name}")
        wanted = f"https://registry.example.com/simple/{name}/"
        assert (answer.status_code, answer.headers["Location"]) == (302, wanted)
        assert gitlab.call("GET", f"/{place}/packages/pypi/simple/my-pkg").status_code == 200


def test_a_forwarded_file_is_not_found(new: GitLab, old: GitLab) -> None:
    path = "forward/my-pkg/files.example.com/packages/my_pkg-1.0.tar.gz"
    assert (new.get(path).status_code, new.get(path).json) == (404, {"message": "404 Package Not Found"})
    assert new.get(path, password=None).status_code == 401
    assert new.get("forward/my-pkg/..%2fx").json == {"error": "upstream_path should be a valid file path"}
    assert old.get(path).json == {"error": "404 Not Found"}


@pytest.mark.parametrize(("flavour", "space"), [(OLD, "  "), (NEW, " ")])
def test_what_workhorse_asks_before_an_upload(registry: Registry, flavour: str, space: str) -> None:
    gitlab = GitLab(registry, flavour)
    path = "/projects/1/packages/pypi/authorize"
    answer = gitlab.call("POST", path)
    assert answer.status_code == 403
    text = f"403 Forbidden{space}- Request should be executed via GitLab Workhorse"
    assert answer.json == {"message": text}
    callers = (
        {"password": None},
        {"password": "reference-stranger-token"},
        {"password": "reference-guest-token"},
    )
    assert [gitlab.call("POST", path, **caller).status_code for caller in callers] == [401, 404, 403]
    guest = gitlab.call("POST", path, password="reference-guest-token")
    assert guest.json == {"message": "403 Forbidden"}
    assert gitlab.call("POST", "/projects/99/packages/pypi/authorize").status_code == 404


def test_a_token_in_the_query(gitlab: GitLab) -> None:
    gitlab.upload()
    assert gitlab.get(f"simple/my-pkg?private_token={PASSWORD}", password=None).status_code == 200
    assert gitlab.get("simple/my-pkg?private_token=wrong", password=None).status_code == 401


# settings of the instance


def test_pages_in_json(registry: Registry) -> None:
    gitlab = GitLab(registry, "gitlab+json")
    gitlab.upload("b.whl")
    gitlab.upload("c.whl", version="2.0", requires_python=">=3.6")
    gitlab.upload("a.whl", name="A.b")
    json_type = "application/vnd.pypi.simple.v1+json"
    for accept in (json_type, f"text/html, {json_type};q=0", "application/vnd.pypi.simple.latest+json"):
        answer = gitlab.get("simple/my-pkg", headers={"Accept": accept})
        assert answer.content_type == f"{json_type}; charset=utf-8"
        assert "Accept" in answer.headers["Vary"].split(", ")
    url = f"{ORIGIN}/api/v4/projects/1/packages/pypi/files/{DIGEST}/"
    files = [
        {"filename": name, "url": f"{url}{name}#sha256={DIGEST}", "hashes": {"sha256": DIGEST}}
        for name in ("b.whl", "c.whl")
    ]
    files[1]["requires-python"] = ">=3.6"
    assert answer.get_json(force=True) == {"meta": {"api-version": "1.0"}, "name": "my-pkg", "files": files}
    root = gitlab.get("simple/", headers={"Accept": json_type})
    names = [{"name": "a-b"}, {"name": "my-pkg"}]
    assert root.get_json(force=True) == {"meta": {"api-version": "1.0"}, "projects": names}
    group = gitlab.call("GET", "/groups/conformance/-/packages/pypi/simple", headers={"Accept": json_type})
    assert group.get_json(force=True) == root.get_json(force=True)
    for accept in (None, "*/*", "application/vnd.pypi.simple.v1+html", "application/json"):
        page = gitlab.get("simple/my-pkg", headers={"Accept": accept} if accept else {})
        assert page.content_type == "text/html; charset=utf-8"
        assert "Accept" in page.headers["Vary"].split(", ")


def test_fips(registry: Registry) -> None:
    gitlab = GitLab(registry, "gitlab+fips")
    answer = gitlab.upload(sha256_digest=None)
    assert (answer.status_code, answer.json) == (422, {"message": "422 Unprocessable Entity"})
    assert gitlab.upload(sha256_digest="1").json == {"error": "sha256_digest is invalid"}
    assert gitlab.upload(name=None, sha256_digest=None).json == {"error": "name is missing"}
    assert gitlab.upload(md5_digest="0" * 32).status_code == 201
    (package,) = registry.store.packages(1)
    assert "md5" not in package.files[0].digests


@pytest.mark.parametrize("flavour", BOTH)
def test_an_instance_without_packages(registry: Registry, flavour: str) -> None:
    gitlab = GitLab(registry, f"{flavour}+no-packages")
    unknown = (404, {"message": "404 Not Found"})
    token = {"PRIVATE-TOKEN": PASSWORD}
    for caller in ({}, {"password": None}, {"password": "reference-expired-token"}):
        for answer in (
            gitlab.get("simple/my-pkg", **caller),
            gitlab.get(f"files/{DIGEST}/a.whl", **caller),
            gitlab.upload(caller=caller),
            gitlab.call("GET", "/projects/1/packages", **caller),
            gitlab.call("GET", "/projects/conformance%2Fregistry/packages/pypi/simple/my-pkg", **caller),
        ):
            assert (answer.status_code, answer.json) == unknown
        assert gitlab.call("GET", "/projects/1/packages/protection/rules", **caller).status_code == 404
    assert gitlab.call("GET", "/projects/1", password=None, headers=token).status_code == 200


@pytest.mark.parametrize("name", ["gitlab+odd", "gitlab-13.4+json", "reference+json", "gitlab+", "+json"])
def test_an_unknown_setting(name: str) -> None:
    with pytest.raises(UnknownFlavourError, match=r"gitlab\+json"):
        flavour_named(name)


def test_settings_add_up() -> None:
    both = flavour_named("gitlab+json+fips")
    assert both.name == "gitlab+json+fips"
    rules = both.rules(Rules())
    assert (len(rules.serializations), len(rules.upload_checks)) == (2, 4)


def test_a_flavour_has_no_routes_of_the_reference(gitlab: GitLab) -> None:
    gitlab.upload()
    url = "/-/reference/projects/1/packages/pypi/my-pkg/versions/1.0/yank"
    assert gitlab.client.put(url, headers={"PRIVATE-TOKEN": PASSWORD}).status_code == 404


# From GitLab's own tests, and from a run of its expressions in Ruby.

ACCEPTED = """
0.1 2.0 1.2.0 0100!0.0 00!1.2 1.0a 1.0-a 1.0.a1 1.0-alpha1 1.0.dev1 1.0.DEV1 1.0.r1 1.0c2 2012.15 1.0+5 1.0+abc.5 1!1.1
1.0b2-346 1.0b2.post345.dev456 1.2+1234.abc 1.2.3-45+abcdefgh v1.2.3 V1.2.3 1.0-1 1.0-post 1.0.dev 1.0+A_b-c 1.0_a_1
1.0rc1-1 007 1.0+\u212a 1.0+\u017f 1.0.po\u017ft1 1.0.po\ufb06 1.0.po\ufb05
"""
REFUSED = """
1.2.3-45-abcdefgh ..1.2.3 1./2.3 1.2.3-4/../../ 1.2.3-4%2e%2e% %2e%2e%2f1.2.3 v vv1 1! !1 1.0. 1..0 1.0--1 1.0-1-2 1.0+
1.0+-a 1.0+a- 1.0+a..b 1.0.dev1.post1 1.0-SNAPSHOT latest 1.0.x 1e5 1.0ab \u0661.\u0660 1.0+\u0131 1.0+\u0130
"""
VERSIONS = tuple(ACCEPTED.split())
NO_VERSIONS = (*REFUSED.split(), "", "  1.2.3", "1.2.3  \r\t", "1.0\n")
FREE = "a A my.pkg my_pkg -a a- - _ . .. ... a/b @a/b a@b a@ ../x /a a/ 9"
NAMES = tuple(FREE.split())
NO_NAMES = ("", "@", "a+b", "a b", "\u00e9", "a!", "a~b", "a:b", "a@b@c", "@@a", "//", "a\n", ".$/@!^*")


@pytest.mark.parametrize(
    ("rule", "valid", "invalid"),
    [
        (is_valid_version, VERSIONS, NO_VERSIONS),
        (is_valid_name, NAMES, NO_NAMES),
        (is_valid_path, ("a", "a/b", "a..b", "..a"), ("..", ".", "../a", "a/..", "a/../b", "a\n")),
    ],
)
def test_expressions(rule: Any, valid: tuple[str, ...], invalid: tuple[str, ...]) -> None:
    assert [text for text in valid if not rule(text)] == []
    assert [text for text in invalid if rule(text)] == []


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("foo-1!1.0.tar.gz", "foo-1_1.0.tar.gz"),
        ("foo bar.whl", "foo_bar.whl"),
        ("é.whl", "_.whl"),
        ("foo-1.0+local-py3-none-any.whl", "foo-1.0+local-py3-none-any.whl"),
        (r"..\..\a.whl", "a.whl"),
        ("/etc/passwd", "passwd"),
        ("..", "_.."),
        ("a/", "unnamed"),
    ],
)
def test_file_names(sent: str, stored: str) -> None:
    assert sanitized(sent) == stored


def test_routes_without_a_gitlab_project_read_what_the_rest_api_reads(gitlab: GitLab) -> None:
    refused = gitlab.call("GET", "/user")
    assert refused.status_code == 401
    assert gitlab.call("GET", "/user", password=None, headers={"PRIVATE-TOKEN": PASSWORD}).status_code == 200
