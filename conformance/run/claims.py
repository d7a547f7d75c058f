"""What a target claims to offer, against what the probe has found.

A claim that is found nowhere is one finding, of one row; what needs it is not judged because of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.catalogue.features import features_in
from conformance.report.check_result import CLAIMED_FEATURES
from conformance.target import GROUP
from conformance.target.claims import EVIDENCE, OF_SOME_FILES, OF_SOME_PROJECTS, OF_UPLOADS
from conformance.target.gitlab import GitLab
from conformance.verdicts import Untestable
from conformance.wire import BadAnswer

if TYPE_CHECKING:
    from conformance.run.features import OfferedFeatures
    from conformance.target import Target
    from conformance.target.registry_client import RegistryClient
    from conformance.wire import Answer

CLAIMS = "`features` in registry.toml"


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
    registry: RegistryClient, offer: OfferedFeatures, projects: tuple[str, ...], *, named: bool
) -> OfferedFeatures:
    """Return the offer with the claims of the target that were not found.

    `named` projects were chosen by the owner, and show what is claimed; of others that is not certain.
    """
    target = registry.target
    claimed = dict.fromkeys(target.features & EVIDENCE.keys(), CLAIMS) | _of_gitlab(target, offer)
    unseen = set() if named else {*OF_SOME_PROJECTS}
    if "upload" not in offer.features:
        unseen |= OF_UPLOADS if named else OF_UPLOADS | OF_SOME_FILES
    if not target.has_json_api:
        unseen |= {"json-api"}
    unseen &= claimed.keys() - offer.features
    looked_for = {feature: by for feature, by in claimed.items() if feature not in unseen}
    lost = {
        feature: by for feature, by in looked_for.items() if not _is_found(feature, registry, offer, projects)
    }
    return replace(
        offer,
        features=offer.features - lost.keys(),
        claimed=frozenset(looked_for),
        lost=lost,
        unseen=frozenset(unseen),
    )


def _of_gitlab(target: Target, offer: OfferedFeatures) -> dict[str, str]:
    """Return what the profile and [gitlab-projects] claim, each with where."""
    rest = {"rest": f"the profile {target.profile.name}"} if target.has_gitlab_api else {}
    group = {"group": "[gitlab-projects] in registry.toml"} if GROUP in target.gitlab_projects else {}
    return {feature: by for feature, by in (rest | group).items() if feature in offer.features}


def _is_found(
    feature: str, registry: RegistryClient, offer: OfferedFeatures, projects: tuple[str, ...]
) -> bool:
    """Tell whether a feature is there. A credential that is refused is no sign that it is not."""
    try:
        if feature == "rest":
            gitlab = GitLab(registry)
            return any(_is_there(gitlab.call("GET", path)) for path in ("", "/packages"))
        if feature == "group":
            group = registry.in_group()
            return any(map(_is_there, (group.root_answer(), *map(group.project_answer, projects[:1]))))
    except BadAnswer:
        return False
    return feature in offer.features


def _is_there(answer: Answer) -> bool:
    return answer.status in {200, 401, 403}
