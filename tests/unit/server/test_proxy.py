"""A registry behind the proxy: unchanged without faults, and changed by what works from outside."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import requests

from conformance.catalogue import catalogue
from conformance.profiles import profile
from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts import Verdict
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.distributions import wheel
from reference_server.faults import all_faults, fault_named
from reference_server.serving.failure_report import sections
from reference_server.serving.in_process import ProxyServer
from reference_server.serving.proxy import InsideFaultError, endpoint_of, works_outside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.report.check_result import CheckResult


@pytest.fixture
def upstream() -> Iterator[ReferenceServer]:
    with ReferenceServer() as server:
        yield server


def judged(server: ReferenceServer, proxy: ProxyServer, only: set[str]) -> dict[str, CheckResult]:
    table = server.target()
    table["url"] = proxy.at(table["url"])
    target = target_from_table(table, embedded=True)
    result = run_checks(target, RunOptions(examples=50), Selection(only=frozenset(only)))
    return {each.id: each for each in result.results}


HELD = {row.id for row in catalogue().for_profile(profile("gitlab"))}


def outside() -> list[str]:
    """Return the faults that a proxy can have, and a registry in the manner of GitLab is judged for."""
    known = (
        kind() for kind in all_faults() if kind.family == "content" and HELD.intersection(kind.caught_by)
    )
    return [fault.name for fault in known if works_outside(fault)]


def test_many_faults_work_from_outside() -> None:
    assert len(outside()) > 100


def test_without_faults_nothing_changes(upstream: ReferenceServer) -> None:
    areas = {"simple.html.valid-html5", "negotiation.vary", "http.etag-valid", "gitlab.file.bytes-exact"}
    with ProxyServer(upstream.origin) as proxy:
        results = judged(upstream, proxy, areas | {"gitlab.upload.wheel", "metadata.bytes"})
    assert {each.verdict for each in results.values()} == {Verdict.PASSED}
    assert len(results) > 3


SEEN_BEFORE_THE_BODY_ENDS = {"large-bodies-reset"}
"""Its check declares a body and sends its beginning; the proxy hands a body on when it is there."""


SOME = [name for name in outside() if name not in SEEN_BEFORE_THE_BODY_ENDS][::30]
OTHER_LENGTH = ["boundary-anywhere", "last-line-break-lost"]
"""What they leave of a form is shorter than it says."""


@pytest.mark.parametrize("name", sorted({*SOME, *OTHER_LENGTH}))
def test_a_fault_from_outside_is_caught_as_one_within(upstream: ReferenceServer, name: str) -> None:
    fault = fault_named(name)
    named = {each for each in HELD.intersection(fault.caught_by) if not each.startswith("clients.")}
    with ProxyServer(upstream.origin, faults=[fault]) as proxy:
        results = judged(upstream, proxy, named)
    assert {id_ for id_, each in results.items() if each.verdict in {Verdict.PASSED, Verdict.ERROR}} == set()


@pytest.mark.parametrize("name", ["duplicates-replace", "files-without-sha256", "group-list-sort-ignored"])
def test_a_fault_from_within_is_refused(upstream: ReferenceServer, name: str) -> None:
    with pytest.raises(InsideFaultError, match="cannot work in a proxy"):
        ProxyServer(upstream.origin, faults=[name])


def test_links_lead_back_to_the_proxy(upstream: ReferenceServer) -> None:
    distribution = wheel("waggon", "1.0")
    upstream.registry.publish(distribution.filename, distribution.content, gitlab_project=2)
    upstream.registry.attach_provenance("waggon", distribution.filename, {"version": 1}, gitlab_project=2)
    url = f"{upstream.origin}/api/v4/projects/2/packages/pypi/simple/waggon/"
    accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
    with ProxyServer(upstream.origin) as proxy:
        with urlopen(Request(proxy.at(url), headers=accept)) as answer:  # noqa: S310 - loopback
            page = json.load(answer)
        assert page["files"][0]["provenance"].startswith(proxy.origin)


def test_the_proxy_logs_what_clients_ask_of_it(
    upstream: ReferenceServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "reference_server.requests")
    big, auth = wheel("big", "1.0", size=200_000), (upstream.username, upstream.password)
    with ProxyServer(upstream.origin) as proxy:
        url, index = proxy.at(upstream.url), proxy.at(upstream.index_url)
        form = [*big.form(), ("keywords", "x" * 5000)]
        sent = requests.post(
            url, data=form, files={"content": (big.filename, big.content)}, auth=auth, timeout=10
        )
        assert sent.status_code == 201
        upload = proxy.requests.uploads.with_credentials(auth[0]).answered(201).assert_once().upload
        assert upload is not None
        assert (upload.filename, upload.size) == (big.filename, len(big.content))
        assert upload.fields["name"] == ("big",)
        assert max(len(each) for values in upload.fields.values() for each in values) <= 200
        broken = {"Content-Type": "multipart/form-data; boundary=x"}
        assert requests.post(url, data="no form", headers=broken, auth=auth, timeout=10).status_code == 400
        assert proxy.requests[-1].upload is None
        proxy.requests.clear()
        with proxy.fault("unavailable", first=1) as down, proxy.answer("*.whl", status=403) as blocked:
            for path in ("big/", "big/", f"../files/{big.sha256}/{big.filename}"):
                requests.get(index + path, auth=auth, timeout=10)
        assert (down.hits, blocked.hits) == (1, 1)
        proxy.requests.assert_are("GET simple/big 503", "GET simple/big 200", "GET *.whl 403")
        assert [each.project for each in proxy.requests.pages] == ["big", "big"]
        assert proxy.requests.per_fault() == {"unavailable": 1, "canned-answer": 1}
        assert len(upstream.requests.pages) == 1
        with pytest.raises(InsideFaultError):
            proxy.fault("duplicates-replace")
        with proxy.fault("no-answer"), pytest.raises(requests.RequestException):
            requests.get(index, timeout=10)
        assert proxy.requests[-1].broken_off
        (title, text), *others = sections({"proxy": proxy}, [{"again": proxy}])
        assert not others
        assert title.startswith("requests to proxy (4")
        assert str(proxy.requests[-1].target) in text
    assert "simple/big/  503" in caplog.text
    assert auth[1] not in caplog.text


def test_an_unreachable_registry_is_reported() -> None:
    with ProxyServer("http://127.0.0.1:9") as proxy, pytest.raises(HTTPError) as caught:
        urlopen(proxy.origin)  # noqa: S310 - loopback
    proxy.requests.answered(502).assert_once()
    assert caught.value.code == 502
    assert b"127.0.0.1:9" in caught.value.read()
    caught.value.close()


def test_the_proxy_shows_clients_no_password() -> None:
    with ProxyServer("http://alice:hidden@127.0.0.1:9") as proxy:
        answer = requests.get(proxy.origin, timeout=30)
    assert answer.status_code == 502
    assert "127.0.0.1:9" in answer.text
    assert "hidden" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "endpoint"),
    [
        ("GET", "/api/v4/projects/1/packages/pypi/simple/", "root_page"),
        ("GET", "/simple", "root_page"),
        ("HEAD", "/simple/waggon/", "project_page"),
        ("GET", "/packages/ab/waggon-1.0-py3-none-any.whl", "file"),
        ("GET", "/packages/ab/waggon-1.0-py3-none-any.whl.metadata", "metadata_file"),
        ("GET", "/waggon-1.0.tar.gz", "file"),
        ("POST", "/legacy/", "upload"),
        ("GET", "/", ""),
        ("DELETE", "/simple/", ""),
    ],
)
def test_what_a_request_is_for(method: str, path: str, endpoint: str) -> None:
    assert endpoint_of(method, path) == endpoint
