"""Each seam is called, and combined faults keep their order."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug import Response

from reference_server import ReferenceServer
from reference_server.commands import fault_list
from reference_server.distributions import wheel
from reference_server.faults import Fault, Switch, UnknownFaultError, all_faults, fault_named
from reference_server.rendering.pages import ProjectLink

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage, RootPage
    from reference_server.rules import Rules
    from reference_server.rules.registry import Registry

SIMPLE = "/projects/1/packages/pypi/simple/"


class AnyVersion(Fault):
    """Takes every version.

    Further words.
    """

    caught_by = ("version.invalid-rejected",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, valid_version=lambda _version: True, filename_agrees=lambda *_rest: True)


class NoHashes(Fault):
    """Leaves hashes out."""

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, hashes={}, attributes={"data-x": '"'}))


class Ghost(Fault):
    """Lists a project that is not there."""

    def root_page(self, page: RootPage) -> RootPage:
        return page.plus(ProjectLink(name="ghost", url="ghost/"))


class Shout(Fault):
    """Upper case."""

    def rendered(self, body: bytes) -> bytes:
        return body.upper()


class Teapot(Fault):
    """Answers uploads with 418, and downloads never."""

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload":
            response.status_code = 418
        return response

    def handle(self, request: Request) -> Response | None:
        return Response(status=599) if request.endpoint == "file" else None


class AFault(Fault):
    """One letter, one word."""


class TokenForAServer(Fault):
    """One letter in the middle."""


def test_a_fault_describes_itself() -> None:
    fault = AnyVersion()
    assert (fault.name, fault.summary) == ("any-version", "Takes every version.")
    assert fault.caught_by == ("version.invalid-rejected",)


def test_rules_hold_for_http_only(api_with: Any, registry: Registry) -> None:
    content = wheel("demo-pkg", "latest").content
    answer = api_with(AnyVersion()).upload(content=content, fields={"version": "latest"})
    assert answer.status_code == 201
    assert not registry.rules.valid_version("latest")


def test_pages_and_bytes(api_with: Any, registry: Registry) -> None:
    registry.publish("demo-1.0.tar.gz", b"")
    api = api_with(NoHashes(), Ghost(), Shout())
    assert "SHA256=" not in api.get(f"{SIMPLE}demo/").text
    assert 'DATA-X="&#34;"' in api.get(f"{SIMPLE}demo/").text
    assert ">GHOST</A>" in api.get(SIMPLE).text


def test_answers(api_with: Any) -> None:
    api = api_with(Teapot())
    assert api.upload().status_code == 418
    assert api.get("/projects/99/packages/pypi/files/0/x").status_code == 599
    assert api.get(SIMPLE).status_code == 200


def test_single_letters_are_words_of_names() -> None:
    assert AFault().name == "a-fault"
    assert TokenForAServer().name == "token-for-a-server"


def test_every_fault_has_a_name_and_a_summary_of_its_own() -> None:
    faults = [kind() for kind in all_faults()]
    assert len(faults) > 100
    assert len({fault.name for fault in faults}) == len(faults)
    assert len({fault.summary for fault in faults}) == len(faults)
    assert [fault.name for fault in faults if not re.fullmatch(r"[A-Z].*[.]", fault.summary)] == []
    assert [fault.name for fault in faults if len(set(fault.caught_by)) != len(fault.caught_by)] == []
    content = [fault for fault in faults if fault.family == "content"]
    assert [fault.name for fault in content if not fault.caught_by] == []


def test_faults_lie_where_they_are_caught_first() -> None:
    for kind in all_faults():
        area = kind.caught_by[0].partition(".")[0] if kind.caught_by else kind.family
        assert kind.__module__.startswith(f"reference_server.faults.{area}."), kind


def test_faults_have_one_order() -> None:
    modules = [kind.__module__ for kind in all_faults()]
    assert modules == sorted(modules)


def test_a_fault_is_found_by_its_name() -> None:
    assert fault_named("no-hashes").caught_by == ("gitlab.page.hash",)
    assert fault_named("no-hashes") is not fault_named("no-hashes")


def test_an_unknown_name_suggests_similar_ones() -> None:
    with pytest.raises(UnknownFaultError, match=r"no fault is named 'no-hash'; did you mean 'no-hashes'"):
        fault_named("no-hash")
    with pytest.raises(
        UnknownFaultError, match=r"no fault is named '0'; `reference-server faults` lists them$"
    ):
        fault_named("0")


def test_a_server_without_faults_does_not_import_them() -> None:
    loaded = "'reference_server.faults.upload.form' in sys.modules"
    code = f"import reference_server.app.application, sys; sys.exit({loaded})"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_faults_in_one_rule_are_combined(api_with: Any) -> None:
    """Two faults in one rule both hold."""
    api = api_with(fault_named("expiry-ignored"), fault_named("revocation-ignored"))
    assert api.get(SIMPLE, password="reference-expired-token").status_code == 200
    assert api.get(SIMPLE, password="reference-revoked-token").status_code == 200


def test_a_fault_knows_the_rule_it_replaces_in_each_combination(api_with: Any) -> None:
    """A fault that is switched on for one request leaves the rules of later requests as they are."""
    once = Switch(fault=fault_named("revocation-ignored"), after=1, first=1)
    api = api_with(once, fault_named("expiry-ignored"))
    statuses = [api.get(SIMPLE, password="reference-revoked-token").status_code for _ in range(3)]
    assert statuses == [401, 200, 401]


def test_a_form_can_be_read_after_a_fault_has_read_it(api_with: Any, registry: Registry) -> None:
    left = wheel("demo-pkg", "1.0", marker="left").content
    assert api_with(fault_named("created-without-a-file")).upload(content=left).status_code == 201
    (package,) = registry.packages(registry.gitlab_project("1"))
    with package.files[0].blob.open() as blob:
        assert blob.read() == left


def test_the_list_names_what_catches_a_few_faults() -> None:
    text = fault_list.as_text(["truncated"])
    assert text.startswith("Specification faults: each breaks a requirement\n")
    assert "Network faults: break the connection or the response\n" in text
    assert "  caught by robustness.truncated-body\n" in text
    assert "caught by" not in fault_list.as_text()


def test_the_list_is_clear_about_no_match() -> None:
    assert fault_list.as_text(["qqq"]) == "No fault mentions 'qqq'."


def test_a_fault_claims_features_of_its_own() -> None:
    with ReferenceServer() as server:
        assert "attestations" not in server.target()["features"]
    with ReferenceServer(faults=["attestations-unverified"]) as server:
        assert "attestations" in server.target()["features"]
