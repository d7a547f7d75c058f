"""Protection rules: who may push and delete packages by the patterns of their names.

Source: GitLab's documentation, "Protected packages", and `app/models/packages/protection/rule.rb`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from reference_server.model import ProtectionRule, Role
from reference_server.model.errors import (
    NotFoundError,
    PackageDeletionProtectedError,
    PackageProtectedError,
    UnprocessableError,
)

if TYPE_CHECKING:
    from reference_server.model import Caller, GitLabProject
    from reference_server.rules.registry import Registry

PUSH_LEVELS = ("maintainer", "owner", "admin")
DELETE_LEVELS = ("owner", "admin")
LONGEST_PATTERN = 255  # characters
_LEVELS = {"maintainer": int(Role.MAINTAINER), "owner": int(Role.OWNER), "admin": 60}
_PATTERN = re.compile(r"[A-Z0-9*](?:[A-Z0-9._*-]*[A-Z0-9*])?", re.IGNORECASE | re.ASCII)


def require_pushable(registry: Registry, caller: Caller, gitlab_project: GitLabProject, name: str) -> None:
    """Check that no rule keeps the caller from publishing a package. Raises `PackageProtectedError`."""
    if _is_protected(registry, caller, gitlab_project, name, "push"):
        raise PackageProtectedError


def require_deletable(registry: Registry, caller: Caller, gitlab_project: GitLabProject, name: str) -> None:
    """Check that no rule keeps the caller from deleting a package. Raises `PackageDeletionProtectedError`."""
    if _is_protected(registry, caller, gitlab_project, name, "delete"):
        raise PackageDeletionProtectedError


def _is_protected(
    registry: Registry,
    caller: Caller,
    gitlab_project: GitLabProject,
    name: str,
    action: Literal["push", "delete"],
) -> bool:
    """Return whether a rule for this name asks for more than the caller's role. A deploy token has none."""
    if not registry.rules.protects:
        return False
    role = 0 if caller.user is None else int(gitlab_project.members.get(caller.user.name, 0))
    levels = (
        rule.push if action == "push" else rule.delete
        for rule in gitlab_project.protection_rules
        if matches(registry, rule.pattern, name)
    )
    return any(level and role < _LEVELS[level] for level in levels)


def matches(registry: Registry, pattern: str, name: str) -> bool:
    """Return whether a pattern covers a name in any case; in any spelling, unless these are different packages."""
    if registry.rules.keeps_spellings_apart:
        wanted, found = pattern.lower(), name.lower()
    else:
        wanted = re.sub(r"[-_.]+", "-", pattern.lower())
        found = registry.rules.normalize(name)
    return _covers(wanted, found)


def _covers(pattern: str, name: str) -> bool:
    """Return whether a pattern, in which `*` stands for any characters, matches a name; in linear time."""
    first, *others = pattern.split("*")
    if not others:
        return name == pattern
    last = others.pop()
    if len(name) < len(first) + len(last) or not (name.startswith(first) and name.endswith(last)):
        return False
    at, end = len(first), len(name) - len(last)
    for each in others:
        at = name.find(each, at, end)
        if at < 0:
            return False
        at += len(each)
    return True


def add_rule(
    registry: Registry, gitlab_project: GitLabProject, pattern: str, *, push: str, delete: str
) -> ProtectionRule:
    """Add a rule, and return it. Raises `UnprocessableError`."""
    with registry.store.lock:
        made = ProtectionRule(id=registry.store.next_id(), pattern=pattern, push=push, delete=delete)
        _put(registry, gitlab_project, made)
        return made


def change_rule(
    registry: Registry,
    gitlab_project: GitLabProject,
    rule_id: int,
    *,
    pattern: str | None = None,
    push: str | None = None,
    delete: str | None = None,
) -> ProtectionRule:
    """Change what is not None of a rule, and return it. Raises `NotFoundError`, `UnprocessableError`."""
    with registry.store.lock:
        rule = found_rule(registry, gitlab_project, rule_id)
        changed = ProtectionRule(
            id=rule.id,
            pattern=rule.pattern if pattern is None else pattern,
            push=rule.push if push is None else push,
            delete=rule.delete if delete is None else delete,
        )
        _put(registry, gitlab_project, changed)
        return changed


def remove_rule(registry: Registry, gitlab_project: GitLabProject, rule_id: int) -> None:
    """Remove a rule. Raises `NotFoundError`."""
    with registry.store.lock:
        found_rule(registry, gitlab_project, rule_id)
        current = registry.gitlab_project(str(gitlab_project.id))
        kept = tuple(each for each in current.protection_rules if each.id != rule_id)
        registry.store.add_gitlab_project(replace(current, protection_rules=kept))


def found_rule(registry: Registry, gitlab_project: GitLabProject, rule_id: int) -> ProtectionRule:
    """Find a rule by its id. Raises `NotFoundError`."""
    for each in registry.gitlab_project(str(gitlab_project.id)).protection_rules:
        if each.id == rule_id:
            return each
    raise NotFoundError


def _put(registry: Registry, gitlab_project: GitLabProject, rule: ProtectionRule) -> None:
    """Store a rule that is valid beside the others. Raises `UnprocessableError`."""
    current = registry.gitlab_project(str(gitlab_project.id))
    others = tuple(each for each in current.protection_rules if each.id != rule.id)
    if not _PATTERN.fullmatch(rule.pattern) or len(rule.pattern) > LONGEST_PATTERN:
        raise UnprocessableError(
            "Package name pattern should be a valid PyPI package name with optional wildcard characters."
        )
    if rule.pattern in {each.pattern for each in others}:
        raise UnprocessableError("Package name pattern has already been taken")
    if not (rule.push or rule.delete):
        raise UnprocessableError("A rule must have at least a minimum access role for push or delete.")
    registry.store.add_gitlab_project(replace(current, protection_rules=(*others, rule)))
