"""The form of a page: by its media type, and by its body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.pages import HTML_V1, JSON_V1, TEXT_HTML, read_json
from conformance.verdicts import Deviation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from conformance.kit.http import Answer

FORMS: Mapping[str, str] = {JSON_V1: "json", HTML_V1: "html", TEXT_HTML: "html"}
"""What each media type is written in: the two of HTML are aliases of each other."""


def form_of(answer: Answer) -> str | None:
    """Return `json` or `html` when a page came, as its Content-Type has it; None for anything else."""
    return FORMS.get(answer.content_type) if answer.status == 200 else None


def forms_of(media_types: Iterable[str]) -> frozenset[str]:
    """Return what these media types are written in."""
    return frozenset(FORMS[media_type] for media_type in media_types)


def typed(answers: Iterable[Answer], *media_types: str) -> None:
    """Require that every answer is a page of one of these types."""
    wrong = [answer for answer in answers if answer.status != 200 or answer.content_type not in media_types]
    _deviating(wrong, expected="every page to be of type " + " or ".join(media_types))


def written_in(answers: Iterable[Answer], *forms: str) -> None:
    """Require that every answer is a page in one of these forms, `json` or `html`.

    The body decides where the media type is none of the simple API: that is for the checks of media types.
    """
    wrong = [answer for answer in answers if (form_of(answer) or _form_of_body(answer)) not in forms]
    _deviating(wrong, expected="every page to be in " + " or ".join(map(str.upper, sorted(forms))))


def truthful(answers: Iterable[Answer]) -> None:
    """Require that every page has one of the types of the simple API, and a body of that type."""
    wrong = [answer for answer in answers if answer.status == 200 and not _is_what_it_says(answer)]
    _deviating(wrong, expected=f"every page to be of type {' or '.join(FORMS)}, with a body of that type")


def _is_what_it_says(answer: Answer) -> bool:
    form = form_of(answer)
    if form == "json":
        return _is_json(answer)
    return form == "html" and _is_markup(answer)


def _form_of_body(answer: Answer) -> str | None:
    if answer.status != 200 or answer.content_type in FORMS:
        return None
    return "json" if _is_json(answer) else "html" if _is_markup(answer) else None


def _is_json(answer: Answer) -> bool:
    return isinstance(read_json(answer.content).data, dict)


def _is_markup(answer: Answer) -> bool:
    return answer.text.lstrip("\ufeff \t\r\n\f").startswith("<")


def _deviating(answers: list[Answer], *, expected: str) -> None:
    if answers:
        raise Deviation(
            expected=expected,
            found="\n".join(map(_described, answers)),
            where="\n".join(dict.fromkeys(map(str, answers))),
        )


def _described(answer: Answer) -> str:
    sent = answer.exchange.request_headers
    accept = f"Accept: {sent['Accept']}" if "Accept" in sent else "no Accept"
    media_type = answer.headers.get("Content-Type", "no Content-Type")
    return f"status {answer.status}, {media_type}, {answer.excerpt(40)!r}… for {accept}"
