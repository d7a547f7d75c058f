"""The form of a registry.toml, and of the same table put together from arguments and variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct


class CredentialTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """A user name with a password, or with the name of the variable that holds it."""

    username: Annotated[str | None, Meta(description="The user name.")] = None
    password: Annotated[str | None, Meta(description="The password or token; prefer `password-env`.")] = None
    password_env: Annotated[
        str | None,
        Meta(description="The name of the environment variable that holds the password or token."),
    ] = None
    encoding: Annotated[
        Literal["utf-8", "latin-1"],
        Meta(description="How user name and password are sent, if they have characters beyond ASCII."),
    ] = "utf-8"
    username_is_secret: Annotated[
        bool,
        Meta(description='Whether the user name is a token. Without a password (`password = ""`) it is one.'),
    ] = False


class LimitsTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """Limits that the registry states."""

    max_file_size: (
        Annotated[int, Meta(ge=1, description="The largest size of a distribution, in bytes.")] | None
    ) = None


class RegistryTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """A registry to be judged, for `registry-conformance run --config FILE`."""

    url: Annotated[str, Meta(description="The URL from which the layout makes all addresses.")] = ""
    upload_url: Annotated[
        str, Meta(description="Where distributions are uploaded to, unless the layout gives it.")
    ] = ""
    index_url: Annotated[str, Meta(description="Where the simple index is, unless the layout gives it.")] = ""
    api_url: Annotated[
        str,
        Meta(description="GitLab's REST API for the GitLab project, such as `…/api/v4/projects/42`."),
    ] = ""
    json_api_url: Annotated[
        str,
        Meta(description="Where PyPI's JSON API is, such as `…/pypi/`, unless the layout gives it."),
    ] = ""
    profile: Annotated[str, Meta(description="What the registry is held to.")] = "gitlab"
    layout: Annotated[
        str, Meta(description="Where uploads and index are below `url`; that of the profile if absent.")
    ] = ""
    features: Annotated[
        tuple[str, ...], Meta(description="What the registry offers beyond its profile, as its owner states.")
    ] = ()
    fallback: Annotated[
        Literal["", "redirect"],
        Meta(description="`redirect`: readers are sent to another index for projects that are not here."),
    ] = ""
    credentials: Annotated[
        Mapping[str, CredentialTable], Meta(description="Credentials by name; `default` publishes and reads.")
    ] = {}
    gitlab_projects: Annotated[
        Mapping[str, int | str],
        Meta(description="Other GitLab projects of the instance, by role: their ids or paths."),
    ] = {}
    limits: LimitsTable = LimitsTable()
    management: Annotated[
        Mapping[str, Any] | None,
        Meta(description="How the state of projects is changed: a driver, and what it wants to know."),
    ] = None
