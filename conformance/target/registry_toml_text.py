"""The text of a registry.toml to start from, made from a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tomli_w

from conformance.profiles import profile, profile_names
from conformance.target import DEFAULT, VALIDATION, target_from_table
from conformance.target.drivers.table import BUILT_IN
from conformance.target.layouts import GITLAB, layout
from conformance.verdicts.declaration import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.profiles import Profile
    from conformance.target import Target
    from conformance.target.layouts import Layout

PASSWORD = f"{PREFIX}PASSWORD"
"""The environment variable of the password."""
EXAMPLES = {"group": "group", "path": "group/name"}
"""Examples of what is no numeric id in [gitlab-projects]."""
COMMAND, EXAMPLE = "command", 'command = ["python3", "driver.py"]\n'
"""The driver for any registry, and its setting: a program."""

DRIVERS = {
    GITLAB: "gitlab",
    "root+simple": "pypiserver",
    "devpi": "devpi",
    "pulp": "pulp",
    **dict.fromkeys(("gitea", "nexus", "onedev", "artifactory", "azure", "google", "cloudsmith"), "http"),
}
"""The driver that most registries of a layout have."""

AZURE = "https://registry.example.com/organization/project/_apis/packaging/feeds/feed"
CLOUDSMITH = "https://api.example.com/v1/packages/owner/repository"
GOOGLE = "https://api.example.com/v1/projects/project/locations/location/repositories/repository"
NEXUS = "https://registry.example.com/service/rest/v1"
SETTINGS = {
    "gitea": """\
delete-release = "https://registry.example.com/api/v1/packages/owner/pypi/{normalized}/{version}"
""",
    "nexus": f"""\
find-id = "{NEXUS}/search?repository=name&name={{normalized}}&version={{version}}"
delete-release = "{NEXUS}/components/{{id}}"
""",
    "onedev": """\
find-id = "https://registry.example.com/~api/packages?query=%22Name%22%20is%20%22{project}%22&offset=0&count=100"
delete-release = "https://registry.example.com/~api/packages/{id}"
""",
    "artifactory": """\
delete = "https://registry.example.com/artifactory/name/{project}/{version}/{filename}"
""",
    "azure": f"""\
delete-release = "{AZURE}/pypi/packages/{{normalized}}/versions/{{version}}?api-version=7.1"
""",
    "google": f"""\
authorization = "bearer"
delete-release = "{GOOGLE}/packages/{{normalized}}/versions/{{version}}"
""",
    "cloudsmith": f"""\
