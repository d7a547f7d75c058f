"""Drivers: what each can do, and what it sends. The fakes answer as the real registries did."""

from __future__ import annotations

import json
import os
import sys
import time
from base64 import b64encode
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug import Request, Response

from conformance.errors import UserError
from conformance.kit.driver import delete_alone, require
from conformance.report.schemas import schema
from conformance.target import BadTarget, Target, target_from_table
from conformance.target.driver import TargetDriver, clean_up_cost, driven_features, target_driver
from conformance.target.drivers import Ability, CannotDo, Driver, NotThere
from conformance.target.drivers.pypiserver import spelled
from conformance.target.drivers.table import BUILT_IN, driver_class, driver_names
from conformance.verdicts import NotApplicable
from conformance.verdicts.options import TrafficLimits
from conformance.wire import Budget, Redactor, Session, Transcript

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_httpserver import HTTPServer

DOCUMENT = (Path(__file__).parents[3] / "docs" / "drivers.md").read_text(encoding="utf-8")
SECRET = "s3cret-w'ord"
CREDENTIAL = {"default": {"username": "jane", "password": SECRET}}
BASIC = "Basic " + b64encode(f"jane:{SECRET}".encode()).decode()
PROGRAM = "import json, sys; request = json.load(sys.stdin); action = request['action']\n"


@dataclass(frozen=True)
class Wheel:
    """A file, as a ledger knows it."""

    name: str = "Conformance.ab_Main"
    version: str = "1.0"
    filename: str = "conformance_ab_main-1.0-py3-none-any.whl"
    sha256: str = ""


def target(url: str, **table: Any) -> Target:
    return target_from_table({"url": url, "profile": "pep503-upload", "credentials": CREDENTIAL, **table})


@contextmanager
def driving(target: Target, *, limits: TrafficLimits | None = None) -> Iterator[TargetDriver]:
    limits = limits or TrafficLimits()
    session = Session(transcript=Transcript(), redact=Redactor(target.secrets), limits=limits)
    try:
        yield target_driver(target, session)
    finally:
        session.close()


def answering(server: HTTPServer, answer: Callable[[Request], Response]) -> list[Request]:
    """Answer every request by a function; return the requests that will have come, changes only."""
    changes: list[Request] = []

    def handle(request: Request) -> Response:
        assert request.headers["Authorization"] == BASIC
        request.get_data(parse_form_data=True)
        if request.method != "GET":
            changes.append(request)
        return answer(request)

    server.expect_request(AnyPath()).respond_with_handler(handle)
    return changes


