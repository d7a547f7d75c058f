"""What the owner of a registry claims that it offers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import Follow
from conformance.kit.registry import ANONYMOUS, EVIDENCE, OF_GITLAB, GitLab
from conformance.pages import JSON_V1, TEXT_HTML
from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.fixtures import Index, RegistryClient, Run
    from conformance.kit.http import Answer

LATEST_JSON = "application/vnd.pypi.simple.latest+json"
BY_PARAMETER = urlencode({"format": JSON_V1})
A_PART = {"Range": "bytes=0-0"}
FOUND_BY = EVIDENCE | OF_GITLAB


@check("simple.claimed-features")
def test_claimed_features(run: Run, registry: RegistryClient, index: Index) -> None:
    """Asked for once more, for the answers: the probe has looked in each way that would do."""
    offer = run.offer
    if not offer.claimed:
        raise NotApplicable("registry.toml claims nothing that can be looked for")
    answers = {feature: _asked(feature, registry, index) for feature in sorted(offer.lost)}
    expect.rule(
        f"what is claimed: {', '.join(sorted(offer.claimed))}",
        broken_by=[
            f"claimed by {offer.lost[feature]} and not found: {feature} ({FOUND_BY[feature]})"
            for feature in answers
        ],
        where=expect.requests(dict.fromkeys(answers.values())),
    )


def _asked(feature: str, registry: RegistryClient, index: Index) -> Answer:
    """Ask for that in which a feature would be: of most, the page of a project."""
    name, url, accept = index.project, registry.project_url(index.project), index.media_type
    files = [file.url for page in index.pages() for file in page.files] if feature == "range" else []
    wanted = {"html": TEXT_HTML, "json": JSON_V1, "latest-alias": LATEST_JSON}.get(feature, accept)
    form = {"Accept": accept}
    ways: dict[str, Callable[[], Answer]] = {
        "rest": lambda: GitLab(registry).call("GET", "/packages"),
        "group": lambda: registry.in_group().root_answer(fresh=True),
        "project-list": lambda: registry.root_answer(fresh=True),
        "json-api": lambda: registry.request("GET", registry.target.description_url(name)),
        "format-param": lambda: registry.request("GET", f"{url}?{BY_PARAMETER}", headers=form),
        "redirect-normalized": lambda: registry.request("GET", registry.project_url(name.upper())),
        "auth-read": lambda: registry.project_answer(name, as_=ANONYMOUS, accept=accept, fresh=True),
    }
    if files:
        ways["range"] = partial(registry.request, "GET", files[0], headers=A_PART, follow=Follow.ANY_HOST)
    return ways.get(feature, lambda: registry.project_answer(name, accept=wanted, fresh=True))()
