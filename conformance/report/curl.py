"""An exchange as a shell command that repeats its request."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.report.evidence import Evidence
from conformance.wire.credential_patterns import SECRET_HEADERS
from conformance.wire.form import LEFT_OUT

if TYPE_CHECKING:
    from conformance.report.check_result import CheckResult
    from conformance.wire.exchange import Exchange

ANONYMOUS = "anonymous"
OWN = frozenset({"accept-encoding", "connection", "content-length", "host", "user-agent", *SECRET_HEADERS})
"""Header fields that curl adds, and those whose values are secrets."""

PLAIN_SOCKET = " (over a plain socket)"
"""The end of a request that went through no HTTP library."""

_REQUEST = re.compile(r"(?P<method>[A-Z]+) (?P<url>\S+)(?P<raw> \(over a plain socket\))?")
_FIELD = re.compile(r"(?P<name>:?[A-Za-z0-9_-]+): (?P<value>.*)")
_FILE = re.compile(r"\d+ bytes as '(?P<filename>[^']*)'")


def command_line(exchange: Exchange) -> str:
    """Return the command that sends a request again, or the client's own command line.

    A secret is a shell variable named after its credential: `$DEPLOY_READ` stands for `user:password`,
    and `${DEPLOY_READ#*:}` for the password alone.
    A request over a plain socket is returned as it is: curl would repair it.
    """
    request = _REQUEST.fullmatch(exchange.request)
    if request is None or request["raw"] or not urlsplit(request["url"]).netloc:
        return exchange.request
    words = ["curl", "--include", *_method(request["method"]), *_headers(exchange), *_body(exchange)]
    return (
        " ".join(shlex.quote(word) for word in words) + _login(exchange) + " " + shlex.quote(request["url"])
    )


def caveat_of(exchange: Exchange, *, is_cut: bool = False) -> str:
    """Return what the command does not send as the suite did, in sentences; empty where it sends the same.

    `is_cut` says that the command itself is shown in part.
    """
    form = [word for word in _body(exchange) if "=" in word] if _has_form(exchange) else []
    files = [word.partition("=@")[2] for word in form if "=@" in word]
    sentences = ["The form gets another boundary."] if form else []
    if files:
        sentences.append(f"curl reads {' and '.join(files)} from the current folder; the page has no files.")
    if is_cut or LEFT_OUT in exchange.request_body:
        sentences.append("Its text is too long to be here in full.")
    if sentences:
        sentences.append("The script sends the same bytes.")
    return " ".join(sentences)


def deciding_command(finding: CheckResult) -> str:
    """Return the command for the last request that a finding names, or for its last one where it names none.

    Empty without requests, and for a request over a plain socket, which no command sends.
    """
    evidence = Evidence(expected=finding.expected, found=finding.found, where=finding.where)
    named = [each for each in finding.exchanges if evidence.names(each)]
    candidates = named or finding.exchanges
    command = command_line(candidates[-1]) if candidates else ""
    return "" if command.endswith(PLAIN_SOCKET) else command


def placeholder(credential: str) -> str:
    """Return the shell variable that stands for a credential."""
    return "$" + re.sub(r"[^A-Z0-9]+", "_", credential.upper()).strip("_")


def _method(method: str) -> list[str]:
    if method == "HEAD":
        return ["--head"]
    return [] if method == "GET" else ["--request", method]


def _headers(exchange: Exchange) -> list[str]:
    words = []
    for name, value in exchange.request_headers.items():
        if "gzip" in value and name.lower() == "accept-encoding":
            words.append("--compressed")
        elif name.lower() not in OWN and not value.startswith("multipart/form-data"):
            words += ["--header", f"{name}: {value}"]
    return words


def _has_form(exchange: Exchange) -> bool:
    return any(value.startswith("multipart/form-data") for value in exchange.request_headers.values())


def _body(exchange: Exchange) -> list[str]:
    if not exchange.request_body:
        return []
    if not _has_form(exchange):
        return ["--data-raw", exchange.request_body]
    words: list[str] = []
    for line in exchange.request_body.split("\n"):
        if (field := _FIELD.fullmatch(line)) is None:
            words[-1:] = [f"{words[-1]}\n{line}"] if words else []
        elif file := _FILE.fullmatch(field["value"]):
            words += ["--form", f"{field['name']}=@{file['filename']}"]
        else:
            words += ["--form-string", f"{field['name']}={field['value']}"]
    return words


def _login(exchange: Exchange) -> str:
    """Return the option with the placeholder. It stays outside the quotes, for the shell to fill in."""
    names = {name.lower(): name for name in exchange.request_headers}
    secret = placeholder(exchange.credential)
    if not exchange.credential or exchange.credential == ANONYMOUS or secret == "$":  # noqa: S105
        return ""
    if "authorization" in names:
        return f' --user "{secret}"'
    others = [names[name] for name in sorted(SECRET_HEADERS & names.keys())]
    password = f"${{{secret.removeprefix('$')}#*:}}"  # a token alone: what comes after the user name
    return "".join(f' --header {shlex.quote(f"{name}: ")}"{password}"' for name in others)
