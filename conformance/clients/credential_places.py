"""Where clients find the credential of a registry, each by its own documents."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.clients.home import HERE, NO_HOME, Home
from conformance.clients.index_url import IndexURL
from conformance.clients.twine import pypirc

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.wire.credential import Credential

NAME = "registry"
"""The name of the registry in files and variables."""


class Place(StrEnum):
    """A place of credentials."""

    URL = "url"
    """The URL of the index."""
    ENVIRONMENT = "environment"
    """Variables of the client's own."""
    NETRC = "netrc"
    KEYRING = "keyring"
    STORE = "store"
    """A file in which the client keeps credentials or settings."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """The URLs of a registry, and the credential."""

    index_url: str
    upload_url: str
    credential: Credential

    @property
    def user_only(self) -> Credential:
        """The credential without its password, which the client has to find. Raises NotPossible where it has none."""
        if not self.credential.password:
            raise NotPossible("this credential has no password that a client could look for")
        return replace(self.credential, password="", lacks_password=True)

    @property
    def host(self) -> str:
        """The host of the index, without its port."""
        return urlsplit(self.index_url).hostname or ""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A home that has a credential, and what of the credential a driver passes on to install and to publish."""

    index: IndexURL
    home: Home = NO_HOME
    to_publish: Credential | None = None
    repository: str = ""
    """The name of the repository in the client's own file, which it publishes to; empty where it gets the URL."""


class NotPossible(ValueError):
    """A place cannot hold this credential."""


def kept(client: str, place: Place, access: Access) -> Kept:
    """Return what a client finds when a credential is at a place. Raises NotPossible; KeyError for no such place."""
    found = PLACES[client][place](access)
    return replace(found, home=replace(found.home, secrets=access.credential.secrets))


def _in_url(access: Access) -> Kept:
    return Kept(index=IndexURL(access.index_url, access.credential, literal=True))


def _in_variables(access: Access) -> Kept:
    """Return what the drivers do as a rule."""
    return Kept(index=IndexURL(access.index_url, access.credential), to_publish=access.credential)


def _in_netrc(access: Access) -> Kept:
    login = access.credential
    if any(not word or any(each.isspace() or each in "\"'\\#" for each in word) for word in _words(login)):
        raise NotPossible("a netrc file takes no empty words, and none with spaces, quotes or backslashes")
    line = f"machine {access.host} login {login.username} password {login.password}\n"
    return Kept(index=IndexURL(access.index_url), home=Home(files={".netrc": line}))


def _words(login: Credential) -> tuple[str, str]:
    return login.username, login.password


def _from_keyring_program(access: Access) -> Kept:
    """Put a program `keyring` of the test's own on PATH; the URL has the user name, and so has its command line."""
    if access.credential.username_is_secret:
        raise NotPossible("the program is asked for the password of a user name that is a secret")
    program = files("reference_server.clients").joinpath("keyring_program.py").read_text(encoding="utf-8")
    username, password = _words(access.credential)
    known = {"host": access.host, "username": username, "password": password}
    home = Home(
        files={"bin/keyring": f"#!{sys.executable}\n{program}", "bin/keyring.json": json.dumps(known)},
        variables={
            "PATH": f"{HERE}/bin{os.pathsep}{os.defpath}",
            "PIP_KEYRING_PROVIDER": "subprocess",
            "UV_KEYRING_PROVIDER": "subprocess",
        },
    )
    return Kept(index=IndexURL(access.index_url, access.user_only, literal=True), home=home)


def _from_keyring_module(service: str, **variables: str | None) -> Callable[[Access], Kept]:
    """Return the place for a client that imports keyring, and names the service so; `{upload}` is the upload URL."""

    def place(access: Access) -> Kept:
        username, password = _words(access.credential)
        known = {
            "services": [service.format(upload=access.upload_url)],
            "username": username,
            "password": password,
        }
        backend = files("conformance.clients").joinpath("keyring_backend.py").read_text(encoding="utf-8")
        named = {name: value and value.format(username=username) for name, value in variables.items()}
        home = Home(
            files={"keyring/registry_keyring.py": backend, "keyring/keyring.json": json.dumps(known)},
            variables={
                "PYTHONPATH": f"{HERE}/keyring",
                "PYTHON_KEYRING_BACKEND": "registry_keyring.Keyring",
                **named,
            },
        )
        return Kept(index=IndexURL(access.index_url), home=home, to_publish=access.user_only)

    return place


def _in_pip_conf(access: Access) -> Kept:
    """Keep the URL in pip's file, which pip reads as it is written, and in no variable.

    Source: https://pip.pypa.io/en/stable/topics/configuration/
    """
    url = IndexURL(access.index_url, access.credential).with_credential
    home = Home(
        files={"pip.conf": f"[global]\nindex-url = {url}\n"},
        variables={"PIP_CONFIG_FILE": f"{HERE}/pip.conf", "PIP_INDEX_URL": None},
    )
    return Kept(index=IndexURL(access.index_url), home=home)


