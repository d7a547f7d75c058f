"""A running server as a target of the suite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reference_server.flavours import REFERENCE, all_flavours
from reference_server.rules.ready_made import credentials

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reference_server.faults import Switch
    from reference_server.flavours import Flavour
    from reference_server.sources.upstream import Upstream


def flavours_by_profile() -> Mapping[str, str]:
    """Return the name of the default flavour of each profile of the suite: the first one that conforms to it."""
    return {each.profile: each.name for each in reversed(all_flavours())}


def target_table(
    origin: str,
    *,
    max_file_size: int | None,
    flavour: Flavour = REFERENCE,
    secrets: Mapping[str, str] | None = None,
    switches: Iterable[Switch] = (),
) -> dict[str, Any]:
    """Return the description of a server with the ready-made set, in the format of the suite's `registry.toml`.

    `origin` is `http://HOST:PORT`; `secrets` maps public secrets of ready-made tokens to those in their place. Faults
    that are on may claim features of their own.
    """
    known = {name: pair for name, pair in credentials().items() if name not in _unknown_jobs(flavour)}
    for pair in known.values():
        pair["password"] = (secrets or {}).get(pair["password"], pair["password"])
    return {
        "url": origin + flavour.path(flavour.layout.base),
        "profile": flavour.profile,
        "credentials": known,
        "gitlab-projects": {
            "public": "2",
            "switched-off": "3",
            "elsewhere": "4",
            "internal": "5",
            "path": "conformance/registry",
        }
        | _group(flavour)
        | _access_levels(flavour),
        "limits": {} if max_file_size is None else {"max-file-size": max_file_size},
        "features": [*flavour.features, *(name for each in switches for name in each.fault.features)],
    } | _management(flavour)


def declared(upstream: Upstream | str | None) -> dict[str, str]:
    """Declare to the suite that readers are redirected to another index."""
    if upstream is None or isinstance(upstream, str) or upstream.mode != "redirect":
        return {}
    return {"fallback": "redirect"}


def _group(flavour: Flavour) -> dict[str, str]:
    """Name the group of the ready-made GitLab projects, if the flavour has an index of groups."""
    if "group_project_page" in flavour.lacks:
        return {}
    return {"group": "conformance", "subgroup": "6"}


def _access_levels(flavour: Flavour) -> dict[str, str]:
    """Name the GitLab projects whose registry is for others than those who see them, where there is such a setting."""
    if "package_registry_access_level" in flavour.rest_lacks:
        return {}
    return {"members-only": "7", "open": "8"}


def _unknown_jobs(flavour: Flavour) -> frozenset[str]:
    """Return the credentials of jobs of other GitLab projects, which nothing limits without an allowlist."""
    return frozenset({"job-elsewhere", "job-allowed"} if "job_token_scope" in flavour.lacks else ())


def _management(flavour: Flavour) -> dict[str, Any]:
    """Name the driver of the server's own API. Without that, the suite uses GitLab's."""
    if "yank_version" in flavour.lacks:
        return {}
    return {"management": {"driver": "reference", "gitlab-project": str(flavour.gitlab_project)}}
