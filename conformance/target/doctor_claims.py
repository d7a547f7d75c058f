"""What the doctor observes about the forms that registry.toml claims."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

from packaging.utils import canonicalize_name

from conformance.pages import HTML_V1, JSON_V1, TEXT_HTML
from conformance.target.answered_pages import is_html, is_json, root_in
from conformance.target.observations import Observation
from conformance.verdicts import Deviation
from conformance.wire import BadAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.target import Target
    from conformance.wire import Answer

TRIED = 3
"""Of how many listed projects the doctor asks for the page."""

FORMS = {"html": (TEXT_HTML, HTML_V1, "*/*"), "json": (JSON_V1,)}
"""By form: what a run accepts when it looks for a page in that form."""

SHOWN_BY = {"html": is_html, "json": is_json}


def claim_observations(
    target: Target, root: Answer, projects: tuple[str, ...], get: Callable[[str, str], Answer]
) -> Iterator[Observation]:
    """Ask for the pages of named projects, or of the first that are listed, in each form that is claimed.

    A claim is about pages of projects: the root page does not decide. What else is claimed takes uploads to look
    for, as a run does.
    """
    claimed = [form for form in FORMS if form in target.features]
    names = (projects or _listed(root)) if claimed else ()
    for form in claimed:
        answers: list[tuple[str, Answer]] = []
        for name in names:
            url = f"{target.index_url}{quote(canonicalize_name(name), safe='')}/"
            answers += [(accept, get(url, accept)) for accept in FORMS[form]]
            if any(answer.status == 200 and SHOWN_BY[form](answer) for _, answer in answers):
                break
        else:
            yield _unseen(form, answers)


def _listed(root: Answer) -> tuple[str, ...]:
    """Return the first projects that a root page lists; none where it is no page of an index."""
    if root.status != 200:
        return ()
    with suppress(BadAnswer, Deviation):
        names = (project.name.strip("/ \r\n\t") for project in root_in(root).projects)
        return tuple(dict.fromkeys(name for name in names if name))[:TRIED]
    return ()


def _unseen(form: str, answers: list[tuple[str, Answer]]) -> Observation:
    """Say why no page in a form was seen: it is lost only where the registry answered, and with something else."""
    if not answers:
        return Observation(
            about="claims",
            seen=f"{form}: no project is listed whose page shows it; name one with --project",
        )
    accept, answer = next((each for each in answers if _has_another_cause(each[1])), answers[0])
    kind = answer.content_type or "no Content-Type"
    seen = f"{form}: {answer.exchange.request} with Accept: {accept} returned {answer.status_line}"
    if _has_another_cause(answer):
        return Observation(
            about="claims",
            seen=f"{seen}, which does not show whether it is offered",
            change=_remedy(answer),
            unknown=answer.is_server_error,
        )
    return Observation(
        about="claims",
        seen=f"{seen}, {kind}",
        change=f"remove {form!r} from `features`, or see why its pages are gone: a run fails "
        "`simple.claimed-features`",
    )


def _has_another_cause(answer: Answer) -> bool:
    """Tell whether the cause is no form of a page, but a server error or the credential; 429 ends the command."""
    return answer.is_server_error or answer.status in {401, 403}


def _remedy(answer: Answer) -> str:
    if answer.is_server_error:
        return "the registry returns a server error: see its log"
    return "use a credential that may read this project"
