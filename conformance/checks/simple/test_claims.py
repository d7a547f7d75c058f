"""What the owner of a registry claims that it offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.registry import EVIDENCE, OF_GITLAB, evidence_of
from conformance.verdicts import NotApplicable, Untestable

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index, RegistryClient, Run
    from conformance.kit.http import Answer

FOUND_BY = EVIDENCE | OF_GITLAB


@check("simple.claimed-features")
def test_claimed_features(run: Run, registry: RegistryClient, index: Index) -> None:
    """Asked for once more, for the answers: the probe has looked in each way that would do."""
    offer = run.offer
    if offer.failing and not offer.claimed:
        failing = ", ".join(sorted(offer.failing))
        raise Untestable(f"the registry answers with errors of its own where these would be found: {failing}")
    if not offer.claimed:
        raise NotApplicable("registry.toml claims nothing that can be looked for")
    answers = {feature: _asked(feature, registry, index) for feature in sorted(offer.lost)}
    expect.rule(
        f"what is claimed: {', '.join(sorted(offer.claimed))}",
        broken_by=[
            f"claimed by {offer.lost[feature]} and not found: {feature} ({FOUND_BY[feature]}){_error(answer)}"
            for feature, answer in answers.items()
        ],
        where=expect.requests(dict.fromkeys(answers.values())),
    )


def _error(answer: Answer) -> str:
    return f", but status {answer.status}" if answer.is_server_error else ""


def _asked(feature: str, registry: RegistryClient, index: Index) -> Answer:
    files = [file.url for page in index.pages() for file in page.files] if feature == "range" else []
    return evidence_of(
        feature,
        registry,
        index.project,
        accept=index.media_type,
        file=next(iter(files), None),
        fresh=True,
    )
