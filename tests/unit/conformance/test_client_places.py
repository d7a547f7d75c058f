"""What the reader of a file finds in it is the credential, whatever characters it has."""

from __future__ import annotations

import tomllib
from configparser import RawConfigParser
from urllib.parse import unquote, urlsplit

import pytest

from conformance.clients.credential_places import PLACES, Access, Place
from conformance.clients.index_url import IndexURL
from conformance.wire.credential import Credential

URL = "http://127.0.0.1:1/simple/"
CREDENTIAL = Credential(username="gitlab+deploy-token-1", password="a%40@b:/\U0001f600")
ACCESS = Access(index_url=URL, upload_url=URL, credential=CREDENTIAL)


def login(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return unquote(parts.username or ""), unquote(parts.password or "")


@pytest.mark.parametrize("username", ["", "user", CREDENTIAL.username])
@pytest.mark.parametrize("password", ["", "token", CREDENTIAL.password])
def test_either_half_of_a_login_may_be_empty_in_a_url(username: str, password: str) -> None:
    url = IndexURL(URL, Credential(username=username, password=password)).with_credential
    assert login(url) == (username, password)


def test_pip_reads_its_file_as_it_is_written() -> None:
    parser = RawConfigParser()  # as pip's own
    parser.read_string(PLACES["pip"][Place.STORE](ACCESS).home.files["pip.conf"])
    assert login(parser["global"]["index-url"]) == (CREDENTIAL.username, CREDENTIAL.password)


@pytest.mark.parametrize("client", ["poetry", "pdm", "hatch", "uv"])
def test_stores_in_toml_hold_the_credential(client: str) -> None:
    files = PLACES[client][Place.STORE](ACCESS).home.files
    texts = [str(tomllib.loads(text)) for name, text in files.items() if name.endswith(".toml")]
    assert any(CREDENTIAL.username in text for text in texts)
    assert any(CREDENTIAL.password in text for text in texts)
