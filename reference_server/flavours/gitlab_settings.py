"""What an administrator of a GitLab instance can switch, which a client can see.

Source: GitLab, `lib/api/pypi_packages.rb`, `lib/api/helpers/packages_helpers.rb`, and the presenters for JSON.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.flavours import gitlab_uploads
from reference_server.flavours.gitlab_access import OF_PROTECTION
from reference_server.model import Action
from reference_server.model.errors import NotFoundError, UnprocessableError
from reference_server.rendering import gitlab_json
from reference_server.rules.negotiation import SIMPLE_JSON, TEXT_HTML

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reference_server.flavours.flavour import Flavour
    from reference_server.model import Caller, Credentials, GitLabProject, Upload
    from reference_server.rules import Rules

OF_PACKAGES = frozenset(Action) - {Action.SEE}
ASKED_FOR = (SIMPLE_JSON, "application/vnd.pypi.simple.latest+json")


def with_json(flavour: Flavour) -> Flavour:
    """Return a flavour whose pages are JSON for clients that ask for it."""

    def rules(rules: Rules) -> Rules:
        return replace(flavour.rules(rules), serializations=(SIMPLE_JSON, TEXT_HTML), negotiate=asks_for_json)

    return replace(flavour, rules=rules, json=gitlab_json, json_parameters="; charset=utf-8")


def asks_for_json(accept: str | None, _types: Sequence[str], _default: str) -> str:
    """Choose JSON if an item of the field begins with one of its types, whatever its quality."""
    items = (accept or "").split(",")
    return SIMPLE_JSON if any(each.strip().startswith(ASKED_FOR) for each in items) else TEXT_HTML


def with_fips(flavour: Flavour) -> Flavour:
    """Return a flavour that requires a sha256, and records no MD5."""

    def rules(rules: Rules) -> Rules:
        before = flavour.rules(rules)
        null, form, *others = before.upload_checks  # these come before
        return replace(
            before,
            upload_checks=(null, form, sha256_is_given, *others),
            recorded_digests=without_md5,
        )

    return replace(flavour, rules=rules)


def sha256_is_given(upload: Upload) -> None:
    """Refuse an upload without a sha256 in its form."""
    if "sha256" not in upload.digests:
        raise UnprocessableError


def without_md5(claimed: Mapping[str, str], actual: Mapping[str, str]) -> Mapping[str, str]:
    """Record the digests without the MD5."""
    recorded = gitlab_uploads.claimed_digests(claimed, actual)
    return {name: digest for name, digest in recorded.items() if name != "md5"}


def without_packages(flavour: Flavour) -> Flavour:
    """Return a flavour without a package registry: its paths are unknown, before anything else is checked."""

    def rules(rules: Rules) -> Rules:
        before = flavour.rules(rules)

        def reads(credentials: Credentials, action: Action) -> Credentials:
            _require_registry(action)
            return before.reads(credentials, action)

        def authorize(caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
            _require_registry(action)
            before.authorize(caller, gitlab_project, action)

        return replace(before, reads=reads, authorize=authorize, needs_id=False)

    return replace(flavour, rules=rules, lacks=flavour.lacks | OF_PROTECTION)


def _require_registry(action: Action) -> None:
    if action in OF_PACKAGES:
        raise NotFoundError
