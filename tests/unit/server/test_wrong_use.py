"""What a test author reads who uses the fake wrongly: the cause, and the next step."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

import pytest
import requests

from reference_server import ReferenceServer
from reference_server.distributions import sdist, wheel
from reference_server.errors import UserError
from reference_server.model.errors import FileNameTakenError
from reference_server.serving import tls
from reference_server.serving.published import NotPublishedError
from reference_server.serving.registry_host import RegistryHost

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reference_server.distributions import Distribution

DEMO = wheel("demo", "1.0")


def test_a_missing_extra_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = builtins.__import__

    def without_trustme(name: str, *more: Any) -> Any:
        if name == "trustme":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return usual(name, *more)

    monkeypatch.setattr(builtins, "__import__", without_trustme)
    with pytest.raises(UserError, match="this needs trustme, which is not installed") as raised:
        tls.Authority()
    assert raised.value.__notes__ == [raised.value.hint]
    assert "pypi-registry-conformance[tls]" in raised.value.hint


@pytest.mark.parametrize("name", ["demo.whl", "demo.tar.gz", "demo-1.0.txt", "wheel"])
def test_a_file_under_another_kind_of_name_is_not_published(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(DEMO.content)
    server = ReferenceServer()
    with pytest.raises(NotPublishedError, match="is not the file name of a wheel or an sdist") as raised:
        server.publish(path)
    assert "demo-1.0-py3-none-any.whl" in raised.value.hint
    assert server.registry.project_names(server.registry.gitlab_project("1")) == ()


def test_a_name_where_a_distribution_belongs_shows_how_one_is_made() -> None:
    with pytest.raises(NotPublishedError, match="cannot read demo") as raised:
        ReferenceServer().publish("demo")
    assert raised.value.__notes__ == [
        "Give the path of a file, its bytes, or a distribution such as wheel('demo', '1.0')."
    ]


@pytest.mark.parametrize("again", [DEMO, wheel("demo", "1.0", marker="other")], ids=["same", "other"])
def test_a_second_publication_names_the_file(again: Distribution) -> None:
    server = ReferenceServer()
    server.publish(DEMO)
    with pytest.raises(FileNameTakenError) as raised:
        server.publish(again)
    (note,) = raised.value.__notes__
    assert note.startswith(f"{DEMO.filename} is published already.")


def test_an_option_of_a_whole_server_is_sent_to_the_factory() -> None:
    options: Any = {"tls": True}
    with (
        RegistryHost() as host,
        pytest.raises(TypeError, match="'tls' is no option of a registry here") as raised,
    ):
        host.add(**options)
    assert "pypi_registry_factory" in raised.value.__notes__[0]
    misspelled: Any = {"flavor": "pypi"}
    with pytest.raises(TypeError, match="'flavor' is no option of a registry here") as raised:
        ReferenceServer(**misspelled)
    assert not hasattr(raised.value, "__notes__")


@pytest.mark.parametrize("build", [wheel, sdist])
def test_an_unknown_option_of_a_distribution_is_refused(build: Callable[..., Distribution]) -> None:
    with pytest.raises(TypeError, match=r"'require' is no option of a distribution; those are .*requires,"):
        build("demo", "1.0", require=["dep"])


def test_an_unknown_kind_of_distribution_is_refused(pypi_distribution: Callable[..., Distribution]) -> None:
    with pytest.raises(ValueError, match="no distribution is of the kind 'egg'; choose wheel or sdist"):
        pypi_distribution("demo", "1.0", kind="egg")


def test_an_unknown_status_is_answered_with_all() -> None:
    published = ReferenceServer().publish(DEMO)
    with pytest.raises(ValueError, match="no project has the status 'archive'; choose active, archived, "):
        published.status("archive")


def test_an_unknown_option_of_an_answer_is_refused() -> None:
    with pytest.raises(
        TypeError, match="'statuss' is no option of an answer; those are status, reason, body"
    ):
        ReferenceServer().answer("simple/demo", statuss=403)


def test_an_empty_log_says_that_nothing_arrived() -> None:
    log = ReferenceServer().requests
    for wrong in (
        log.assert_once,
        log.assert_any,
        log.to("simple/demo").assert_any,
        log.by("pip").files.assert_once,
        lambda: log.assert_are("GET simple/demo 200"),
    ):
        with pytest.raises(AssertionError, match=r"\nthe log has no request$"):
            wrong()


def test_requests_that_were_not_asked_about_are_shown_beside_none() -> None:
    with ReferenceServer(flavour="pypi") as server:
        server.publish(DEMO)
        for _ in range(7):
            requests.get(f"{server.index_url}demo/", timeout=60)
        with pytest.raises(AssertionError) as raised:
            server.requests.by("python-requests").to("simple/other").assert_once()
        first, second, *lines = str(raised.value).splitlines()
        assert first == "expected 1 request by python-requests to simple/other, found 0"
        assert second == "the last of 7 other requests:"
        assert [line.split()[1:4] for line in lines] == [["GET", "/simple/demo/", "200"]] * 5
        server.requests.clear()
        with pytest.raises(AssertionError, match="the log has no request"):
            server.requests.files.assert_any()
