"""What answers must not repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.checks.auth.support import WRONG, leaks, with_wrong
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.registry import DEFAULT
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Corpus, NewName, Registry


@check("auth.error-no-leak")
def test_error_no_leak(registry: Registry, corpus: Corpus, new_name: NewName) -> None:
    registry = with_wrong(registry)
    secrets = {name: registry.target.credentials[name] for name in (DEFAULT, WRONG)}
    page = registry.project_url(corpus["main-wheel"].name)
    answers = [
        *(registry.root_answer(as_=name) for name in secrets),
        *(registry.project_answer(corpus.main, as_=name) for name in secrets),
        *(registry.project_answer(f"conformance-{corpus.run_id}-absent", as_=name) for name in secrets),
        *(registry.request(method, page, as_=name) for method in ("HEAD", "PUT") for name in secrets),
        registry.upload(wheel(new_name("leak"), "1.0"), as_=WRONG),
    ]
    repeated = [place for answer in answers for place in leaks(answer, secrets)]
    expect.nothing(of=repeated, is_="that repeats a password", where=registry.target.url)
