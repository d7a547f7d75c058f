"""Where a target comes from: the command line, then the environment, then registry.toml."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.target import DEFAULT, BadTarget, Target, target_from_table
from conformance.verdicts.declaration import PREFIX
from conformance.verdicts.options import target_arguments

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CREDENTIAL = re.compile(PREFIX + r"CREDENTIAL_(?P<name>[A-Z0-9_]+)_(?P<key>USERNAME|PASSWORD)")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,31}")
"""Names of variables that a message may hold: any other text may be the password itself."""

ADDRESSES = ("url", "upload-url", "index-url", "api-url", "json-api-url")
"""The addresses of a target, by their keys in registry.toml."""


def configured_target(
    *,
    url: str | None = None,
    upload_url: str | None = None,
    index_url: str | None = None,
    api_url: str | None = None,
    json_api_url: str | None = None,
    profile: str | None = None,
    layout: str | None = None,
    username: str | None = None,
    password: str | None = None,
    config: str | Path | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Target | None:
    """Put a target together; None when no URL is given anywhere, which means the embedded server.

    An argument outweighs its environment variable, such as REGISTRY_CONFORMANCE_URL, and that the file; so do
    REGISTRY_CONFORMANCE_CREDENTIAL_<NAME>_USERNAME and …_PASSWORD. A variable that is empty is not given. A `url`
    also outweighs every address of a lower place. Raises BadTarget, with what to change.
    """
    environ = {name: value for name, value in environ.items() if value}
    file = config or environ.get(PREFIX + "CONFIG")
    table = _read(Path(file)) if file else {}
    given = dict(zip(ADDRESSES, (url, upload_url, index_url, api_url, json_api_url), strict=True))
    _take_addresses(table, [_addresses_in(environ), {key: each for key, each in given.items() if each}], file)
    table["profile"] = profile or environ.get(PREFIX + "PROFILE") or table.get("profile", "gitlab")
    table["layout"] = layout or environ.get(PREFIX + "LAYOUT") or table.get("layout", "")
    _take_credentials(table.setdefault("credentials", {}), username, password, file, environ)
    if not any(table.get(key) for key in ADDRESSES):
        if file and table["credentials"]:
            raise BadTarget(f"{file} has no `url`", "Add one, or give URL on the command line.")
        _check_embedded(table)
        return None
    return target_from_table(table)


def _take_credentials(
    credentials: dict[str, Any],
    username: str | None,
    password: str | None,
    file: str | Path | None,
    environ: Mapping[str, str],
) -> None:
    """Set each credential as its weightiest place has it, the one that is given by argument included."""
    for name, key, value in _from_environment(environ):
        _outweigh(credentials, name, key, value)
    for key, argument in (("username", username), ("password", password)):
        given_one = argument if argument is not None else environ.get(PREFIX + key.upper())
        if given_one is not None:
            _outweigh(credentials, DEFAULT, key, given_one)
    _take_passwords_from_environment(credentials, file, environ)


def _check_embedded(table: Mapping[str, Any]) -> None:
    """Refuse settings that the embedded server, which is meant without a URL, cannot have."""
    if table["credentials"]:
        raise BadTarget(
            "there are credentials but no URL",
            f"Give the URL of the registry, or unset {PREFIX}USERNAME and {PREFIX}PASSWORD "
            "to judge the embedded server.",
        )
    if table["layout"]:
        raise BadTarget(
            f"there is a layout, {table['layout']!r}, but no URL", "Give the URL of the registry."
        )


def _addresses_in(environ: Mapping[str, str]) -> dict[str, str]:
    variables = {key: PREFIX + key.upper().replace("-", "_") for key in ADDRESSES}
    return {key: environ[variable] for key, variable in variables.items() if variable in environ}


def _take_addresses(table: dict[str, Any], places: list[dict[str, str]], file: str | Path | None) -> None:
    """Set the addresses of each place in turn, the weightiest last; they stay on the hosts of the file."""
    configured = [str(table[key]) for key in ADDRESSES if table.get(key)]
    for place in places:
        if configured:
            for url in place.values():
                _same_origin(url, configured, file)
        if "url" in place:
            for key in ADDRESSES:
                table.pop(key, None)
        table.update(place)


@contextmanager
def configured_or_embedded(given: Mapping[str, Any]) -> Iterator[Target]:
    """Yield the target of the values that were given, by name; without a URL the embedded server, running.

    Raises BadTarget.
    """
    if target := configured_target(**target_arguments(given)):
        yield target
        return
    from conformance.target.embedded import embedded_target  # a server takes time to import

    profile = given.get("profile") or os.environ.get(PREFIX + "PROFILE") or "gitlab"
    with embedded_target(profile) as target:
        yield target


def _from_environment(environ: Mapping[str, str]) -> list[tuple[str, str, str]]:
    matches = ((_CREDENTIAL.fullmatch(key), value) for key, value in environ.items())
    return [(m["name"].lower().replace("_", "-"), m["key"].lower(), value) for m, value in matches if m]


def _read(path: Path) -> dict[str, Any]:
    """Return the table of a registry.toml that has the form of one. Raises BadTarget."""
    from conformance.target.registry_toml import RegistryTable
    from conformance.verdicts.validation import Invalid, toml_table, validated

    try:
        table = toml_table(path)
    except Invalid as error:
        hint = "" if path.exists() else "Check the path, or write the file with `registry-conformance init`."
        raise BadTarget(str(error), hint) from error
    try:
        validated(table, RegistryTable, toml=True)
    except Invalid as error:
        form = "`registry-conformance schema registry.toml` prints its schema"
        raise BadTarget(f"{path}: {error}; {form}") from error
    return table


def _outweigh(credentials: dict[str, dict[str, Any]], name: str, key: str, value: str) -> None:
    """Set what outweighs the file; a password is then not looked for in the file's variable."""
    credential = credentials.setdefault(name, {})
    credential[key] = value
    if key == "password":
        credential.pop("password-env", None)


def _take_passwords_from_environment(
    credentials: Mapping[str, dict[str, Any]], file: str | Path | None, environ: Mapping[str, str]
) -> None:
    """Replace each `password-env` by the password that it names."""
    for name, credential in credentials.items():
        variable = credential.pop("password-env", None)
        if variable is None:
            continue
        if not (variable in environ or _VARIABLE.fullmatch(variable)):
            raise BadTarget(
                f"{file}: credentials.{name}.password-env: expected the name of the environment variable "
                "that holds the password, found another text; write the name there"
            )
        if variable not in environ:
            raise BadTarget(
                f"{file}: [credentials.{name}] needs the environment variable {variable}, which is not set "
                "or empty; set it, or remove this table from the file"
            )
        credential["password"] = environ[variable]


def _same_origin(url: str, configured: list[str], config: str | Path | None) -> None:
    """Refuse to send the credentials of one host to another. What is no URL is refused by the target."""
    from conformance.wire.credential_patterns import hide_credentials_in_url

    if "//" in url and _origin(url) not in map(_origin, configured):
        raise BadTarget(
            f"{config} holds credentials for {hide_credentials_in_url(configured[0])}, which is another host than "
            f"{hide_credentials_in_url(url)}; write a file for that host, or leave one of them out"
        )


def _origin(url: str) -> tuple[str, str]:
    """Return scheme, host and port; what is no URL is its own."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", url
    return parts.scheme, parts.netloc.rpartition("@")[2]
