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


class FindsNothing(Fault):
    """Finds no project by a name that matches `pattern`."""

    pattern: ClassVar[str]

    def handle(self, request: Request) -> Response | None:
        """Answer 404 to such a name."""
        lost = request.endpoint == "project_page" and re.search(self.pattern, request.arguments["name"])
        return refusal(PackageNotFoundError()) if lost else None


class NamesComparedExactly(FindsNothing):
    """Finds projects only by their normalized names, as GitLab does."""

    caught_by = (
        "gitlab.name.separators-equal",
        "gitlab.name.runs-collapsed",
        "gitlab.name.case-ignored",
        "gitlab.name.every-spelling-one-page",
    )
    pattern = r"[A-Z._]|--"


class DotsNotFound(FindsNothing):
    """Finds no project by a name with a dot, as pypiserver once did."""

    incident = "pypiserver #139"
    caught_by = (
        "gitlab.name.separators-equal",
        "gitlab.name.runs-collapsed",
        "gitlab.name.every-spelling-one-page",
    )
    pattern = r"\."


class RunsNotCollapsed(FindsNothing):
    """Normalizes separators one by one, as Gitea once did."""

    caught_by = ("gitlab.name.runs-collapsed", "gitlab.name.every-spelling-one-page")
    pattern = "[-._]{2}"


class CapitalsNotFound(FindsNothing):
    """Compares names case-sensitively, as GitLab did before 13.4."""

    incident = "gitlab-org/gitlab #244412"
    caught_by = ("gitlab.name.case-ignored", "gitlab.name.every-spelling-one-page")
    pattern = "[A-Z]"


class MixedSeparatorsNotFound(FindsNothing):
    """Finds no project by a name with different separators."""

    caught_by = ("gitlab.name.every-spelling-one-page",)
    pattern = r"\..*[-_]|_.*[-.]|-.*[._]"


class AnyName(Fault):
    """Accepts any text as a name."""

    caught_by = ("gitlab.name.invalid-characters-refused", "gitlab.name.separator-at-edge-refused")

    def rules(self, rules: Rules) -> Rules:
        return replace(
            rules,
            valid_name=lambda _name: True,
            valid_filename=lambda _filename: True,
            filename_agrees=lambda *_rest: True,
        )


class NamesOfLettersOfAnyScript(Fault):
    """Accepts names with letters of any script."""

    caught_by = ("gitlab.name.invalid-characters-refused",)

    def rules(self, rules: Rules) -> Rules:
        return replace(
            rules,
            valid_name=lambda name: re.fullmatch(r"[^\W_]|[^\W_][\w.-]*[^\W_]", name) is not None,
            valid_filename=lambda _filename: True,
        )


class SeparatorsAtTheEdge(Fault):
    """Accepts names that begin or end with a separator."""

    caught_by = ("gitlab.name.separator-at-edge-refused",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, valid_name=lambda name: rules.valid_name(name.strip("-_.")))