find-id = "{CLOUDSMITH}/?query=name:{{normalized}}%20AND%20version:{{version}}"
id-key = "slug_perm"
delete-release = "{CLOUDSMITH}/{{id}}/"
""",
}
"""Examples of settings of the driver, by layout."""

ANY_SIZE = 104_857_600
"""Bytes: an example where a profile states no limit."""


def registry_toml(profile_name: str, url: str | None = None, layout_name: str | None = None) -> str:
    """Return a commented registry.toml; without a URL it has the example of the layout, by default the profile's.

    A line that begins with `#` and no blank is a setting that is left out.
    Raises UserError for an unknown profile, and for a URL that does not fit it.
    """
    if url is None and profile_name in profile_names():
        url = layout(layout_name or profile(profile_name).layout).example
    target = target_from_table({"url": url or "", "profile": profile_name, "layout": layout_name or ""})
    kind = target.profile
    paragraphs = [_head(target), *_features(kind), *_credentials(kind), *_gitlab_projects(kind)]
    return "\n".join([*paragraphs, *_limits(kind), *_management(kind, target.layout)])


def _head(target: Target) -> str:
    kind, where = target.profile, target.layout
    uploads = "" if kind.read_only or not where.upload else f" Uploads go to {_spelled(where.upload)}."
    usual = where.name == kind.layout
    line = _setting("layout", where.name)
    return (
        f"# A target of registry-conformance: {kind.title}.\n"
        "# A line that begins with `#` and no blank is a setting: uncomment a setting to use it.\n"
        "\n"
        f"# Looks like {where.example}.\n"
        f"# The index is at {_spelled(where.index)}.{uploads}\n"
        f"{_setting('url', target.url)}{_setting('profile', kind.name)}"
        "\n"
        "# Where uploads and index are below the URL; docs/targets.md lists the layouts.\n"
        f"{_left_out(line) if usual else line}"
        f"{_given(target)}"
        "# If readers are redirected to another index for projects that are not here:\n"
        f"{_left_out(_setting('fallback', 'redirect'))}"
    )


def _given(target: Target) -> str:
    """Return the addresses, each left out, for a registry that no layout fits."""
    upload_url = target.upload_url if target.has_uploads else f"{target.url}/"
    uploads = "" if target.profile.read_only else _setting("upload-url", upload_url)
    api = _setting("api-url", target.gitlab_api) if target.has_gitlab_api else ""
    return (
        "# Addresses that the layout does not give, on any host:\n"
        f"{_left_out(uploads + _setting('index-url', target.index_url) + api)}"
    )


def _spelled(template: str) -> str:
    return template.replace("{url}", "<url>")


def _features(kind: Profile) -> Iterator[str]:
    if kind.read_only:
        return
    yield (
        "# What the registry has to validate at upload; what is not declared is noted where it is accepted:\n"
        f"# {', '.join(sorted(VALIDATION))}.\n"
        "# What your users rely on, such as json, metadata or range: its loss is a failure then (docs/targets.md).\n"
        "# `disposable` declares that this is a test instance, where any project name may be published.\n"
        '#features = ["validate-archive"]\n'
    )


def _credentials(kind: Profile) -> Iterator[str]:
    """Describe every credential; `default` is left out where the registry may be open to all."""
    meaning = kind.credentials[DEFAULT]
    table = _credential(kind, DEFAULT, PASSWORD)
    if kind.needs_credential:
        yield f"# Needed: {meaning}.\n{table}"
    else:
        yield f"# If the registry wants one: {meaning}.\n{_left_out(table)}"
    others = [name for name in kind.credentials if name != DEFAULT]
    if others:
        yield "# More credentials. A check that needs one of these is untestable without it.\n"
    for name in others:
        variable = f"REGISTRY_{name.upper().replace('-', '_')}_TOKEN"
        yield f"# {kind.credentials[name]}\n{_left_out(_credential(kind, name, variable))}"


def _credential(kind: Profile, name: str, variable: str) -> str:
    user_name = _setting("username", kind.user_name(name))
    return f"[credentials.{name}]\n{user_name}{_setting('password-env', variable)}"


def _gitlab_projects(kind: Profile) -> Iterator[str]:
    if not kind.gitlab_projects:
        return
    lines = ["# Other GitLab projects of the same instance, by numeric id, each of them for its checks.\n"]
    lines.append("#[gitlab-projects]\n")
    for role, meaning in kind.gitlab_projects.items():
        example = EXAMPLES.get(role, 0)
        lines.append(f"# {meaning}\n{_left_out(_setting(role, example))}")
    yield "".join(lines)


def _limits(kind: Profile) -> Iterator[str]:
    if kind.read_only:
        return
    without = "no limit is judged" if kind.max_file_size is None else f"it is {kind.max_file_size}"
    yield (
        f"# Maximum file size in bytes, as the registry documents it; without this line {without}.\n"
        f"#[limits]\n{_left_out(_setting('max-file-size', kind.max_file_size or ANY_SIZE))}"
    )


def _management(kind: Profile, where: Layout) -> Iterator[str]:
    if kind.read_only:
        return
    driver = DRIVERS.get(where.name, COMMAND)
    settings = _setting("driver", driver) + (EXAMPLE if driver == COMMAND else SETTINGS.get(where.name, ""))
    yield (
        "# How to delete, to yank and to set a status, which no standard describes: the driver, one of\n"
        f"# {', '.join(BUILT_IN)}. docs/drivers.md describes them.\n"
        f"#[management]\n{_left_out(settings)}"
    )


def _setting(key: str, value: Any) -> str:
    """Return one line of TOML, with its end."""
    return tomli_w.dumps({key: value})


def _left_out(settings: str) -> str:
    return "".join(f"#{line}" for line in settings.splitlines(keepends=True))
