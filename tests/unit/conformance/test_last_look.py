"""After a load, what could not be read is not held against the registry; what is missing to the end is."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, cast

from conformance.load import settled
from conformance.load.listing import differing, listed
from conformance.load.settled import SettledLook
from conformance.pages import JSON_V1, TEXT_HTML, FileLink, ProjectPage
from conformance.wire import Answer, Unreachable
from conformance.wire.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pytest

    from conformance.target.registry_client import RegistryClient

CONTENT = b"content"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
PAGE = f'<a href="/a.whl#sha256={DIGEST.upper()}">a.whl</a>'.encode()
ACCEPTED = {"a.whl": frozenset({DIGEST})}


def answer(status: int, content: bytes = b"", content_type: str = "text/html") -> Answer:
    return Answer(
        method="GET",
        url="http://127.0.0.1/p/",
        credential="default",
        status=status,
        reason="",
        headers={"Content-Type": content_type},
        content=content,
        exchange=Exchange(request="GET", credential="default", status=status),
    )


class Registry:
    """Answers in turn with what it was given for HTML pages and for files, and has no JSON."""

    def __init__(
        self, pages: list[Answer | Exception], files: list[Answer | Exception], *, json: int = 406
    ) -> None:
        self._json = json
        self._pages, self._files = self._last_repeated(pages), self._last_repeated(files)

    @staticmethod
    def _last_repeated(answers: list[Answer | Exception]) -> Iterator[Answer | Exception]:
        yield from answers
        while True:
            yield answers[-1]

    def project_url(self, name: str) -> str:
        return f"http://127.0.0.1/{name}/"

    def is_unknown(self, answer: Answer) -> bool:
        return answer.status == 404

    def request(self, _: str, url: str, *, headers: dict[str, str], **__: object) -> Answer:
        if headers["Accept"] == JSON_V1:
            return answer(self._json)
        found = next(self._files if url.endswith("whl") else self._pages)
        if isinstance(found, Exception):
            raise found
        return found

    def root_answer(self, *, fresh: bool) -> Answer:
        assert fresh
        return answer(502)


def look(
    pages: list[Answer | Exception], files: list[Answer | Exception], *, seconds: float = 30
) -> SettledLook:
    registry = cast("RegistryClient", Registry(pages, files))
    return SettledLook(registry, time.monotonic, time.monotonic() + seconds, beyond=False)


def test_what_passes_within_the_settle_time_is_no_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settled, "PAUSE", 0)
    passing: list[Answer | Exception] = [Unreachable("reset"), answer(502), answer(404)]
    found = look([*passing, answer(200, PAGE)], [*passing, answer(200, CONTENT)]).project("p", ACCEPTED)
    assert (found.listed, found.served, found.unread) == ({"a.whl": DIGEST}, {"a.whl": DIGEST}, "")


def test_what_cannot_be_read_is_unknown_and_what_stays_missing_is_gone() -> None:
    lost = look([Unreachable("reset")], [], seconds=-1).project("p", ACCEPTED)
    assert (lost.was_read, lost.unread) == (False, "reset")
    down = look([answer(200, PAGE)], [answer(502)], seconds=-1).project("p", ACCEPTED)
    assert (down.was_read, dict(down.served)) == (True, {})
    gone = look([answer(200, PAGE)], [answer(404)], seconds=-1).project("p", ACCEPTED)
    assert gone.served == {"a.whl": ""}


def test_files_on_other_machines_and_a_list_that_cannot_be_read_are_left_out() -> None:
    elsewhere = answer(200, PAGE.replace(b'"/', b'"https://files.example.com/'))
    looking = look([elsewhere], [answer(404)], seconds=-1)
    assert dict(looking.project("p", ACCEPTED).served) == {}
    assert looking.downloads == 0
    assert looking.projects(frozenset({"p"}))[0] is None


def page(**hashes: Mapping[str, str]) -> ProjectPage:
    files = [
        FileLink(filename=name, url="", hashes=each, requires_python=None) for name, each in hashes.items()
    ]
    return ProjectPage(files=tuple(files), where="")


def test_a_hash_in_one_form_only_contradicts_nothing() -> None:
    assert differing(page(a={}, b={"md5": "1"}), page(a={"sha256": "1"}, b={"md5": "1"})) == []
    different = differing(page(a={"sha256": "2"}, b={}), page(a={"sha256": "1"}, c={}))
    assert [each.split(",")[0] for each in different] == ["b", "c", "sha256 of a: '2' in HTML"]
    assert listed(None) == {}


def test_a_form_that_the_registry_lacks_is_not_empty_where_it_answers_404() -> None:
    for forms, json in [((TEXT_HTML,), None), ((TEXT_HTML, JSON_V1), {})]:
        registry = cast("RegistryClient", Registry([answer(200, PAGE)], [answer(404)], json=404))
        looking = SettledLook(registry, time.monotonic, time.monotonic() - 1, forms=forms)
        found = looking.project("p", ACCEPTED)
        assert (found.html is not None, found.json and listed(found.json)) == (True, json)
