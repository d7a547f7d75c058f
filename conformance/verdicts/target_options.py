"""The options that name a registry: its addresses, what it is held to, and its credential."""

from __future__ import annotations

from functools import partial

from conformance.verdicts.declaration import PREFIX, Group, Input, Option

SENDING = frozenset({"run", "replay", "doctor", "sweep", "load"})
"""The commands that send requests to a registry."""

REGISTRY_URL = "URL of the registry, in most layouts the one for `twine upload --repository-url`"

_option = partial(Option, group=Group.TARGET, commands=SENDING)

TARGET = (
    _option(
        name="url",
        metavar="URL",
        help=REGISTRY_URL,
        default="the embedded reference server",
        input=Input(name="url", text=REGISTRY_URL),
    ),
    _option(
        name="upload_url",
        flag="--upload-url",
        metavar="URL",
        help="where distributions are uploaded to",
        default="that of the layout",
        input=Input(name="upload-url"),
    ),
    _option(
        name="index_url",
        flag="--index-url",
        metavar="URL",
        help="where the simple index is",
        default="that of the layout",
        input=Input(name="index-url"),
    ),
    _option(
        name="api_url",
        flag="--api-url",
        metavar="URL",
        help="GitLab's REST API for the GitLab project, ending in /projects/ID",
        default="that of the layout, if any",
        input=Input(name="api-url"),
    ),
    _option(
        name="json_api_url",
        flag="--json-api-url",
        metavar="URL",
        help="where PyPI's JSON API is, ending in /pypi/",
        default="that of the layout, if any",
    ),
    _option(
        name="profile",
        flag="--profile",
        metavar="NAME",
        help="what the registry is held to, such as gitlab or pep503-upload",
        default="gitlab",
        input=Input(name="profile"),
    ),
    _option(
        name="layout",
        flag="--layout",
        metavar="NAME",
        help="where uploads and index are below URL, such as root+simple, pypi or devpi",
        default="that of the profile",
        input=Input(name="layout"),
    ),
    _option(
        name="username",
        flag="--username",
        metavar="NAME",
        help="user name that goes with the password",
        default=f"${PREFIX}USERNAME",
        input=Input(name="username", text="user name that goes with the password"),
    ),
    _option(
        name="password",
        flag="--password",
        metavar="SECRET",
        help=f"password or token; prefer ${PREFIX}PASSWORD: it stays out of the process list",
        input=Input(name="password", text="password or token; pass a secret", only="github"),
    ),
    _option(
        name="config",
        flag="--config",
        metavar="FILE",
        help="path of a registry.toml with the URL and several credentials",
        input=Input(name="config"),
    ),
)
"""The arguments that name a target. Each is also read from the environment, by every command."""