def _in_uv_variables(access: Access) -> Kept:
    """Name the index.

    Source: https://docs.astral.sh/uv/concepts/indexes/#providing-credentials-directly
    """
    username, password = _words(access.credential)
    variables = {
        "UV_DEFAULT_INDEX": f"{NAME}={access.index_url}",
        f"UV_INDEX_{NAME.upper()}_USERNAME": username,
        f"UV_INDEX_{NAME.upper()}_PASSWORD": password,
    }
    return Kept(index=IndexURL(access.index_url), home=Home(variables=variables))


def _in_uv_store(access: Access) -> Kept:
    """Write what `uv auth login` writes.

    Source: https://docs.astral.sh/uv/concepts/authentication/cli/
    """
    parts = urlsplit(access.index_url)
    text = _toml(
        "[[credential]]",
        service=f"{parts.scheme}://{parts.netloc}/",
        username=access.credential.username,
        scheme="basic",
        password=access.credential.password,
    )
    home = Home(files={".local/share/uv/credentials/credentials.toml": text})
    return Kept(index=IndexURL(access.index_url), home=home)


def _in_pypirc(access: Access) -> Kept:
    """Write a .pypirc.

    Source: https://packaging.python.org/en/latest/specifications/pypirc/
    """
    try:
        text = pypirc(NAME, url=access.upload_url, credential=access.credential)
    except ValueError as error:
        raise NotPossible(str(error)) from error
    home = Home(files={".pypirc": text}, variables=dict.fromkeys(("TWINE_USERNAME", "TWINE_PASSWORD")))
    return Kept(index=IndexURL(access.index_url), home=home, repository=NAME)


def _in_poetry_store(access: Access) -> Kept:
    """Write what `poetry config http-basic.registry` writes where there is no keyring.

    Source: https://python-poetry.org/docs/repositories/#configuring-credentials
    """
    username, password = _words(access.credential)
    home = Home(
        files={"poetry/auth.toml": _toml(f"[http-basic.{NAME}]", username=username, password=password)},
        variables={"POETRY_CONFIG_DIR": f"{HERE}/poetry", "POETRY_KEYRING_ENABLED": "false"},
    )
    return Kept(index=IndexURL(access.index_url), home=home)


def _in_pdm_store(access: Access) -> Kept:
    """Write what `pdm config pypi.username` writes.

    Source: https://pdm-project.org/en/latest/usage/config/
    """
    username, password = _words(access.credential)
    text = _toml("[pypi]", url=access.index_url, username=username, password=password)
    home = Home(files={"pdm.toml": text}, variables={"PDM_CONFIG_FILE": f"{HERE}/pdm.toml"})
    return Kept(index=IndexURL(access.index_url), home=home)


def _in_hatch_store(access: Access) -> Kept:
    """Write the settings of a repository.

    Source: https://hatch.pypa.io/latest/plugins/publisher/package-index/
    """
    username, password = _words(access.credential)
    text = _toml(f"[publish.index.repos.{NAME}]", url=access.upload_url, user=username, auth=password)
    home = Home(
        files={"hatch.toml": text},
        variables={
            "HATCH_CONFIG": f"{HERE}/hatch.toml",
            "HATCH_INDEX_USER": None,
            "HATCH_INDEX_AUTH": None,
        },
    )
    return Kept(index=IndexURL(access.index_url), home=home, repository=NAME)


def _toml(table: str, **values: str) -> str:
    lines = (f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items())
    return "\n".join([table, *lines, ""])


PLACES: Mapping[str, Mapping[Place, Callable[[Access], Kept]]] = {
    "pip": {
        Place.URL: _in_url,
        Place.NETRC: _in_netrc,
        Place.KEYRING: _from_keyring_program,
        Place.STORE: _in_pip_conf,
    },
    "uv": {
        Place.URL: _in_url,
        Place.ENVIRONMENT: _in_uv_variables,
        Place.NETRC: _in_netrc,
        Place.KEYRING: _from_keyring_program,
        Place.STORE: _in_uv_store,
    },
    "twine": {
        Place.ENVIRONMENT: _in_variables,
        Place.KEYRING: _from_keyring_module("{upload}", TWINE_PASSWORD=None),
        Place.STORE: _in_pypirc,
    },
    "poetry": {
        Place.ENVIRONMENT: _in_variables,
        Place.KEYRING: _from_keyring_module(
            f"poetry-repository-{NAME}", POETRY_HTTP_BASIC_REGISTRY_USERNAME="{username}"
        ),
        Place.STORE: _in_poetry_store,
    },
    "pdm": {
        Place.URL: _in_url,
        Place.ENVIRONMENT: _in_variables,
        Place.KEYRING: _from_keyring_program,
        Place.STORE: _in_pdm_store,
    },
    "hatch": {
        Place.ENVIRONMENT: _in_variables,
        Place.KEYRING: _from_keyring_module("{upload}", HATCH_INDEX_AUTH=None),
        Place.STORE: _in_hatch_store,
    },
    "flit": {Place.ENVIRONMENT: _in_variables, Place.STORE: _in_pypirc},
    "pipenv": {
        Place.URL: _in_url,
        Place.ENVIRONMENT: _in_variables,
        Place.NETRC: _in_netrc,
        Place.KEYRING: _from_keyring_program,
    },
}
"""What each client reads; those that publish only, and hatch, which leaves reading to pip, are tried by publishing."""
