"""What the driver for uv makes uv do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.clients import ClientMissing, Uv
from conformance.clients.uv import PLACEHOLDER
from conformance.wire.credential import Credential

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_httpserver import HTTPServer

PASSWORD = "glpat-p@ss:w%41/$HOME;#x"
CREDENTIAL = Credential(username="gitlab+deploy-token-1", password=PASSWORD)


@pytest.mark.parametrize(
    ("credential", "pair"), [(CREDENTIAL, (CREDENTIAL.username, PASSWORD)), (None, PLACEHOLDER)]
)
def test_a_file_is_published_with_basic_authorization(
    credential: Credential | None, pair: tuple[str, str], demo: Path, upload_url: str, httpserver: HTTPServer
) -> None:
    run = Uv().publish([demo], to=upload_url, credential=credential)
    assert run.succeeded, run
    ((request, _),) = httpserver.log
    assert request.authorization is not None
    assert (request.authorization.username, request.authorization.password) == pair
    with request:
        assert request.form["requires_python"] == ">=3.8"
        assert request.files["content"].filename == demo.name


def test_the_password_is_on_no_command_line(demo: Path, upload_url: str, commands: list[str]) -> None:
    Uv().publish([demo], to=upload_url, credential=CREDENTIAL)
    assert upload_url in commands
    assert not [argument for argument in commands if PASSWORD in argument]


def test_the_answer_of_the_registry_is_in_the_output_without_secrets(
    demo: Path, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/upload").respond_with_data(f"Version is invalid {PASSWORD}", status=400)
    run = Uv().publish([demo], to=httpserver.url_for("/upload"), credential=CREDENTIAL)
    assert run.exit_code == 2
    assert run.says("Version is invalid ***")
    assert PASSWORD not in str(run)


def test_a_failure_is_not_tried_again(demo: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/upload").respond_with_data("", status=503)
    assert not Uv().publish([demo], to=httpserver.url_for("/upload"), credential=CREDENTIAL).succeeded
    assert len(httpserver.log) == 1


def test_a_missing_uv_differs_from_a_refusal(demo: Path, upload_url: str, tmp_path: Path) -> None:
    with pytest.raises(ClientMissing):
        Uv(python=tmp_path / "python").publish([demo], to=upload_url, credential=None)
