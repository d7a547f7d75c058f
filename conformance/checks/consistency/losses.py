"""What pages and lists lack of what stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.verdicts import Untestable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conformance.kit.http import Answer


def losses(lacking: Mapping[Answer, list[str]], *, errors: Sequence[Answer]) -> dict[Answer, list[str]]:
    """Return the answers that lack anything, with what they lack; `errors` are the pages that were not answered.

    Raises Untestable where nothing is lost, and a page is answered with an error.
    """
    lost = {answer: lacks for answer, lacks in lacking.items() if lacks}
    if errors and not lost:
        raise Untestable(f"a page is answered with an error, which says nothing about its files: {errors[0]}")
    return lost
