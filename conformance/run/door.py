"""The door of a run: it ends here without an answer, without permission, or without a way to publish."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from conformance.corpus import Corpus, Published, planned
from conformance.run.listing import is_listed
from conformance.run.run import CannotJudge
from conformance.target import ANONYMOUS
from conformance.target.clock import skew_text
from conformance.target.redirects import leads_to
from conformance.verdicts import ExitCode
from conformance.wire import BadAnswer

if TYPE_CHECKING:
    from conformance.target import Target
    from conformance.target.registry_client import RegistryClient
    from conformance.wire import Answer
    from reference_server.distributions import Distribution

_MARKUP = re.compile(r"<(style|script)\b.*?(</\1>|$)|<[^>]*(>|$)", re.DOTALL | re.IGNORECASE)

LISTED_WITHIN = 10.0
"""Seconds that a run waits for its first upload to be listed; then it goes on all the same."""

LONGER = 3
"""How many times as long it waits where there is no index at all: one without a root page may list uploads late."""

PAUSE = 0.2
"""Seconds between two looks at the index."""


def try_credential(registry: RegistryClient, run_id: str) -> str:
    """Ask for a project that cannot exist, with the credential: only a rejection ends the run here.

    Returns a note on the clock of the target where it is wrong, or ours is; otherwise nothing.
    """
    try:
        answer = absent_page(registry, run_id)
    except BadAnswer:  # a finding of the checks that ask for pages
        return ""
    if answer.status == 401:
        raise CannotJudge(f"the index {_rejection(answer, registry.target)}", ExitCode.USAGE)
    different = skew_text(answer.headers.get("Date"), now=datetime.now(UTC))
    return different and f"The checks go by the clock of the registry: {different}."


def absent_page(registry: RegistryClient, run_id: str, *, fresh: bool = False) -> Answer:
    """Ask with the credential for the page of a project that cannot exist; see `RegistryClient.project_answer`."""
    return registry.project_answer(f"conformance-{run_id}-absent", fresh=fresh)


def publish(registry: RegistryClient, run_id: str) -> Corpus:
    """Publish the corpus, and wait a while until it is listed. Raises CannotJudge if no upload is accepted."""
    published: dict[str, Published] = {}
    plan = planned(run_id)
    for role, distribution in plan.items():
        answer, item = _published(registry, distribution)
        if not published:
            _require_upload_url(answer, registry.target)
        published[role] = item
        if item.accepted:
            _require_registry(registry, run_id, answer)
            with suppress(BadAnswer):  # a finding of the checks that ask for pages
                if not await_listing(registry, item):
                    _require_index(registry, item)
            break
    else:
        raise _nothing_accepted(answer)
    others = {role: distribution for role, distribution in plan.items() if role not in published}
    for project in registry.for_each(partial(_publish_project, registry), _by_project(others)):
        published |= project
    return Corpus(run_id, {role: published[role] for role in plan})


def _by_project(distributions: dict[str, Distribution]) -> list[dict[str, Distribution]]:
    """Return distributions by role, apart for each project: two uploads to one project at once would be a race."""
    projects: dict[str, dict[str, Distribution]] = {}
    for role, distribution in distributions.items():
        projects.setdefault(distribution.name, {})[role] = distribution
    return [*projects.values()]


def _publish_project(
    registry: RegistryClient, distributions: dict[str, Distribution]
) -> dict[str, Published]:
    return {role: _published(registry, distribution)[1] for role, distribution in distributions.items()}


def _published(registry: RegistryClient, distribution: Distribution) -> tuple[Answer, Published]:
    answer = registry.upload(distribution)
    item = Published(
        distribution=distribution,
        status=answer.status,
        where=str(answer),
        text=answer.failure or answer.excerpt(),
        accepted=answer.is_success,
    )
    return answer, item


def await_listing(registry: RegistryClient, item: Published, *, within: float | None = None) -> bool:
    """Wait until an upload is listed, on a page of whatever name, for `within` seconds at most (`LISTED_WITHIN`).

    What is listed wrongly, late or not at all is for the checks to judge. Returns whether it is listed.
    """
    started = time.monotonic()
    if registry.settling.limit and is_listed(registry, item.distribution):
        return True  # its readers have waited, and measured for how long
    while time.monotonic() < started + (LISTED_WITHIN if within is None else within):
        time.sleep(PAUSE)
        if is_listed(registry, item.distribution):
            registry.settling.note(time.monotonic() - started)
            return True
    return False


def _require_index(registry: RegistryClient, item: Published) -> None:
    """Refuse an index that has neither a root page nor the page of an accepted upload: it is elsewhere."""
    pages = (registry.root_answer(fresh=True), registry.project_answer(item.distribution.name, fresh=True))
    if any(page.status != 404 for page in pages):
        return
    if await_listing(registry, item, within=(LONGER - 1) * LISTED_WITHIN):
        return
    raise CannotJudge(
        f"uploads are accepted, but there is no index at {registry.target.index_url}: {summary(pages[1])}\n"
        "Give --index-url if the index is elsewhere; raise --settle if the registry lists uploads later than "
        f"{max(LONGER * LISTED_WITHIN, registry.settling.limit):g} s.",
        ExitCode.USAGE,
    )


def _require_upload_url(answer: Answer, target: Target) -> None:
    if answer.status in {401, 403}:
        raise CannotJudge(f"the upload URL {_rejection(answer, target)}", ExitCode.USAGE)
    if location := leads_to(answer):
        raise CannotJudge(
            f"uploads are redirected to {location}: {summary(answer)}\n"
            "Give the URL that they are redirected to: twine does not follow redirects of uploads.",
            ExitCode.USAGE,
        )
    if answer.status in {404, 405} or 300 <= answer.status < 400:
        raise CannotJudge(
            f"this is not an upload URL: {summary(answer)}\n"
            "Give the URL that `twine upload --repository-url` takes, or its --layout; "
            "`registry-conformance doctor` looks for it.",
            ExitCode.USAGE,
        )


def _rejection(answer: Answer, target: Target) -> str:
    """Return a predicate about a rejected request, and the next step."""
    if answer.credential == ANONYMOUS:
        return (
            f"asks for a credential: {summary(answer)}\n"
            "Give --username and --password, or their environment variables."
        )
    return (
        f"rejects the credential {answer.credential!r}: {summary(answer)}\n"
        "Check the user name, the password or token, its scopes and the user's role. A web server in front has to "
        "pass on Authorization. "
        f"{target.encoding_hint(answer.credential)}"
    ).rstrip()


def _require_registry(registry: RegistryClient, run_id: str, upload: Answer) -> None:
    """Refuse a website that answers everything with one page: an upload there publishes nothing."""
    try:
        absent = absent_page(registry, run_id)
    except BadAnswer:
        return
    if (absent.status, absent.content) == (upload.status, upload.content):
        raise CannotJudge(
            f"this is not a registry: it answers an upload as it answers {absent.exchange.request}, with "
            f"{summary(absent).partition(' → ')[2]}\nCheck the URL; `registry-conformance doctor` helps.",
            ExitCode.USAGE,
        )


def _nothing_accepted(answer: Answer) -> CannotJudge:
    if answer.status == 202:
        message = (
            f"the registry accepts uploads for processing, and none came to anything: {answer.failure}\n"
            "If processing takes longer, raise --settle."
        )
    elif answer.status >= 500:
        message = f"the registry returns a server error: {summary(answer)}\nRepair it, then run again."
    else:
        message = (
            f"every upload was rejected; the last answer: {summary(answer)}\n"
            "Judging needs at least one project."
        )
    return CannotJudge(message, ExitCode.TOO_LITTLE_JUDGED)


def summary(answer: Answer) -> str:
    """Return an answer in one line, without markup."""
    text = " ".join(_MARKUP.sub(" ", answer.exchange.response_body).split())
    return f"{answer.exchange.request} → {answer.status_line} {text[:160]}".strip()
