"""HTTPS, with an authority of the test's own, and faults on it."""

from __future__ import annotations

import socket
import ssl
import sys
from typing import TYPE_CHECKING

import pytest
import requests

from reference_server import ReferenceServer
from reference_server.commands import main
from reference_server.distributions import wheel
from reference_server.errors import UserError
from reference_server.serving.tls import Authority

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEMO = wheel("demo", "1.0", size=4000)


@pytest.fixture(scope="module")
def server() -> Iterator[ReferenceServer]:
    with ReferenceServer(tls=True) as running:
        running.publish(DEMO)
        yield running


def test_the_bundle_verifies_every_name_and_no_other_authority_does(server: ReferenceServer) -> None:
    assert server.origin.startswith("https://127.0.0.1:")
    auth = (server.username, server.password)
    bundle = str(server.ca_bundle)
    for host in ("127.0.0.1", "localhost"):
        url = f"{server.origin_at(host)}/api/v4/projects/1/packages/pypi/simple/demo/"
        page = requests.get(url, auth=auth, verify=bundle, timeout=10)
        assert page.status_code == 200
        assert len(server.requests.to_host(host).to("simple/demo")) == 1
    context = ssl.create_default_context(cafile=bundle)
    with (
        socket.create_connection(("127.0.0.1", server.port)) as raw,
        context.wrap_socket(raw, server_hostname="a.localhost") as secure,
    ):
        assert secure.version() in {"TLSv1.2", "TLSv1.3"}
    other = Authority()
    for verify in (True, str(other.bundle)):
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(server.index_url, verify=verify, timeout=10)
    with ReferenceServer(tls=True) as second:
        assert second.ca_bundle == server.ca_bundle
        assert requests.get(second.index_url, verify=bundle, timeout=10).status_code == 401
    with ReferenceServer(tls=other) as third:
        assert requests.get(third.index_url, verify=str(other.bundle), timeout=10).status_code == 401


def test_a_server_can_require_a_certificate_of_clients(tmp_path: Path) -> None:
    other = Authority()
    other.save_client(tmp_path / "foreign.pem", "mallory")
    with ReferenceServer(tls=True, client_certificates=True) as strict:
        own = strict.client_certificate
        assert own is not None
        assert own.stat().st_mode & 0o777 == 0o600
        for wrong in (None, str(tmp_path / "foreign.pem")):
            with pytest.raises(requests.RequestException):
                requests.get(strict.index_url, verify=str(strict.ca_bundle), cert=wrong, timeout=10)
        answer = requests.get(strict.index_url, verify=str(strict.ca_bundle), cert=str(own), timeout=10)
        assert answer.status_code == 401
        assert strict.requests.with_certificate("client").assert_once().credential == ""
        strict.requests.with_certificate("mallory").assert_none()
        assert "certificate of client" in str(strict.requests)
    with pytest.raises(ValueError, match="client_certificates need tls"):
        ReferenceServer(client_certificates=True)


def test_no_certificate_is_asked_for_by_default(server: ReferenceServer) -> None:
    assert server.client_certificate is None
    requests.get(server.index_url, verify=str(server.ca_bundle), timeout=10)
    server.requests.with_certificate().assert_none()


def test_uploads_and_faults_work_as_without_tls(server: ReferenceServer) -> None:
    session = requests.Session()
    session.trust_env = False  # a bundle in the environment has precedence
    session.verify, session.auth = str(server.ca_bundle), (server.username, server.password)
    big = wheel("big", "1.0", size=300_000)
    sent = session.post(
        server.url, data=big.form(), files={"content": (big.filename, big.content)}, timeout=10
    )
    assert sent.status_code == 201
    file = f"{server.url}/files/{DEMO.sha256}/{DEMO.filename}"
    assert session.get(file, timeout=10).content == DEMO.content
    for fault in ("truncated-downloads", "connections-reset", "not-http", "no-answer"):
        with server.fault(fault) as active, pytest.raises(requests.RequestException):
            session.get(file, timeout=10)
        assert active.hits == 1
    assert session.get(file, timeout=10).content == DEMO.content


def test_a_client_that_never_shakes_hands_keeps_nobody_waiting(server: ReferenceServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port)):
        answer = requests.get(server.index_url, verify=str(server.ca_bundle), timeout=30)
    assert answer.status_code == 401


def test_without_trustme_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    with pytest.raises(UserError) as refused:
        Authority()
    assert (
        refused.value.hint == "Run: pip install 'pypi-registry-conformance[tls]', or '.[tls]' in a checkout"
    )
    assert main.main(["serve", "--port", "0", "--tls", str(tmp_path / "ca.pem")]) == 2
    assert "Run: pip install 'pypi-registry-conformance[tls]'" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main.main(["serve", "--port", "0", "--tls", str(tmp_path / "none" / "ca.pem")]) == 2
    assert "ca.pem: No such file or directory" in capsys.readouterr().err
    client = ["--client-certificate", str(tmp_path / "none" / "client.pem")]
    assert main.main(["serve", "--port", "0", *client]) == 2
    assert "needs --tls FILE" in capsys.readouterr().err
    assert main.main(["serve", "--port", "0", "--tls", str(tmp_path / "ca.pem"), *client]) == 2
    assert "Choose another file for --client-certificate." in capsys.readouterr().err


def test_commands_trust_the_file_in_the_environment(
    server: ReferenceServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    command = ["gitlab-project", "list", "--server", server.origin]
    assert main.main(command) == 2
    error = capsys.readouterr().err
    assert f"the certificate of {server.origin} is not trusted" in error
    assert "Set SSL_CERT_FILE" in error
    monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_bundle))
    assert main.main(command) == 0
