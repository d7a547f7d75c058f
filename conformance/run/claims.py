"""What a target claims to offer, against what the probe has found.

A claim that is found nowhere is one finding, of one row; what needs it is not judged because of it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from enum import Enum, auto
from typing import TYPE_CHECKING

from conformance.catalogue import catalogue
from conformance.catalogue.features import features_in
from conformance.pages import JSON_V1, TEXT_HTML
from conformance.report.check_result import CLAIMED_FEATURES
from conformance.run.probe import FORMS
from conformance.target import GROUP
from conformance.target.claims import EVIDENCE, OF_GITLAB, OF_SOME_FILES, OF_SOME_PROJECTS, OF_UPLOADS
from conformance.target.evidence import evidence_of
from conformance.target.gitlab import GitLab
from conformance.verdicts import Deviation, Untestable
from conformance.wire import BadAnswer, Throttled

if TYPE_CHECKING:
    from conformance.run.features import OfferedFeatures
    from conformance.run.run import Run
    from conformance.target import Target
    from conformance.target.registry_client import RegistryClient
    from conformance.wire import Answer

CLAIMS = "`features` in registry.toml"
SERVER_ERRORS = 500
"""The first status of a registry's own errors."""


class Sign(Enum):
    """What the answers of a target say about a feature."""

    FOUND = auto()
    MISSING = auto()
    ERROR = auto()
    """The registry has answered with an error of its own."""


class ClaimNotFound(Untestable):
    """A requirement needs a feature that the target claims, and that is found nowhere."""


def require_found(offer: OfferedFeatures, expression: str) -> None:
    """Raise ClaimNotFound, or Untestable, where a feature that is claimed is why an expression is not offered."""
    named = features_in(expression)
    if lost := sorted(named & offer.lost.keys()):
        by = offer.lost[lost[0]]
        raise ClaimNotFound(f"{', '.join(lost)}: claimed by {by}, and not found; see {CLAIMED_FEATURES}")
    if of_uploads := sorted(named & offer.unseen & OF_UPLOADS):
        raise Untestable(
            f"{', '.join(of_uploads)}: claimed by {CLAIMS}, and only uploads show it: this run publishes nothing"
        )
    if unseen := sorted(named & offer.unseen):
        raise Untestable(
            f"{', '.join(unseen)}: claimed by {CLAIMS}, and nothing that this run looks at has to show it: name "
            "projects that do (--read-only --project NAME), or a driver (docs/drivers.md)"
        )


def with_claims(
    run: Run, offer: OfferedFeatures, projects: tuple[str, ...], only: frozenset[str] | None = None
) -> OfferedFeatures:
    """Return the offer with the claims of the target that were not found, as far as the chosen requirements need.

    Projects that the owner has named show what is claimed; of others that is not certain.
    """
    target, named = run.target, bool(run.options.projects)
    claimed = dict.fromkeys(target.features & EVIDENCE.keys(), CLAIMS) | _of_gitlab(target, offer)
    if not _is_needed("group", only):
        claimed.pop("group", None)
    unseen = set() if named else {*OF_SOME_PROJECTS}
    if "upload" not in offer.features:
        unseen |= OF_UPLOADS if named else OF_UPLOADS | OF_SOME_FILES
    if not target.has_json_api:
        unseen |= {"json-api"}
    unseen &= claimed.keys() - offer.features
    signs = {feature: _sign(feature, run, offer, projects[0]) for feature in sorted(claimed.keys() - unseen)}
    lost = {feature: claimed[feature] for feature, sign in signs.items() if sign is Sign.MISSING}
    failing = frozenset(feature for feature, sign in signs.items() if sign is Sign.ERROR)
    return replace(
        offer,
        features=(offer.features | failing) - lost.keys(),
        claimed=frozenset(signs.keys() - failing),
        lost=lost,
        failing=failing,
        unseen=frozenset(unseen),
    )


def _of_gitlab(target: Target, offer: OfferedFeatures) -> dict[str, str]:
    """Return what the profile and [gitlab-projects] claim, each with where."""
    rest = {"rest": f"the profile {target.profile.name}"} if target.has_gitlab_api else {}
    group = {"group": "[gitlab-projects] in registry.toml"} if GROUP in target.gitlab_projects else {}
    return {feature: by for feature, by in (rest | group).items() if feature in offer.features}


def _is_needed(feature: str, only: frozenset[str] | None) -> bool:
    """Tell whether one of the chosen requirements asks for a feature."""
    if only is None or CLAIMED_FEATURES in only:
        return True
    return any(feature in features_in(row.feature) for row in catalogue() if row.id in only)


def _sign(feature: str, run: Run, offer: OfferedFeatures, project: str) -> Sign:
    """Return whether a feature is there. A server error tells nothing of that: it is a finding of what needs it."""
    if feature in offer.features - OF_GITLAB.keys():
        return Sign.FOUND
    # Whatever is wrong with a form, all else is read in the other.
    if feature in offer.unknown or feature in FORMS:
        return Sign.ERROR if feature in offer.unknown else Sign.MISSING
    if feature == "local-versions":
        upload = run.corpus.published.get("version-local")
        return Sign.ERROR if upload and upload.status >= SERVER_ERRORS else Sign.MISSING
    signs = set()
    for ask in (_asked, _asked_otherwise) if feature in OF_GITLAB else (_asked,):
        try:
            answer = ask(feature, run.registry, offer, project)
        except BadAnswer:
            signs.add(Sign.ERROR)
            continue
        except Throttled:  # perhaps of this address only: the next request shows whether it is of all
            run.session.budget.accept()
            return Sign.ERROR
        if feature in OF_GITLAB and _is_there(answer):
            return Sign.FOUND
        signs.add(Sign.ERROR if answer.is_server_error else Sign.MISSING)
    return Sign.ERROR if Sign.ERROR in signs else Sign.MISSING


def _asked(feature: str, registry: RegistryClient, offer: OfferedFeatures, project: str) -> Answer:
    accept = TEXT_HTML if "html" in offer.features else JSON_V1
    file = None
    if feature == "range":
        with suppress(Deviation):
            file = next((each.url for each in registry.project_page(project).files), None)
    return evidence_of(feature, registry, project, accept=accept, file=file)


def _asked_otherwise(feature: str, registry: RegistryClient, _: OfferedFeatures, project: str) -> Answer:
    """Ask once more, elsewhere: GitLab's API and the index of a group have more than one address."""
    return (
        GitLab(registry).call("GET", "") if feature == "rest" else registry.in_group().project_answer(project)
    )


def _is_there(answer: Answer) -> bool:
    """Tell whether a feature is there. A credential that is refused is no sign that it is not."""
    return answer.status in {200, 401, 403}
