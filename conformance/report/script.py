"""A deviation as a script for Python alone: it repeats the requests and compares the answers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.catalogue import BY_CHANCE
from conformance.errors import UserError
from conformance.report.check_result import DEVIATING
from conformance.report.curl import ANONYMOUS, placeholder
from conformance.report.templates import own
from conformance.target.layouts import layouts
from conformance.wire.credential_patterns import SECRET_HEADERS
from conformance.wire.exchange import numbers_in
from conformance.wire.raw import NOT_WAITED_FOR

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from conformance.report.check_result import CheckResult
    from conformance.report.result import JudgedTarget, RunResult
    from conformance.wire.exchange import Exchange
    from conformance.wire.publication import Publication

SCRIPT, PARTS = "reproduce.py", ("answers", "comparing", "following", "logins", "renaming")
"""The script, and the modules that take the place of its imports of them."""
NAMED = 8
"""How many deviations are named in place of one that is not there."""
FUTURE = "from __future__ import annotations\n"
MADE_BY_API = frozenset({"short-lived"})
"""Credentials that exist during a check only."""

NO_CASE = 'r"""{}"""'
"""The placeholder of a case in the script."""

_REQUEST = re.compile(r"(?P<method>\S+) (?P<target>\S+)(?P<raw> \(over a plain socket\))?")


class NoScript(UserError):
    """The result has no such script; the message says why."""


def scripts(result: RunResult, ids: Iterable[str] = ()) -> dict[str, str]:
    """Return a script per requirement of these ids, or per deviation. Raises NoScript."""
    deviating = {finding.id: finding for finding in _deviations_with_requests(result)}
    wanted = list(ids) or list(deviating)
    if not wanted:
        raise NoScript("this result has no deviation with requests to repeat")
    for name in wanted:
        if name not in deviating:
            raise NoScript(_absent(result, name), _named(deviating))
    return {name: as_script(result, deviating[name]) for name in wanted}


def _absent(result: RunResult, name: str) -> str:
    verdict = next((each.verdict for each in result.results if each.id == name), None)
    if verdict in DEVIATING:
        return f"this result has no requests of {name} to repeat"
    found = f"its verdict is {verdict}" if verdict else "it was not judged"
    return f"this result has no deviation of {name!r}: {found}"


def _named(deviating: Collection[str]) -> str:
    """Return what to name instead, the worst first."""
    if not deviating:
        return "It has no deviation with requests."
    more = f" and {len(deviating) - NAMED} more" if len(deviating) > NAMED else ""
    return f"It has {', '.join(islice(deviating, NAMED))}{more}."


def as_script(result: RunResult, finding: CheckResult) -> str:
    """Return the script that repeats the requests of a check and compares the answers."""
    # The texts of a registry are ASCII within quotes there: JSON never has three of them in a row.
    case = json.dumps(case_of(result, finding), indent=1).replace("\x7f", "\\u007f")
    return _script().replace(NO_CASE, f'r"""{case}"""')


def _script() -> str:
    """Return the script without its case, in one file."""
    script = own(SCRIPT)
    for name in PARTS:
        _, future, part = own(f"{name}.py").partition(FUTURE)
        imported = re.search(
            rf"^from conformance\.report\.templates\.{name} import (?:\([^)]*\)|.*)\n", script, re.MULTILINE
        )
        assert future and imported  # noqa: S101, PT018 - files of ours
        script = script.replace(imported[0], part.strip() + "\n")
    return script


@dataclass(frozen=True, kw_only=True)
class ScriptParts:
    """The parts from which a page puts the scripts of these requirements together, as JSON."""

    ids: frozenset[str]
    json: str


def script_parts(result: RunResult, *, room: int) -> ScriptParts:
    """Return the parts of scripts, those of the worst deviations first, in at most `room` characters."""
    before, after = _script().split(NO_CASE)
    cases: dict[str, Any] = {}
    published: dict[str, Any] = {}
    room -= len(before) + len(after)
    for finding in _deviations_with_requests(result):
        case = case_of(result, finding)
        files = {each["request"]: each for each in case["published"] if each["request"] not in published}
        room -= len(json.dumps([case | {"published": list(finding.published)}, files], ensure_ascii=False))
        if room < 0:
            break
        published |= files
        cases[finding.id] = case | {"published": [each["request"] for each in case["published"]]}
    table = {"script": [before, after], "published": published, "cases": cases}
    return ScriptParts(ids=frozenset(cases), json=json.dumps(table, ensure_ascii=False))


def _deviations_with_requests(result: RunResult) -> list[CheckResult]:
    """Return the deviations that sent requests, the worst first."""
    return [finding for finding in result.of(*DEVIATING) if finding.exchanges]


def case_of(result: RunResult, finding: CheckResult) -> dict[str, Any]:
    """Return the data of the script for a deviation."""
    registry = _upload_url(result, finding)
    cited = numbers_in(f"{finding.found}\n{finding.where}")
    return {
        "id": finding.id,
        "run": result.run,
        "statement": finding.statement,
        "expected": finding.expected,
        "found": finding.found or finding.message,
        "where": finding.where,
        "affects": finding.affects,
        "source": finding.source,
        "registry": registry,
        "index": _index_elsewhere(result.target, registry),
        "others": [each for each in result.target.addresses if urlsplit(each)[:2] != urlsplit(registry)[:2]],
        "by chance": finding.area in BY_CHANCE,
        "embedded": result.target.embedded,
        "credentials": [*map(_variable, result.target.credentials)],
        "made from": f"{result.suite.name} {result.suite.version}, "
        f"run {result.run} of {result.started:%Y-%m-%d %H:%M %Z}",
        "published": [
            _upload(result.published[name]) for name in finding.published if name in result.published
        ],
        "requests": [
            _request(exchange, result.target.addresses) | {"cited": exchange.number in cited}
            for exchange in finding.exchanges
        ],
    }


def _is_index(url: str, asked: Iterable[str]) -> bool:
    """Return whether an upload went to the URL of an index by mistake: pages of projects are just below it."""
    page = re.compile(re.escape(url.rstrip("/")) + "/[^/]+/?")
    return any(page.fullmatch(each) for each in asked)


def _upload_url(result: RunResult, finding: CheckResult) -> str:
    """Return the URL that uploads go to; the registry's own where nothing was uploaded."""
    published = (each.url for each in result.published.values())
    requests = [match for each in finding.exchanges if (match := _REQUEST.fullmatch(each.request))]
    asked = [match["target"] for match in requests]
    tried = (match["target"] for match in requests if match["method"] == "POST" and not match["raw"])
    index = _index_url(result.target).rstrip("/")
    sent = chain(
        published, (each for each in tried if each.rstrip("/") != index and not _is_index(each, asked))
    )
    ours = result.target.upload_url or result.target.url
    return next((each for each in sent if each.startswith(ours)), ours)


