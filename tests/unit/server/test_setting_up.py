"""Setting up a registry for a test: packages, users, GitLab projects, faults and answers."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import pytest
import requests

from reference_server import ReferenceServer
from reference_server.distributions import invalid, sdist, wheel
from reference_server.faults import FaultOptionError, Switch, fault_named
from reference_server.model import DeployToken, GitLabProject, Role, Visibility
from reference_server.rules.ready_made import GITLAB_PROJECTS
from reference_server.serving.published import NotPublishedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}


@pytest.fixture(scope="module")
def running() -> Iterator[ReferenceServer]:
    tokens = {"my-own-token": "carol"}
    projects = ["acme/app", GitLabProject(id=40, full_path="acme/open", visibility=Visibility.PUBLIC)]
    users = {"alice": "secret", "bob": "grüße"}
    with ReferenceServer(users=users, tokens=tokens, gitlab_projects=projects) as server:
        yield server


@pytest.fixture
def server(running: ReferenceServer) -> ReferenceServer:
    running.reset()
    return running


def page(server: ReferenceServer, name: str = "demo", **more: Any) -> Any:
    more.setdefault("auth", (server.username, server.password))
    answer = requests.get(f"{server.index_url}{name}/", headers=JSON, timeout=10, **more)
    return answer.json() if answer.ok else answer.status_code


@pytest.mark.parametrize("flavour", ["reference", "pypi", "gitlab-13.4", "gitlab"])
def test_what_is_published_is_at_the_url(flavour: str) -> None:
    with ReferenceServer(flavour=flavour) as server:
        server.registry.publish("demo-1.0.tar.gz", b"any bytes")
        made = server.publish(wheel("other", "1.0"))
        for name in ("demo", "other"):
            answer = requests.get(
                f"{server.index_url}{name}/", auth=(server.username, server.password), timeout=10
            )
            assert answer.status_code == 200
        made.yank("why")
        server.registry.unyank("other")
        server.registry.delete("demo")
        server.registry.set_status("other", "archived")
        assert server.registry.status(
            server.registry.gitlab_project(str(made.gitlab_project)), "other"
        ).status == ("archived")


def test_distributions_paths_bytes_and_folders(server: ReferenceServer, tmp_path: Path) -> None:
    one, two = wheel("demo", "1.0", requires=["dep>=1"]), sdist("demo", "2.0", requires_python=">=3.9")
    assert server.publish(one).filename == one.filename
    assert server.publish(two.save(tmp_path)).sha256 == two.sha256
    built = wheel("demo", "3.0", tag="py2.py3-none-any", build="1")
    for made in (built, sdist("demo", "4.0"), sdist("demo", "5.0", format="zip")):
        assert server.publish(made.content).filename == made.filename
    server.publish(invalid("wheel_without_record", "demo", "6.0"))
    found = page(server)
    assert found["versions"] == ["1.0", "2.0", "3.0", "4.0", "5.0", "6.0"]
    assert found["files"][1]["requires-python"] == ">=3.9"
    url = urljoin(f"{server.index_url}demo/", f"{found['files'][0]['url']}.metadata")
    metadata = requests.get(url, auth=("alice", "secret"), timeout=10).text
    assert "Requires-Dist: dep>=1\n" in metadata
    (tmp_path / "notes.txt").touch()
    one.save(tmp_path)
    server.reset()
    assert [each.filename for each in server.publish_folder(tmp_path)] == [one.filename, two.filename]
    assert page(server)["versions"] == ["1.0", "2.0"]


def test_what_cannot_be_published_is_named(server: ReferenceServer, tmp_path: Path) -> None:
    for content in (b"", b"PK", b"nothing", b"\x1f\x8b", sdist("a", "1").content[:30]):
        with pytest.raises(NotPublishedError, match="neither a wheel nor an sdist"):
            server.publish(content)
    with pytest.raises(NotPublishedError, match=r"cannot read .*demo.whl: No such file"):
        server.publish(tmp_path / "demo.whl")
    with pytest.raises(NotPublishedError, match="has no wheel and no sdist"):
        server.publish_folder(tmp_path)
    with pytest.raises(NotPublishedError, match="cannot read the folder"):
        server.publish_folder(tmp_path / "none")


def test_a_published_file_is_changed_in_a_chain(server: ReferenceServer) -> None:
    made = server.publish(wheel("Demo.Pkg", "1.0")).yank("broken").status("deprecated", "use other")
    found = page(server, "demo-pkg")
    assert found["files"][0]["yanked"] == "broken"
    assert found["project-status"] == {"status": "deprecated", "reason": "use other"}
    made.unyank().provenance({"version": 1, "attestation_bundles": []})
    found = page(server, "demo-pkg")
    assert found["files"][0]["yanked"] is False
    assert found["files"][0]["provenance"]
    made.delete()
    assert page(server, "demo-pkg") == 404


@pytest.mark.parametrize("flavour", ["reference", "pypi", "gitlab-13.4", "gitlab"])
def test_a_published_file_has_a_url_and_a_version(flavour: str) -> None:
    server = ReferenceServer(flavour=flavour, gitlab_projects=["acme/app"])
    made = [server.publish(wheel("Demo.Pkg", "1.0+local.1"))]
    with server:
        made.append(server.gitlab_project("acme/app").publish(sdist("demo-pkg", "2.0")))
        for each in made:
            answer = requests.get(each.url, auth=(server.username, server.password), timeout=10)
            assert answer.status_code == 200
            assert hashlib.sha256(answer.content).hexdigest() == each.sha256
    assert [(each.name, each.version) for each in made] == [("Demo.Pkg", "1.0+local.1"), ("demo-pkg", "2.0")]


def test_a_file_without_a_parsable_name_is_published_under_what_the_registry_reads(
    server: ReferenceServer, tmp_path: Path
) -> None:
    path = tmp_path / "cffi-1.0.2-2.tar.gz"
    path.write_bytes(sdist("cffi", "1.0.2.post2").content)
    made = server.publish(path).yank()
    assert (made.name, made.version) == ("cffi", "1.0.2.post2")
    assert requests.get(made.url, auth=("alice", "secret"), timeout=10).content == path.read_bytes()


def test_a_metadata_file_can_differ_from_the_archive(server: ReferenceServer) -> None:
    made = server.publish(wheel("demo", "1.0"))

    def metadata() -> tuple[object, int, bytes]:
        answer = requests.get(f"{made.url}.metadata", auth=("alice", "secret"), timeout=10)
        return page(server)["files"][0].get("core-metadata"), answer.status_code, answer.content

    for document in ("Metadata-Version: 2.1\nName: grün\n", b"any bytes", b""):
        content = document.encode() if isinstance(document, str) else document
        assert made.metadata(document) is made
        assert metadata() == ({"sha256": hashlib.sha256(content).hexdigest()}, 200, content)
    made.metadata(None)
    assert metadata()[:2] == (None, 404)


def test_an_index_has_a_url_under_each_name_of_the_machine(server: ReferenceServer) -> None:
    url = server.index_url_at("localhost")
    assert url == server.index_url.replace("127.0.0.1", "localhost")
    assert server.index_url_at("::1") == server.index_url.replace("127.0.0.1", "[::1]")
    server.publish(wheel("demo", "1.0"))
    assert requests.get(f"{url}demo/", auth=("alice", "secret"), timeout=10).status_code == 200
    server.requests.to_host("localhost").assert_once()


def test_users_have_passwords_and_tokens_have_users(server: ReferenceServer) -> None:
    server.publish(wheel("demo", "1.0"))
    assert (server.username, server.password) == ("alice", "secret")
    known = {
        ("alice", "secret"): 200,
        ("bob", "grüße".encode()): 200,
        ("alice", "grüße".encode()): 401,
        ("bob", "secret"): 401,
        ("alice", ""): 401,
        ("carol", "secret"): 401,
        ("anybody", "my-own-token"): 404,  # carol is no member
        ("anybody", "reference-api-token"): 200,
    }
    for auth, status in known.items():
        answer = requests.get(f"{server.index_url}demo/", auth=auth, timeout=10)
        assert answer.status_code == status, auth
    assert requests.get(f"{server.index_url_with_credentials}demo/", timeout=10).status_code == 200
    assert server.url_with_credentials == server.url.replace("://", "://alice:secret@")


@pytest.mark.parametrize("flavour", ["gitlab", "gitlab-13.4"])
def test_users_have_passwords_in_other_flavours(flavour: str) -> None:
    with ReferenceServer(flavour=flavour, users={"alice": "secret"}) as server:
        server.publish(wheel("demo", "1.0"))
        assert requests.get(f"{server.index_url_with_credentials}demo/", timeout=10).status_code == 200
        assert requests.get(f"{server.index_url}demo/", auth=("alice", "no"), timeout=10).status_code == 401


def test_a_store_has_a_gitlab_project_once(tmp_path: Path) -> None:
    for _ in range(2):
        with ReferenceServer(store=tmp_path / "store", gitlab_projects=["acme/app"]) as server:
            paths = [each.full_path for each in server.registry.store.gitlab_projects()]
            assert paths.count("acme/app") == 1


def test_gitlab_projects_and_groups_of_ones_own(server: ReferenceServer) -> None:
    app, shown = server.gitlab_project("acme/app"), server.gitlab_project(40)
    app.publish(wheel("inner", "1.0")).yank("reason")
    shown.publish(wheel("outer", "1.0"))
    assert app.url.endswith(f"/projects/{len(GITLAB_PROJECTS) + 1}/packages/pypi")
    names = {
        app.index_url: {"inner"},
        shown.index_url: {"outer"},
        server.group_index_url("acme"): {"inner", "outer"},
        server.index_url: set(),
    }
    for url, expected in names.items():
        found = requests.get(url, headers=JSON, auth=("bob", "grüße".encode()), timeout=10).json()
        assert {each["name"] for each in found["projects"]} == expected
    assert requests.get(shown.index_url, timeout=10).status_code == 200
    assert requests.get(app.index_url, timeout=10).status_code == 401


def test_a_deploy_token_and_a_role_of_ones_own() -> None:
    token = DeployToken(
        secret="d", username="robot", gitlab_project=7, scopes=frozenset({"read_package_registry"})
    )
    project = GitLabProject(id=7, full_path="acme/app", members={"alice": Role.GUEST})
    with ReferenceServer(tokens=[token], gitlab_projects=[project], users={"alice": "a"}) as server:
        app = server.gitlab_project("acme/app")
        built = wheel("demo", "1.0")
        for auth in (("robot", "d"), ("alice", "a")):
            assert requests.get(app.index_url, auth=auth, timeout=10).status_code == 200
            sent = requests.post(
                app.url,
                data=built.form(),
                files={"content": (built.filename, built.content)},
                auth=auth,
                timeout=10,
            )
            assert sent.status_code == 403


def test_a_canned_answer_is_given_for_its_path_and_while_it_lasts(server: ReferenceServer) -> None:
    server.publish(wheel("demo", "1.0"))
    server.publish(wheel("other", "1.0"))
    with server.answer("simple/demo", status=403, reason="Blocked by policy") as blocked:
        answer = requests.get(f"{server.index_url}demo", timeout=10)
        assert (answer.status_code, answer.reason) == (403, "Blocked by policy")
        assert answer.json() == {"message": "403 Blocked by policy"}
        assert page(server, "other")["name"] == "other"
    assert page(server)["name"] == "demo"
    assert blocked.hits == 1
    server.answer("*.whl", status=302, headers={"Location": "http://127.0.0.1:9/"}, first=1)
    server.answer("/made/up", body=b"bytes", headers={"Content-Type": "text/plain"})
    server.answer("list.json", body=[1, 2])
    file = urljoin(f"{server.index_url}demo/", page(server)["files"][0]["url"])
    auth = (server.username, server.password)
    moved = [requests.get(file, auth=auth, timeout=10, allow_redirects=False).status_code for _ in range(2)]
    assert moved == [302, 200]
    made = requests.get(f"{server.origin}/made/up", timeout=10)
    assert (made.content, made.headers["Content-Type"]) == (b"bytes", "text/plain")
    assert requests.get(f"{server.origin}/any/list.json", timeout=10).json() == [1, 2]
    assert requests.put(f"{server.origin}/-/reference/faults", json=[], auth=auth, timeout=10).json() == []
    assert requests.get(f"{server.origin}/any/list.json", timeout=10).status_code == 404


def test_faults_add_up_and_go_alone(server: ReferenceServer) -> None:
    server.publish(wheel("demo", "1.0"))
    with server.fault("unavailable", retry_after=0, first=1) as down:
        slow = server.fault("latency,seconds=0.0", first=2)
        assert page(server) == 503
        assert page(server)["name"] == "demo"
        slow.stop()
        slow.stop()
        page(server)
    assert (down.hits, slow.hits) == (1, 2)
    unavailable = fault_named("unavailable")
    with (
        server.fault(unavailable, path="/simple/$"),
        server.fault(Switch(fault=unavailable, first=1), path="none"),
    ):
        assert page(server)["name"] == "demo"
        assert requests.get(server.index_url, timeout=10).status_code == 503
    assert requests.get(server.index_url, timeout=10).status_code == 401
    assert server.requests.per_fault() == {"unavailable": 2, "latency": 2}
    for wrong in ({"first": "x"}, {"unknown": 1}, {"path": "("}):
        with pytest.raises(FaultOptionError):
            server.fault("unavailable", **wrong)
        with pytest.raises(FaultOptionError):
            server.fault(unavailable, **wrong)


def test_reset_brings_back_the_start(server: ReferenceServer) -> None:
    server.publish(wheel("demo", "1.0")).status("quarantined")
    server.fault("unavailable")
    server.answer("simple/demo", status=418)
    assert page(server) == 418
    server.reset()
    assert not server.requests
    assert page(server) == 404
    server.publish(wheel("demo", "1.0"))
    assert "project-status" not in page(server)
    with ReferenceServer(faults=["unavailable"]) as other:
        other.switchboard.put([])
        other.reset()
        assert page(other) == 503


@pytest.mark.parametrize("path", ["/../x", "a/./b", "/a/%2E%2e/b"])
def test_a_path_that_clients_change_is_refused(path: str) -> None:
    for option in ("upload_path", "index_path"):
        with pytest.raises(ValueError, match="which clients remove"):
            ReferenceServer(**{option: path})  # type: ignore[arg-type]


@pytest.mark.parametrize("flavour", ["reference", "pypi"])
def test_a_registry_is_at_the_paths_that_a_tool_expects(flavour: str) -> None:
    paths = {"upload_path": "/team/dev/", "index_path": "team/dev/+simple"}
    with ReferenceServer(flavour=flavour, users={"alice": "secret"}, **paths) as server:
        auth = (server.username, server.password)
        assert server.url == f"{server.origin}/team/dev/"
        assert server.index_url == f"{server.origin}/team/dev/+simple/"
        demo = wheel("demo", "1.0")
        for url in (server.url, server.url.rstrip("/")):
            again = wheel("demo", "1.0" if url == server.url else "1.1")
            files = {"content": (again.filename, again.content)}
            assert requests.post(url, data=again.form(), files=files, auth=auth, timeout=10).ok
        server.registry.attach_provenance("demo", demo.filename, {"version": 1})
        entries = {each["filename"]: each for each in page(server)["files"]}
        assert len(entries) == 2
        entry = entries[demo.filename]
        file = urljoin(f"{server.index_url}demo/", entry["url"])
        assert file == f"{server.origin}/team/dev/files/{demo.sha256}/{demo.filename}"
        assert requests.get(file, auth=auth, timeout=10).content == demo.content
        assert requests.get(f"{file}.metadata", auth=auth, timeout=10).ok
        assert entry["provenance"].startswith(f"{server.origin}/team/dev/integrity/demo/")
        assert requests.get(entry["provenance"], auth=auth, timeout=10).json() == {"version": 1}
        assert requests.get(server.index_url, auth=auth, timeout=10).ok
        server.requests.to("/team/dev/+simple/demo/").on_route("project_page").assert_any()
        other = server.gitlab_project(4)
        made = other.publish(wheel("demo", "2.0"))
        server.registry.attach_provenance("demo", made.filename, {"version": 2}, gitlab_project=4)
        (link,) = requests.get(f"{other.index_url}demo/", headers=JSON, auth=auth, timeout=10).json()["files"]
        assert requests.get(link["provenance"], auth=auth, timeout=10).json() == {"version": 2}
        assert server.target()["index-url"] == server.index_url


def test_a_file_has_the_upload_time_that_a_test_gives_it(server: ReferenceServer) -> None:
    made = server.publish(wheel("demo", "1.0")).uploaded_at("2020-01-01T01:00:00+01:00")
    server.publish(wheel("demo", "2.0")).uploaded_at("2021-06-01")
    times = {each["filename"][:8]: each["upload-time"] for each in page(server)["files"]}
    assert times == {"demo-1.0": "2020-01-01T00:00:00.000000Z", "demo-2.0": "2021-06-01T00:00:00.000000Z"}
    with pytest.raises(ValueError, match="yesterday"):
        made.uploaded_at("yesterday")


def test_reasons_are_spelled_as_in_the_specification(server: ReferenceServer) -> None:
    assert requests.get(server.index_url, timeout=10).reason == "Unauthorized"
    with server.answer("simple/demo", status=403, reason="FORBIDDEN BY US"):
        assert requests.get(f"{server.index_url}demo/", timeout=10).reason == "FORBIDDEN BY US"
