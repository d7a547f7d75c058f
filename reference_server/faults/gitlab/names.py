"""Faults in which names are valid, and which spellings are one project."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model.errors import PackageNotFoundError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rules import Rules


class NotFoundUnder(Fault):
    """Finds no project under a name in which `pattern` is found."""

    pattern: ClassVar[str]

    def handle(self, request: Request) -> Response | None:
        """Answer 404 for such a name."""
        lost = request.endpoint == "project_page" and re.search(self.pattern, request.arguments["name"])
        return refusal(PackageNotFoundError()) if lost else None


class NamesComparedExactly(NotFoundUnder):
    """Compares the name that is asked for, as it stands, with normalized names, as GitLab does."""

    caught_by = (
        "gitlab.name.separators-equal",
        "gitlab.name.runs-collapsed",
        "gitlab.name.case-ignored",
        "gitlab.name.every-spelling-one-page",
    )
    pattern = r"[A-Z._]|--"


class DotsNotFound(NotFoundUnder):
    """Finds no project under a name with a dot, as pypiserver once did."""

    incident = "pypiserver #139"
    caught_by = (
        "gitlab.name.separators-equal",
        "gitlab.name.runs-collapsed",
        "gitlab.name.every-spelling-one-page",
    )
    pattern = r"\."


class RunsNotCollapsed(NotFoundUnder):
    """Replaces each separator by itself, as Gitea once did."""

    caught_by = ("gitlab.name.runs-collapsed", "gitlab.name.every-spelling-one-page")
    pattern = "[-._]{2}"


class CapitalsNotFound(NotFoundUnder):
    """Tells upper from lower case, as GitLab did before 13.4."""

    incident = "gitlab-org/gitlab #244412"
    caught_by = ("gitlab.name.case-ignored", "gitlab.name.every-spelling-one-page")
    pattern = "[A-Z]"


class MixedSeparatorsNotFound(NotFoundUnder):
    """Finds a name only when all its separators are the same."""

    caught_by = ("gitlab.name.every-spelling-one-page",)
    pattern = r"\..*[-_]|_.*[-.]|-.*[._]"


class AnyName(Fault):
    """Takes every text as a name."""

    caught_by = ("gitlab.name.invalid-characters-refused", "gitlab.name.separator-at-edge-refused")

    def rules(self, rules: Rules) -> Rules:
        return replace(
            rules,
            valid_name=lambda _name: True,
            valid_filename=lambda _filename: True,
            filename_agrees=lambda *_said: True,
        )


class NamesOfLettersOfAnyScript(Fault):
    """Takes letters of every script in a name."""

    caught_by = ("gitlab.name.invalid-characters-refused",)

    def rules(self, rules: Rules) -> Rules:
        return replace(
            rules,
            valid_name=lambda name: re.fullmatch(r"[^\W_]|[^\W_][\w.-]*[^\W_]", name) is not None,
            valid_filename=lambda _filename: True,
        )


class SeparatorsAtTheEdge(Fault):
    """Takes names that begin or end with a separator."""

    caught_by = ("gitlab.name.separator-at-edge-refused",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, valid_name=lambda name: rules.valid_name(name.strip("-_.")))