def _index_elsewhere(target: JudgedTarget, registry: str) -> str:
    """Return the URL of the index, where it is on another host than uploads; else nothing."""
    index = _index_url(target)
    return index if index and urlsplit(index)[:2] != urlsplit(registry)[:2] else ""


def _index_url(target: JudgedTarget) -> str:
    """Return the URL of the index; nothing where it is not known."""
    kind = layouts().get(target.layout)
    return target.index_url or (kind.address(kind.index, target.url) if kind else "")


def _upload(publication: Publication) -> dict[str, Any]:
    return {
        "request": publication.filename,
        "method": "POST",
        "url": publication.url,
        "raw": False,
        "credential": _variable(publication.credential),
        "login": ["Authorization", "Basic"] if _variable(publication.credential) else [],
        "headers": [
            ["Content-Type", publication.content_type],
            ["Content-Length", str(len(publication.body.rstrip("=")) * 3 // 4)],
        ],
        "body": publication.body,
        "left_out": "",
        "answer_ignored": False,
        "ended": False,
        "status": 0,
        "answered": [],
        "answer": "",
        "asked_before": [*publication.asked_before],
    }


def _request(exchange: Exchange, addresses: tuple[str, ...]) -> dict[str, Any]:
    request = _REQUEST.fullmatch(exchange.request)
    raw = bool(request and request["raw"])
    url = request["target"] if request else ""
    if raw and (url.startswith("/") or not urlsplit(url).netloc):
        hosts = {parts.netloc: parts for parts in map(urlsplit, reversed(addresses))}
        parts = hosts.get(exchange.request_headers.get("Host", ""), urlsplit(addresses[0]))
        url = f"{parts.scheme}://{parts.netloc}{url}"
    login = _login(exchange)
    return {
        "request": exchange.request,
        "method": request["method"] if request else "",
        "url": url,
        "raw": raw,
        "credential": _variable(exchange.credential) if login else "",
        "login": login,
        "headers": [
            [name, value]
            for name, value in exchange.request_headers.items()
            if name.lower() not in SECRET_HEADERS
        ],
        "body": exchange.request_bytes,
        "left_out": _left_out(exchange, raw=raw, is_http=bool(urlsplit(url).netloc)),
        "answer_ignored": exchange.reason == NOT_WAITED_FOR,
        "ended": exchange.sending_ended,
        "status": exchange.status or 0,
        "answered": [[name, value] for name, value in exchange.response_headers.items()],
        "answer": exchange.response_body,
    }


def _left_out(exchange: Exchange, *, raw: bool, is_http: bool) -> str:
    """Return why a script cannot send an exchange; empty where it can."""
    if exchange.credential in MADE_BY_API:
        return "The check made this token by the registry's API, and has deleted it."
    if not is_http:
        return "This is the command line of a client: run it by hand."
    if not exchange.request_bytes and (raw or exchange.request_body):
        return "The request was too long to be recorded."
    return ""


def _login(exchange: Exchange) -> list[str]:
    """Return the header field of the credential, and its scheme; empty without one."""
    if not _variable(exchange.credential) or exchange.credential in MADE_BY_API:
        return []
    for name, value in exchange.request_headers.items():
        if name.lower() in SECRET_HEADERS:
            scheme, blank, _ = value.partition(" ")
            return [name, scheme if blank else ""]
    return []


def _variable(credential: str) -> str:
    """Return the name of the variable that holds a credential; empty without one."""
    return "" if credential in {"", ANONYMOUS} else placeholder(credential).removeprefix("$")
