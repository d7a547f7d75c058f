"""Faults in which names are accepted."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.building.refused_uploads import RejectsAfterStoring
from reference_server.faults.building.upload_forms import text_of
from reference_server.faults.building.upload_rules import OmitsProjectCheck, waved_through
from reference_server.faults.fault import Fault
from reference_server.flavours import pypi_projects
from reference_server.model.errors import NameInvalidError, RegistryError
from reference_server.model.grammar import is_valid_name, name_and_version

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.rules import Rules


class LookAlikesAccepted(OmitsProjectCheck):
    """Accepts new names that look like existing ones."""

    caught_by = ("name.too-similar",)
    left_out = pypi_projects.name_is_distinct


class NamesUnchecked(Fault):
    """Accepts any text as a name and skips further checks of invalid ones."""

    caught_by = (
        "name.invalid-rejected",
        "gitlab.name.invalid-characters-refused",
        "gitlab.name.separator-at-edge-refused",
    )

    def rules(self, rules: Rules) -> Rules:
        waved = waved_through(rules, lambda _filename, name, _version: not rules.valid_name(name))
        return replace(waved, valid_name=bool)


class NamesReadFromFileNames(Fault):
    """Looks at the name in the file name alone, and takes any name in the form."""

    caught_by = ("name.invalid-rejected",)

    def rules(self, rules: Rules) -> Rules:
        waved = waved_through(
            rules,
            lambda filename, name, _version: (
                not rules.valid_name(name) and name_and_version(filename) is not None
            ),
        )
        return replace(waved, valid_name=lambda _name: True)


class OneCharacterRefused(Fault):
    """Rejects names that have no last character besides the first."""

    caught_by = ("name.shortest-accepted",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, valid_name=lambda name: len(name) > 1 and rules.valid_name(name))


class LettersFoldedIntoAscii(Fault):
    """Accepts letters that fold to ASCII, as the published expression does without re.ASCII."""

    caught_by = ("name.invalid-rejected",)

    def rules(self, rules: Rules) -> Rules:
        published = re.compile(r"([A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9])\Z", re.IGNORECASE)
        waved = waved_through(rules, lambda _filename, name, _version: not rules.valid_name(name))
        return replace(waved, valid_name=lambda name: published.match(name) is not None)


class RefusedNamesStored(RejectsAfterStoring):
    """Rejects invalid names only after it has stored the file."""

    caught_by = ("name.invalid-rejected",)

    def rules(self, rules: Rules) -> Rules:
        return NamesUnchecked().rules(rules)

    def rejection(self, request: Request) -> RegistryError | None:
        return None if is_valid_name(text_of(request, "name")) else NameInvalidError()


class NamesAsIdentifiers(Fault):
    """Rejects names that begin with a digit, as identifiers may not."""

    caught_by = ("name.valid-accepted", "name.shortest-accepted")

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, valid_name=lambda name: not name[:1].isdigit() and rules.valid_name(name))


class NamesInAShortColumn(Fault):
    """Rejects names of more than 64 characters."""

    caught_by = ("name.valid-accepted",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, valid_name=lambda name: len(name) <= 64 and rules.valid_name(name))


class UpperCaseRefused(Fault):
    """Rejects names with upper-case letters, as Gitea once did."""

    incident = "gitea #21014"
    caught_by = ("name.upper-case-accepted",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, valid_name=lambda name: name == name.lower() and rules.valid_name(name))
