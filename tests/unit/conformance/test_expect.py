"""Assertion helpers name what was expected, what came, and where; and pass what is right."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from conformance.clients import ClientRun
from conformance.corpus import Corpus, Published, planned
from conformance.kit import expect
from conformance.pages import FileLink, ProjectPage
from conformance.verdicts import Deviation, Untestable
from reference_server.distributions import wheel

from .answers import answer_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.wire import Answer

WHEEL = wheel("demo", "1.0")


def answer(status: int, content: bytes = b"") -> Answer:
    return answer_of(content, status=status, number=7)


def page(*filenames: str) -> ProjectPage:
    files = tuple(FileLink(filename=name, url="", hashes={}, requires_python=None) for name in filenames)
    return ProjectPage(files=files, where="the page")


def client(exit_code: int, *, timed_out: bool = False) -> ClientRun:
    return ClientRun(
        client="pip",
        version="1",
        command=("pip", "install"),
        exit_code=exit_code,
        stdout="some words",
        stderr="",
        duration=1.0,
        timed_out=timed_out,
    )


@pytest.mark.parametrize(
    "passes",
    [
        lambda: expect.status(answer(404), 400, 404),
        lambda: expect.accepted(answer(201)),
        lambda: expect.refused(answer(413)),
        lambda: expect.forbidden(answer(404)),
        lambda: expect.equal(1, 1, of="a number", where="here"),
        lambda: expect.contains("File Name taken", "name TAKEN", of="a message", where="here"),
        lambda: expect.rule("nothing to be wrong", broken_by=[], where="here"),
        lambda: expect.each([2, 4], "to be even", lambda number: number % 2 == 0, of="number", where="here"),
        lambda: expect.rule_on_each([page("a")], "no problem", broken_by=lambda _: []),
        lambda: expect.answered(answer(500), to="GET /"),
        lambda: expect.no_server_error(answer(499)),
        lambda: expect.listed(page("a", "b"), ["a"]),
        lambda: expect.not_listed(page("a"), ["b"]),
        lambda: expect.same_bytes(answer(200, WHEEL.content), WHEEL),
        lambda: expect.succeeded(client(0)),
        lambda: expect.gave_up(client(1)),
        lambda: expect.says(client(1), "somewords"),
    ],
)
def test_what_is_right_passes(passes: Callable[[], None]) -> None:
    passes()


@pytest.mark.parametrize(
    ("deviates", "expected", "found"),
    [
        (lambda: expect.status(answer(500, b"oops"), 400, 404), "status 400 or 404", "status 500: oops"),
        (lambda: expect.accepted(answer(302)), "(2xx)", "302"),
        (lambda: expect.refused(answer(201)), "(4xx)", "201"),
        (lambda: expect.refused(answer(500)), "(4xx)", "500"),
        (lambda: expect.forbidden(answer(200)), "401, 403 or 404", "200"),
        (lambda: expect.equal(2, 1, of="a number", where="here"), "a number to be 1", "2"),
        (lambda: expect.equal(None, 1, of="a number", where="here"), "a number to be 1", "nothing"),
        (lambda: expect.contains("", "taken", of="a message", where="here"), "'taken'", "nothing"),
        (
            lambda: expect.rule("every x to be y", broken_by=["x", "z"], where="here"),
            "every x to be y",
            "x\nz",
        ),
        (
            lambda: expect.rule("no number", broken_by=range(1, 20), where="here"),
            "no number",
            "9\n10\nand 9 more",
        ),
        (
            lambda: expect.each(
                [1, 2], "to be even", lambda number: number % 2 == 0, of="number", where="here"
            ),
            "every number to be even",
            "1",
        ),
        (
            lambda: expect.rule_on_each([page("a")], "an empty page", broken_by=lambda each: each.filenames),
            "an empty page",
            "a",
        ),
        (lambda: expect.answered(None, to="GET /"), "an answer", "closed or silent"),
        (lambda: expect.no_server_error(answer(500)), "below 500", "status 500"),
        (lambda: expect.listed(page("a"), ["a", "b"]), "to list b", "a"),
        (lambda: expect.listed(page(), ["b"]), "to list b", "without files"),
        (lambda: expect.not_listed(page("a"), ["a"]), "without", "a"),
        (lambda: expect.same_bytes(answer(200, b"other"), WHEEL), WHEEL.sha256, "5 bytes"),
        (lambda: expect.same_bytes(answer(206, WHEEL.content), WHEEL), WHEEL.sha256, "status 206"),
        (lambda: expect.succeeded(client(1)), "exit code 0", "exit code 1: some words"),
        (lambda: expect.gave_up(client(0)), "exit code 1", "exit code 0"),
        (lambda: expect.gave_up(client(1, timed_out=True)), "exit code 1", "no end within 1 s"),
        (lambda: expect.says(client(1), "other words"), "'other words'", "some words"),
    ],
)
def test_what_is_wrong_is_told(deviates: Callable[[], None], expected: str, found: str) -> None:
    with pytest.raises(Deviation) as raised:
        deviates()
    assert expected in raised.value.expected
    assert found in raised.value.found
    assert raised.value.where


def test_output_of_a_client_is_cut_at_a_line_break() -> None:
    run = replace(client(1), stdout="\n".join(f"    line {number}" for number in range(100)))
    with pytest.raises(Deviation) as raised:
        expect.succeeded(run)
    first, *rest = raised.value.found.splitlines()
    assert re.fullmatch(r"exit code 1: …line \d+", first)
    assert rest[-1] == "line 99"


def test_several_requests_are_named_one_a_line() -> None:
    line = "GET http://host/ as default → 200 Reason [7]"
    assert expect.requests([answer(200), answer(200)]) == f"{line}\n{line}"


def test_one_line_of_a_page_is_quoted() -> None:
    with pytest.raises(Deviation) as raised:
        expect.status(answer(200, b"<!DOCTYPE html>\n<html>"), 304)
    assert raised.value.found == "status 200: <!DOCTYPE html> …"


@pytest.mark.parametrize("names", [("a", "b", "c"), ("c", "a", "b")])
def test_the_order_on_a_page_is_no_part_of_a_deviation(names: tuple[str, ...]) -> None:
    """A server that lists its folder has another order after each start, and the same deviation."""
    with pytest.raises(Deviation) as listed:
        expect.rule_on_each(
            [page(*names)], "an empty page", broken_by=lambda each: [f.filename for f in each.files]
        )
    links = "".join(f'<a href="{name}">{name}</a>' for name in names)
    with pytest.raises(Deviation) as quoted:
        expect.status(answer(200, f"<html><body>{links}</body></html>".encode()), 406)
    assert (listed.value.found, quoted.value.found) == ("a\nb\nc", "status 200: <html><body> …")


def test_the_corpus_tells_why_a_distribution_is_missing() -> None:
    distribution = planned("abcdefgh")["main-wheel"]
    refused = Published(distribution=distribution, status=400, where="POST …", text="no", accepted=False)
    corpus = Corpus("abcdefgh", {"main-wheel": refused})
    with pytest.raises(Untestable, match="refused: 400 no"):
        corpus["main-wheel"]
    with pytest.raises(Deviation, match="accepted"):
        expect.published(corpus, "main-wheel", on=page())
    assert corpus.distributions_of("main-wheel") == []


def test_the_same_run_id_gives_the_same_corpus() -> None:
    assert planned("abcdefgh") == planned("abcdefgh")
    assert all("abcdefgh" in distribution.filename for distribution in planned("abcdefgh").values())
    assert all("abcdefgh" in distribution.name for distribution in planned("abcdefgh").values())
