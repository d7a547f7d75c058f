"""Writes the configuration of a client for one registry, and returns the environment that makes the client use it.

Sources: the documentation of each client's configuration files and environment variables.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.resources import files
from typing import TYPE_CHECKING

from reference_server.clients.environment import hermetic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from reference_server.clients.access import Access, Place

NAME = "registry"
"""The name of the registry in configuration files."""

WITH_SECRETS = (".netrc", ".pypirc", "poetry/auth.toml")
"""The files that a client may read for credentials, whatever its own configuration says."""

Files = dict[str, str]
"""Texts by their paths in the folder."""


def client_environment(client: str, access: Access, folder: Path, *, credentials: Place) -> dict[str, str]:
    """Write the configuration of a client into a folder, and return the environment for its process.

    The folder becomes the client's home, with its caches: no setting of the user is read. PATH stays. Files with
    secrets are readable by their owner only, and those that an earlier call left in the folder are removed. Raises
    ValueError for an unknown client, for a client that does not read credentials at this place, for credentials that a
    netrc file cannot have, and for flit where clients need a certificate.
    """
    if client not in CLIENTS:
        raise ValueError(f"no client is named {client!r}; choose {', '.join(CLIENTS)}")
    places, configure = CLIENTS[client]
    if credentials not in places:
        raise ValueError(f"{client} has no credentials={credentials!r}; choose {', '.join(places)}")
    if credentials == "netrc":
        _check_for_netrc(access)
    folder.mkdir(parents=True, exist_ok=True)
    for path in WITH_SECRETS:
        (folder / path).unlink(missing_ok=True)
    texts, variables = configure(access, credentials, folder)
    for path, text in texts.items():
        _write(folder / path, text)
    environment = hermetic(folder, ca_bundle=access.ca_bundle) | {"PATH": os.environ.get("PATH", os.defpath)}
    if credentials == "netrc":
        line = f"machine {access.host} login {access.username} password {access.password}\n"
        _write(folder / ".netrc", line)
        environment["NETRC"] = str(folder / ".netrc")
    if credentials == "keyring":
        environment["PATH"] = _keyring(access, folder) + os.pathsep + environment["PATH"]
    if (
        client == "pdm" and access.client_certificate
    ):  # as a file of CAs, these exclude the client's certificate
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            environment.pop(name, None)
    return environment | variables


def _check_for_netrc(access: Access) -> None:
    """Refuse words that end early in a netrc file, or that its readers understand differently."""
    for what, word in (("user name", access.username), ("password", access.password)):
        if not word or any(each.isspace() or each in '"\\' for each in word):
            raise ValueError(
                f"a netrc file takes no {what} that is empty or has spaces, quotes or backslashes"
            )


def _write(path: Path, text: str, *, mode: int = 0o600) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=mode)
    path.chmod(mode)
    path.write_text(text, encoding="utf-8")


def _keyring(access: Access, folder: Path) -> str:
    """Write a program `keyring` that knows this password, and return its folder."""
    program = (files(__package__) / "keyring_program.py").read_text(encoding="utf-8")
    _write(
        folder / "bin" / "keyring.json",
        json.dumps({"host": access.host} | _user(access, "username", "password")),
    )
    _write(folder / "bin" / "keyring", f"#!{sys.executable}\n{program}", mode=0o700)
    return str(folder / "bin")


def _pip(access: Access, place: Place, folder: Path) -> tuple[Files, dict[str, str]]:
    lines = ["[global]", f"index-url = {access.index_for(place)}"]
    lines += ["keyring-provider = subprocess"] if place == "keyring" else []
    lines += [f"cert = {access.ca_bundle}"] if access.ca_bundle else []
    lines += [f"client-cert = {access.client_certificate}"] if access.client_certificate else []
    variables = {
        "PIP_CONFIG_FILE": str(folder / "pip.conf"),
        "PIP_CACHE_DIR": str(folder / "pip-cache"),
        "PIP_NO_INPUT": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    return {"pip.conf": "\n".join([*lines, ""])}, variables


def _uv(access: Access, place: Place, folder: Path) -> tuple[Files, dict[str, str]]:
    text = (
        f"publish-url = {json.dumps(access.upload_url)}\n\n[[index]]\nname = {json.dumps(NAME)}\n"
        f"url = {json.dumps(access.index_for(place))}\ndefault = true\n"
    )
    variables = {
        "UV_CONFIG_FILE": str(folder / "uv.toml"),
        "UV_CACHE_DIR": str(folder / "uv-cache"),
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_KEYRING_PROVIDER": "subprocess" if place == "keyring" else "disabled",
        **(_user(access, "UV_PUBLISH_USERNAME", "UV_PUBLISH_PASSWORD") if place == "config" else {}),
        **({"SSL_CLIENT_CERT": str(access.client_certificate)} if access.client_certificate else {}),
    }
    return {"uv.toml": text}, variables


def _twine(access: Access, place: Place, folder: Path) -> tuple[Files, dict[str, str]]:
    variables = {"TWINE_REPOSITORY": NAME, "TWINE_NON_INTERACTIVE": "1"}
    if access.ca_bundle:
        variables["TWINE_CERT"] = str(access.ca_bundle)
    del folder
    return {".pypirc": _pypirc(access, place)}, variables


def _flit(access: Access, place: Place, folder: Path) -> tuple[Files, dict[str, str]]:
    del folder
    if access.client_certificate:
        raise ValueError("flit cannot use a client certificate")
    user = _user(access, "FLIT_USERNAME", "FLIT_PASSWORD") if place == "config" else {}
    return {}, {"FLIT_INDEX_URL": access.upload_url, **user}


def _pypirc(access: Access, place: Place) -> str:
    lines = ["[distutils]", f"index-servers = {NAME}", "", f"[{NAME}]", f"repository = {access.upload_url}"]
    if place == "config":
        lines += [f"username = {access.username}", f"password = {access.password}"]
    lines += [f"client_cert = {access.client_certificate}"] if access.client_certificate else []
    return "\n".join([*lines, ""])


def _poetry(access: Access, place: Place, folder: Path) -> tuple[Files, dict[str, str]]:
    """Configure what Poetry keeps outside of projects. A project names its source itself: `registry`, `index_url`."""
    variables = {
        "POETRY_CONFIG_DIR": str(folder / "poetry"),
        "POETRY_CACHE_DIR": str(folder / "poetry-cache"),
        "POETRY_VIRTUALENVS_IN_PROJECT": "true",
        "POETRY_KEYRING_ENABLED": "false",
        "POETRY_NO_INTERACTION": "1",
    }
    texts = {"poetry/config.toml": f"[repositories.{NAME}]\nurl = {json.dumps(access.upload_url)}\n"}
    if place == "config":
        texts["poetry/auth.toml"] = _toml_user(f"http-basic.{NAME}", access)
    if access.ca_bundle:
        own = access.client_certificate
        texts["poetry/config.toml"] += (
            f"\n[certificates.{NAME}]\ncert = {json.dumps(str(access.ca_bundle))}\n"
            + (f"client-cert = {json.dumps(str(own))}\n" if own else "")
        )
    return texts, variables


def _pdm(access: Access, place: Place, folder: Path) -> tuple[Files, dict[str, str]]:
    tls = f"ca_certs = {json.dumps(str(access.ca_bundle))}\n" if access.ca_bundle else ""
    if access.client_certificate:  # PDM 2.29 takes no CA file beside it, but reads SSL_CERT_FILE
        tls = f"client_cert = {json.dumps(str(access.client_certificate))}\n"
    text = (
        f"check_update = false\n\n[pypi]\nurl = {json.dumps(access.index_for(place))}\n{tls}\n"
        f"[repository.{NAME}]\nurl = {json.dumps(access.upload_url)}\n{tls}"
    )
    if place == "config":
        text += f"username = {json.dumps(access.username)}\npassword = {json.dumps(access.password)}\n"
    variables = {
        "PDM_CONFIG_FILE": str(folder / "pdm.toml"),
        "PDM_CACHE_DIR": str(folder / "pdm-cache"),
        "PDM_CHECK_UPDATE": "0",
        "PDM_PUBLISH_REPO": NAME,
    }
    return {"pdm.toml": text}, variables


def _hatch(access: Access, place: Place, folder: Path) -> tuple[Files, dict[str, str]]:
    """Configure Hatch, and pip and uv, which install for it."""
    (pip_files, pip), (uv_files, uv) = _pip(access, place, folder), _uv(access, place, folder)
    user = _user(access, "HATCH_INDEX_USER", "HATCH_INDEX_AUTH") if place == "config" else {}
    ca = {"HATCH_INDEX_CA_CERT": str(access.ca_bundle)} if access.ca_bundle else {}
    if access.client_certificate:  # Hatch 1.18 takes no CA file beside it, but reads SSL_CERT_FILE
        ca = {"HATCH_INDEX_CLIENT_CERT": str(access.client_certificate)}
    own = {
        "HATCH_INDEX_REPO": access.upload_url,
        "HATCH_CONFIG": str(folder / "hatch.toml"),
        "HATCH_DATA_DIR": str(folder / "hatch-data"),
        "HATCH_CACHE_DIR": str(folder / "hatch-cache"),
    }
    return pip_files | uv_files | {"hatch.toml": ""}, pip | uv | own | user | ca


def _user(access: Access, username: str, password: str) -> dict[str, str]:
    return {username: access.username, password: access.password}


def _toml_user(table: str, access: Access) -> str:
    return f"[{table}]\nusername = {json.dumps(access.username)}\npassword = {json.dumps(access.password)}\n"


CLIENTS: Mapping[
    str, tuple[tuple[Place, ...], Callable[[Access, Place, Path], tuple[Files, dict[str, str]]]]
] = {
    "pip": (("config", "netrc", "keyring", "none"), _pip),
    "uv": (("config", "netrc", "keyring", "none"), _uv),
    "twine": (("config", "none"), _twine),
    "poetry": (("config", "none"), _poetry),
    "pdm": (("config", "netrc", "keyring", "none"), _pdm),
    "hatch": (("config", "netrc", "none"), _hatch),
    "flit": (("config", "none"), _flit),
    "tox": (("config", "netrc", "keyring", "none"), _pip),
}
"""The clients, with the places where each reads credentials, and what configures it."""
