"""What answers must not repeat."""

from __future__ import annotations

import html
from base64 import b64encode
from itertools import product
from typing import TYPE_CHECKING
from urllib.parse import quote

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.credentials import WRONG, with_wrong_token
from conformance.kit.registry import DEFAULT
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.fixtures import Corpus, NewName, RegistryClient
    from conformance.kit.http import Answer, Credential


SHORTEST_SECRET = 6
"""Characters: a shorter password may stand in an answer by chance."""


@check("auth.error-no-leak")
def test_error_no_leak(registry: RegistryClient, corpus: Corpus, new_name: NewName) -> None:
    registry = with_wrong_token(registry)
    secrets = {name: registry.target.credentials[name] for name in (DEFAULT, WRONG)}
    page = registry.project_url(corpus["main-wheel"].name)
    asked: tuple[Callable[[str], Answer], ...] = (
        lambda name: registry.root_answer(as_=name),
        lambda name: registry.project_answer(corpus.main, as_=name),
        lambda name: registry.project_answer(f"conformance-{corpus.run_id}-absent", as_=name),
        lambda name: registry.request("HEAD", page, as_=name),
        lambda name: registry.request("PUT", page, as_=name),
    )
    answers = registry.read_each(lambda way: way[0](way[1]), [*product(asked, secrets)])
    answers.append(registry.upload(wheel(new_name("leak"), "1.0"), as_=WRONG))
    repeated = [place for answer in answers for place in leaks(answer, secrets)]
    expect.rule("every answer to keep passwords to itself", broken_by=repeated, where=registry.target.url)


def leaks(answer: Answer, secrets: Mapping[str, Credential]) -> list[str]:
    """Return where an answer repeats a password, never which one."""
    forms = {form for credential in secrets.values() for form in spellings(credential)}
    found = [
        f"a password in {name} of {answer}" for name, value in answer.headers.items() if _holds(value, forms)
    ]
    found += [f"a password in the reason phrase of {answer}"] if _holds(answer.reason, forms) else []
    return [*found, f"a password in the body of {answer}"] if _holds(answer.text, forms) else found


def spellings(credential: Credential) -> set[str]:
    """Return a token as it is, in a URL, in HTML and in a Basic header; nothing of a very short one."""
    token = credential.token
    if len(token) < SHORTEST_SECRET:
        return set()
    basic = b64encode(f"{credential.username}:{credential.password}".encode()).decode()
    return {token, quote(token, safe=""), html.escape(token), basic}


def _holds(text: str, forms: set[str]) -> bool:
    return any(form in text for form in forms)