class AnyPath(str):
    """Matches every path of an HTTPServer."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


def as_json(data: Any, status: int = 200, media_type: str = "application/json") -> Response:
    return Response(json.dumps(data), status=status, content_type=media_type)


@pytest.mark.parametrize(
    ("name", "abilities"),
    [
        ("devpi", {"delete", "delete-release", "delete-project"}),
        ("gitlab", {"delete-release"}),
        ("pulp", {"delete", "delete-project"}),
        ("pypiserver", {"delete-release"}),
        ("reference", set(Ability)),
    ],
)
def test_a_driver_can_do_what_it_has_methods_for(name: str, abilities: set[str]) -> None:
    with driving(target("http://127.0.0.1:1", management={"driver": name})) as driver:
        assert driver.abilities == abilities


def test_every_driver_is_documented_with_its_source() -> None:
    for name in BUILT_IN:
        module = sys.modules[driver_class(name).__module__]
        assert "Source: " in str(module.__doc__) or name == "command"
        assert f"| `{name}` |" in DOCUMENT


def test_features_follow_from_abilities() -> None:
    with driving(target("http://127.0.0.1:1", management={"driver": "pypiserver"})) as driver:
        assert driven_features(driver) == {"delete"}
    with driving(target("http://127.0.0.1:1", management={"driver": "reference"})) as driver:
        assert driven_features(driver) == {"delete", "yank", "status", "provenance", "integrity-api"}
    with driving(target("http://127.0.0.1:1")) as driver:
        assert driven_features(driver) == set()


def test_what_no_driver_can_do_is_not_applicable_with_the_next_step() -> None:
    with driving(target("http://127.0.0.1:1", management={"driver": "pypiserver"})) as driver:
        for change in (lambda: driver.yank(Wheel()), lambda: require(driver, Ability.YANK)):
            with pytest.raises(
                NotApplicable, match=r"pypiserver cannot do this \(yank\); name a driver that can"
            ):
                change()
    with (
        driving(target("http://127.0.0.1:1")) as driver,
        pytest.raises(NotApplicable, match="there is no driver"),
    ):
        driver.delete(Wheel())


def test_gitlab_is_the_default_where_its_api_is_known() -> None:
    url = "http://127.0.0.1:1/api/v4/projects/7/packages/pypi"
    assert clean_up_cost(target(url, layout="gitlab-project")) == 1
    assert clean_up_cost(target("http://127.0.0.1:1")) == 0
    with driving(target(url, layout="gitlab-project", management={"driver": "pypiserver"})) as driver:
        assert [*driver.drivers] == ["pypiserver", "gitlab"]
        assert driver.deleting is driver.drivers["pypiserver"]


def test_gitlab_deletes_the_packages_of_a_release(httpserver: HTTPServer) -> None:
    rows = [
        {"id": 3, "name": "Conformance.ab_Main", "version": "1.0"},
        {"id": 4, "name": "Conformance.ab_Main", "version": "1.1"},
    ]
    changes: list[str] = []

    def answer(request: Request) -> Response:
        assert request.headers["PRIVATE-TOKEN"] == SECRET
        if request.method == "GET":
            assert request.args["package_type"] == "pypi"
            return as_json(rows)
        changes.append(request.path)
        return Response(status=204)

    httpserver.expect_request(AnyPath()).respond_with_handler(answer)
    url = httpserver.url_for("/api/v4/projects/7/packages/pypi")
    with driving(target(url, layout="gitlab-project")) as driver:
        driver.delete_release(Wheel())
        with pytest.raises(NotThere):
            driver.delete_release(Wheel(version="2.0"))
    assert changes == ["/api/v4/projects/7/packages/3"]


def test_gitlab_deletes_the_spelling_of_an_upload_and_else_any(httpserver: HTTPServer) -> None:
    rows = [
        {"id": number, "name": name, "version": "1.0"} for number, name in enumerate([".", "..", "My.Pkg"])
    ]
    changes: list[str] = []

    def answer(request: Request) -> Response:
        if request.method == "GET":
            return as_json(
                [each for each in rows if request.args["package_name"] in str(each["name"])] or rows
            )
        changes.append(request.path.rpartition("/")[2])
        return Response(status=204)

    httpserver.expect_request(AnyPath()).respond_with_handler(answer)
    url = httpserver.url_for("/api/v4/projects/7/packages/pypi")
    with driving(target(url, layout="gitlab-project")) as driver:
        for name in (".", "..", "my-pkg"):
            driver.delete_release(Wheel(name=name))
    assert changes == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("filename", "release"),
    [  # what `guess_pkgname_and_version` of pypiserver 2.4.2 returns
        ("conformance_ab_main-1.0-py3-none-any.whl", ("conformance_ab_main", "1.0")),
        ("conformance_ab_main-1.0-1-py3-none-any.whl", ("conformance_ab_main", "1.0-1")),
        ("x-1!1.0-py3-none-any.whl", ("x", "1!1.0")),
        ("x-1.0-py3-none-any.whl.asc", ("x", "1.0")),
        ("conformance_ab_main-1.0.tar.gz", ("conformance_ab_main", "1.0")),
        ("x-1.0+local.7.tar.gz", ("x", "1.0+local.7")),
        ("a-b-1.0.tar.gz", ("a-b", "1.0")),
        ("a-2abc-1.0.tar.gz", ("a", "2abc-1.0")),
        ("a-b-1.zip", ("a-b", "1")),
        ("a-v1.5.tar.gz", ("a", "v1.5")),
        ("x.bin", ("", "")),
    ],
)
def test_a_release_of_pypiserver_is_what_a_file_name_spells(filename: str, release: tuple[str, str]) -> None:
    assert spelled(filename) == release


def test_pypiserver_removes_a_release(httpserver: HTTPServer) -> None:
    stored = {("conformance_ab_main", "1.0")}

    def answer(request: Request) -> Response:
        assert request.form[":action"] == "remove_pkg"
        release = (request.form["name"], request.form["version"])
        if release not in stored:
            return Response("<!DOCTYPE HTML>not found", status=404)
        stored.discard(release)
        return Response("")

    changes = answering(httpserver, answer)
    with driving(target(httpserver.url_for(""), management={"driver": "pypiserver"})) as driver:
        driver.delete_release(Wheel())
        with pytest.raises(NotThere, match="404"):
            driver.delete_release(Wheel())
        with pytest.raises(CannotDo, match="no name and version"):
            driver.delete_release(Wheel(filename="x.bin"))
    assert [(each.method, each.path) for each in changes] == [("POST", "/")] * 2


def devpi(server: HTTPServer, volatile: str = "200") -> list[Request]:
    """Answer as devpi-server 6.20 does, whose index shows a file of its own, and one of a base."""
    own = "../../+f/a0a/conformance_ab_main-1.0-py3-none-any.whl#sha256=a0a"
    base = "../../../../root/base/+f/b0b/conformance_ab_main-2.0-py3-none-any.whl"

    def answer(request: Request) -> Response:
        if request.method == "GET":
            files = [
                {"filename": url.rpartition("/")[2].partition("#")[0], "url": url} for url in (own, base)
            ]
            page = {"meta": {"api-version": "1.0"}, "name": "conformance-ab-main", "files": files}
            return as_json(page, media_type="application/vnd.pypi.simple.v1+json")
        return as_json({"message": "project not found"}, int(volatile))

    return answering(server, answer)


def at_devpi(server: HTTPServer) -> Any:
    return driving(target(server.url_for("/jane/dev"), layout="devpi", management={"driver": "devpi"}))


def test_devpi_deletes_below_the_index(httpserver: HTTPServer) -> None:
    changes = devpi(httpserver)
    with at_devpi(httpserver) as driver:
        driver.delete(Wheel())
        driver.delete_release(Wheel(version="1!1.0"))
        driver.delete_project(Wheel())
    assert [f"{each.method} {each.environ['RAW_URI']}" for each in changes] == [
        "DELETE /jane/dev/+f/a0a/conformance_ab_main-1.0-py3-none-any.whl",
        "DELETE /jane/dev/conformance-ab-main/1%211.0",
        "DELETE /jane/dev/conformance-ab-main",
    ]


def test_a_file_of_a_base_of_a_devpi_index_stays(httpserver: HTTPServer) -> None:
    changes = devpi(httpserver)
    with at_devpi(httpserver) as driver, pytest.raises(NotThere, match="of its own"):
        driver.delete(Wheel(filename="conformance_ab_main-2.0-py3-none-any.whl"))
    assert changes == []


@pytest.mark.parametrize("name", ["", ".", "..", "/", "a/../..", "a b"])
def test_no_name_leads_to_the_devpi_index_itself(httpserver: HTTPServer, name: str) -> None:
    changes = devpi(httpserver)
    with at_devpi(httpserver) as driver:
        for change in (driver.delete_project, driver.delete_release, driver.delete):
            with pytest.raises(CannotDo):
                change(Wheel(name=name))
        with pytest.raises(CannotDo, match="without a version"):
            driver.delete_release(Wheel(version=""))
    assert changes == []


@pytest.mark.parametrize(("status", "kind"), [("403", CannotDo), ("404", NotThere)])
def test_what_devpi_refuses_is_told_apart(httpserver: HTTPServer, status: str, kind: type[Exception]) -> None:
    devpi(httpserver, status)
    with at_devpi(httpserver) as driver, pytest.raises(kind) as caught:
        driver.delete_project(Wheel())
    assert type(caught.value) is kind


# The command


def commanded(program: str, folder: Path, **limits: float) -> Any:
    path = folder / "driver.py"
    path.write_text(program, encoding="utf-8")
    management = {"driver": "command", "command": [sys.executable, str(path)]}
    return driving(target("http://127.0.0.1:1", management=management), limits=TrafficLimits(**limits))


ABLE = (
    PROGRAM + "if action == 'abilities': print(json.dumps({'abilities': ['yank', 'delete']})); sys.exit()\n"
)


def test_a_program_is_asked_and_told_by_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRY_CONFORMANCE_PASSWORD", SECRET)
    seen = tmp_path / "seen.json"
    record = f"import os; json.dump([request, sys.argv, dict(os.environ)], open({str(seen)!r}, 'w'))\n"
    with commanded(ABLE + record, tmp_path) as driver:
        assert driver.abilities == {Ability.YANK, Ability.DELETE}
        driver.yank(Wheel(sha256="a0"), "broken")
    request, arguments, environment = json.loads(seen.read_text(encoding="utf-8"))
    assert request == {
        "action": "yank",
        "url": "http://127.0.0.1:1",
        "upload-url": "http://127.0.0.1:1/",
        "index-url": "http://127.0.0.1:1/simple/",
        "username": "jane",
        "password": SECRET,
        "project": "Conformance.ab_Main",
        "version": "1.0",
        "filename": "conformance_ab_main-1.0-py3-none-any.whl",
        "sha256": "a0",
        "reason": "broken",
    }
    assert SECRET not in json.dumps([arguments, environment])
    assert environment["PATH"] == os.environ["PATH"]


def test_exit_code_10_is_a_refusal_with_its_reason(tmp_path: Path) -> None:
    program = ABLE + "print('no\\nyanking ' + request['password'], file=sys.stderr); sys.exit(10)"
    with (
        commanded(program, tmp_path) as driver,
        pytest.raises(CannotDo, match=r"\(yank\): no yanking \*\*\*$"),
    ):
        driver.yank(Wheel())


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        (ABLE + "print(request['password'], file=sys.stderr); sys.exit(3)", r"ended with 3 \(yank\): \*\*\*"),
        (ABLE + "sys.exit(1)", r"ended with 1 \(yank\): it says nothing"),
        (PROGRAM + "print('hello')", "expected .*delete-release.*; found 'hello'"),
        (PROGRAM + "print(json.dumps({'abilities': ['fly']}))", "found .*fly"),
        (PROGRAM + "print('{}')", "found '{}'"),
        ("import sys; sys.exit(10)", "cannot do this .abilities.: it gives no reason"),
    ],
)
def test_a_program_that_fails_is_an_error(program: str, problem: str, tmp_path: Path) -> None:
    with commanded(program, tmp_path) as driver, pytest.raises(UserError, match=problem) as caught:
        driver.yank(Wheel())
    assert "docs/drivers.md" in caught.value.hint
    assert SECRET not in str(caught.value)


def test_a_program_that_does_not_end_is_killed_with_its_children(tmp_path: Path) -> None:
    noted = tmp_path / "child"
    program = (
        "import subprocess, time; child = subprocess.Popen(['sleep', '600'])\n"
        f"open({str(noted)!r}, 'w').write(str(child.pid)); time.sleep(600)"
    )
    limit = r"did not end within 2 s \(abilities\)"
    with commanded(program, tmp_path, timeout=2) as driver, pytest.raises(UserError, match=limit):
        driver.yank(Wheel())
    deadline = time.monotonic() + 60
    while running(int(noted.read_text(encoding="utf-8"))):
        assert time.monotonic() < deadline


def running(process: int) -> bool:
    """Tell whether a process runs; one that has ended may be there until its parent looks."""
    state = Path(f"/proc/{process}/stat")
    return state.exists() and state.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"


def test_a_program_that_is_not_there_is_named() -> None:
    absent = target("http://127.0.0.1:1", management={"driver": "command", "command": ["./absent-driver"]})
    with (
        driving(absent) as driver,
        pytest.raises(UserError, match=r"cannot be started: \./absent-driver: No such"),
    ):
        driver.yank(Wheel())


def test_a_call_is_one_request_of_the_budget(tmp_path: Path) -> None:
    with commanded(ABLE, tmp_path, max_requests=2) as driver:
        driver.yank(Wheel())
        budget: Budget = driver.drivers["command"].api.session.budget
        with pytest.raises(Exception, match="the budget of 2 requests is spent"):
            budget.take()


# Drivers of other packages


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The example of the documentation, installed."""
    about = tmp_path / "shelf_driver-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: shelf-driver\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[pypi_registry_conformance.drivers]\nshelf = shelf_driver:ShelfDriver\nbroken = absent_module:X\n"
    )
    text = DOCUMENT.partition("<!-- shelf_driver.py -->\n```python\n")[2].partition("```")[0]
    (tmp_path / "shelf_driver.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("shelf_driver", None)


@pytest.mark.usefixtures("shelf")
def test_another_package_brings_a_driver() -> None:
    assert driver_names() == sorted([*BUILT_IN, "broken", "shelf"])
    with driving(target("http://127.0.0.1:1/api/v4/", management={"driver": "shelf", "shelf": 2})) as driver:
        assert driver.abilities == {Ability.DELETE, Ability.YANK, Ability.UNYANK, Ability.SET_STATUS}
        assert driver.drivers["shelf"].settings.shelf == 2
    with pytest.raises(BadTarget, match=r"management\.shelf: expected a whole number, found text"):
        target("http://127.0.0.1:1", management={"driver": "shelf", "shelf": "two"})


@pytest.mark.usefixtures("shelf")
def test_a_driver_that_cannot_be_imported_is_a_mistake() -> None:
    with pytest.raises(UserError, match="the driver 'broken' cannot be imported from absent_module:X"):
        target("http://127.0.0.1:1", management={"driver": "broken"})


def test_the_schema_knows_the_settings_of_each_driver() -> None:
    forms = schema("registry.toml")["properties"]["management"]["anyOf"]
    by_name = {form["properties"]["driver"]["const"]: form for form in forms}
    assert by_name.keys() == BUILT_IN.keys()
    assert by_name["command"]["required"] == ["driver", "command"]


# What a check deletes


class ByRelease(Driver):
    def __init__(self) -> None:
        self.deleted: list[str] = []

    def delete_release(self, file: Any) -> None:
        self.deleted.append(file.filename)


def test_a_check_deletes_no_more_than_what_its_file_is_alone_in() -> None:
    by_release = ByRelease()
    driver = TargetDriver({"shelf": by_release})
    with pytest.raises(NotApplicable, match="shelf cannot do this"):
        delete_alone(driver, Wheel(), alone_in=Ability.DELETE)
    assert by_release.deleted == []
    for room in (Ability.DELETE_RELEASE, Ability.DELETE_PROJECT):
        delete_alone(driver, Wheel(), alone_in=room)
    assert len(by_release.deleted) == 2
