"""What the doctor observes about the forms that registry.toml claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.pages import JSON_V1, TEXT_HTML
from conformance.target.observations import Observation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.target import Target
    from conformance.wire import Answer

FORMS = {"html": TEXT_HTML, "json": JSON_V1}


def claim_observations(target: Target, url: str, get: Callable[[str, str], Answer]) -> Iterator[Observation]:
    """Ask for a page in each form that is claimed. What else is claimed takes uploads to look for, as a run does."""
    for form, media_type in FORMS.items():
        if form not in target.features:
            continue
        answer = get(url, media_type)
        if not (answer.status == 200 and answer.content_type.endswith(form)):
            kind = answer.content_type or "no Content-Type"
            yield Observation(
                about="claims",
                seen=f"{form}: {answer.exchange.request} with Accept: {media_type} returned {answer.status_line}, "
                f"{kind}",
                change=f"remove {form!r} from `features`, or see why its pages are gone: a run fails "
                "`simple.claimed-features`",
            )
