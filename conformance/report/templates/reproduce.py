"""Repeats the requests of a conformance check, and tells whether the registry still gives the same answers.

    python reproduce.py [URL [INDEX]]

Needs only Python 3.9 or newer. URL is the one that `twine upload --repository-url` takes (default: that of the
check). INDEX is the simple index, for a registry that has it on another host. The uploads behind the deviation are
published first. Each run of this script has names of its own, so that it can be run again on the same registry;
archives that cannot be renamed keep the names of the check.

Credentials come from the environment, as `user:password`, in variables with their names, such as DEFAULT or
DEPLOY_READ. They are sent to the hosts of the registry only, and are not printed. Those that the check made up, such
as wrong ones, need no variable.

Exit codes: 1 reproduced (all answers are the same), 0 not reproduced (at least one differs), 2 wrong command, 3 no
answer, 4 could not be tried.
"""

from __future__ import annotations

import base64
import json
import re
import sys
import zlib
from http.client import HTTPException
from itertools import takewhile
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import urlsplit

from conformance.report.templates.comparing import (
    Known,
    beyond_answers,
    form_of,
    has_leftovers,
    is_about_serials,
    is_cut_description,
    is_description,
    known_of,
    optional,
    same_content,
    same_length,
    same_tag,
    stable,
    volatile,
)
from conformance.report.templates.following import (
    comparable,
    learn,
    learn_numbers,
    masked,
    moved_from,
    origin,
    renumbered,
    unknown_conditions,
    unnumbered,
)
from conformance.report.templates.logins import MODEL, authorization, hidden, missing, without_secrets
from conformance.report.templates.renaming import renamed
from conformance.report.templates.sending import over_a_socket, over_http
from conformance.report.templates.varying import Asked, form_of_request, varies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.report.templates.answers import Answer

CASE: dict[str, Any] = json.loads(r"""{}""")
"""The deviation, and the requests that showed it."""

SHOWN = 40
"""Lines of an answer that are printed."""

BEGINNING = 100
"""Characters of an earlier answer that are printed."""

TAKEN = re.compile(r"\b(already|exists|taken|duplicate)\b", re.IGNORECASE)
"""What registries say of a file name that they have."""

UNANSWERED = re.compile(r"\bgot no answer\b")
"""What was found of a request without an answer, which the result may lack."""

OVERLAPPING = (
    "The deviation needs requests that overlap, or an order that chance chose: this script sends one after the "
    "other. Use registry-conformance replay, which tries as often as the run did."
)
SERIALS = "The serial counts all that was published before: compare the answers above with the expectation."

TIMES = frozenset({"date", "expires", "last-modified"})
"""Header fields that differ from one response to the next, but not in their form."""


def main(arguments: list[str]) -> int:
    """Repeat all requests. Returns the exit code."""
    if len(arguments) > 2 or any(each.startswith("-") for each in arguments):
        say(__doc__ or "")
        return 2
    for each in arguments:
        if urlsplit(each).scheme not in ("http", "https") or not urlsplit(each).hostname:
            return wrong(f"{each} is not the URL of a registry")
    url = (arguments[0] if arguments else CASE["registry"]).rstrip("/")
    if len(arguments) == 1 and CASE["index"] and is_elsewhere(url):
        return wrong(f"The index of the check was on another host: {CASE['index']}. Give that of {url}, too.")
    CASE.update({"moves": moves(url, *arguments[1:]), "led": {}, "tags": {}})
    unset = missing({step["credential"] for step in steps() if step["login"]}, CASE["credentials"])
    if unset:
        of_check = {*unset} - {*CASE["credentials"], MODEL}
        return wrong(
            f"set {', '.join(unset)} to user:password"
            + "\nA name that is none of your credentials belongs to the check: use a user and a password that fit the "
            "name, such as a wrong password." * bool(of_check)
        )
    introduce(url)
    case = renamed(
        {name: CASE[name] for name in ("published", "requests", "expected", "found", "run")}, CASE["run"]
    )
    if case is None:
        say("The archives cannot be renamed: the names are those of the check.")
    else:
        CASE.update({**case, "earlier run": CASE["run"]})
    try:
        return attempt(url, has_own_names=case is not None)
    except OSError as error:
        say(f"no answer from {url}: {error}", sys.stderr)
        if CASE["embedded"] and not arguments:
            say("The server of that run has ended. Start one (reference-server serve) and give its URL.")
        return 3


def attempt(url: str, *, has_own_names: bool) -> int:
    """Repeat all requests, unless an answer, or a URL in one, is malformed. Returns the exit code. Raises OSError."""
    try:
        return repeat(has_own_names=has_own_names)
    except (
        ValueError,
        HTTPException,
        EOFError,
        zlib.error,
    ) as error:
        return not_tried(f"{url} gave an answer that this script cannot follow: {error}")


def repeat(*, has_own_names: bool) -> int:
    """Publish what the deviation needs, and send the requests again, in the order of the run.

    Returns the exit code. Raises OSError.
    """
    waiting = [*CASE["published"]]
    asked: list[Asked] = []
    same: list[bool] = []
    cited: list[bool | None] = []
    unchanged = False
    for step in CASE["requests"]:
        while waiting and not 0 < step["number"] < waiting[0]["number"]:
            if reason := publish(waiting.pop(0), asked):
                return not_tried(reason)
        if not can_be_sent(step):
            unchanged |= step["cited"] or step["method"] not in ("GET", "HEAD")
            continue
        answer = ask(step)
        asked.append(Asked(step, answer))
        is_same = compare(step, answer)
        same += [] if is_same is None else [is_same]
        cited += [is_same] if step["cited"] else []
        is_taken = answer.status in (400, 409) and TAKEN.search(answer.text)
        if is_taken and not TAKEN.search(step["answer"]) and not has_own_names:
            return not_tried(refused(step, answer))
    skipped = len(CASE["requests"]) - len(same)
    unchanged |= bool(cited) and all(each is None for each in cited)
    return conclude(same, skipped=skipped, unchanged=unchanged, varying=varies(asked))


def publish(step: dict[str, Any], asked: list[Asked]) -> str:
    """Publish a file, and note that in `asked`. Returns why the registry refused it, else nothing. Raises OSError.

    Requests that the run had sent before an upload are sent early: a cache may keep the answers.
    """
    since = list(takewhile(lambda each: each.step["method"] != "POST", reversed(asked)))
    done = {form_of_request(each.step) for each in since}
    known = dict(CASE["led"])
    early = [each for each in CASE["requests"] if each["request"] in step["asked_before"]]
    for each in {form_of_request(each): each for each in early if not each["left_out"]}.values():
        if form_of_request(each) not in done and place_of(each):
            report("sent early", each, ask(each))
    CASE["led"] = known  # what pages say before they have all files holds no more
    answer = ask(step)
    asked.append(Asked(step, answer))
    report("published", step, answer)
    return "" if 200 <= answer.status < 300 else refused(step, answer)


def steps() -> list[dict[str, Any]]:
    """Return all requests, in their order."""
    return [*CASE["published"], *CASE["requests"]]


def introduce(url: str) -> None:
    """Print the deviation."""
    say(f"{CASE['id']}: {CASE['statement']}")
    for label in ("expected", "found", "where", "affects", "source", "made from"):
        for number, line in enumerate(CASE[label].splitlines()):
            say(f"  {'' if number else label:<10}{line}")
    say(f"Asking {url}")


def conclude(same: list[bool], *, skipped: int, unchanged: bool, varying: bool) -> int:
    """Print the conclusion; `unchanged` says that a skipped request would have changed or shown something.

    `varying` says that one request is answered in several ways, as it was. Returns the exit code.
    """
    if not same:
        return not_tried("This script can send none of the requests; the reasons are above.")
    say(f"\n{sum(same)} of {len(same)} answers are the same.")
    unrecorded = UNANSWERED.search(CASE["found"]) and all(step["status"] for step in CASE["requests"])
    if unchanged or (all(same) and (skipped or unrecorded)):
        return not_tried(
            "What differed may be a request that this script skipped, or what the result lacks of one."
        )
    if all(same) and (reason := beyond_answers(CASE["expected"], CASE["found"])):
        return not_tried(f"What differed is {reason}: look at the answers above.")
    if all(same) or varying:
        order = ": one request gets several kinds of answers, as it did, but in another order"
        say(f"Reproduced{'' if all(same) else order}.")
        return 1
    if CASE["by chance"] or is_about_serials(CASE):
        return not_tried(OVERLAPPING if CASE["by chance"] else SERIALS)
    say("Not reproduced: compare the others with the expectation.")
    return 0


def refused(step: dict[str, Any], answer: Answer) -> str:
    """Return why nothing can be told after an upload that the deviation needs was refused, and what to do."""
    begin = (
        f"The registry refused {step['request']}, which the deviation needs: {status_text(answer.status)}."
    )
    for line in answer.text.splitlines()[:1]:
        begin += f" {without_credentials(line)[:BEGINNING]}"
    return f"{begin}\nWhere it still has that file, or remembers its name, delete the project or use an empty registry."


def not_tried(message: str) -> int:
    """Print why the question could not be asked. Returns the exit code."""
    say(f"\nCould not be tried. {message}")
    return 4


def can_be_sent(step: dict[str, Any]) -> bool:
    """Tell whether a step is a request that was recorded in full; print why it is not."""
    reason = step["left_out"]
    if not reason and unnumbered(CASE["led"], step["url"]):
        reason = "GitLab numbers packages itself, and no answer has the number: ask by hand."
    elif not reason and not place_of(step):
        reason = "This address is on a host of the earlier registry, and its counterpart is not known."
    if reason:
        say(f"\nskipped    {step['request']}\n  {reason}")
    return not reason


def compare(step: dict[str, Any], answer: Answer) -> bool | None:
    """Print an answer, and tell whether it is the same; None where too little of the earlier one was kept."""
    report("sent", step, answer)
    fields = [f"{name}: {value}" for name, value in answer.headers.items()]
    content = [f"<{len(answer.content)} bytes>"] if b"\0" in answer.content else answer.text.splitlines()
    for line in [*fields, "", *content][:SHOWN]:
        say(f"  | {without_credentials(line)}")
    known = known_of(CASE, step["url"])
    differences = list(changes(step, answer, known))
    same = same_content(step["answer"], without_secrets(answer.content, CASE["credentials"]), known)
    if is_cut_description(step["answer"]) or (is_description(step["answer"]) and not same):
        same = None
    if step["method"] == "HEAD" and not same_length(dict(step["answered"]), answer.headers, known):
        same = None
    if same is False:
        if has_leftovers(answer.text, CASE.get("earlier run", ""), known) and not differences:
            say(
                "  This list has projects of the run, too: what it lacks may depend on them. Delete them first."
            )
            return None
        differences.append(f"another body, beginning with {step['answer'][:BEGINNING]!r}")
    for difference in differences:
        say(f"  before: {difference}")
    if same is None and not differences:
        say("  Too little of the earlier content was kept, and nothing there shows the deviation.")
        return None
    return not differences


def changes(step: dict[str, Any], answer: Answer, known: Known) -> Iterator[str]:
    """Yield the differences of the earlier status and header."""
    if answer.status != step["status"]:
        yield status_text(step["status"])
    now = {name.lower(): hidden(value, CASE["credentials"]) for name, value in answer.headers.items()}
    then = {name.lower(): value for name, value in step["answered"]}
    free = volatile(known)
    for name in sorted(then.keys() | now.keys()):
        if name not in then or name not in now:
            is_another = name not in optional(known)
        else:
            is_another = name not in free and differ(then[name], now[name], known)
            is_another |= name in TIMES and form_of(then[name]) != form_of(now[name])
        if is_another:
            yield f"{name}: {then.get(name, '(absent)')}"
    if not same_tag(CASE["tags"], then.get("etag", ""), now.get("etag", ""), known):
        yield f"etag: {then['etag']}, in its form and in that of an earlier answer"


def differ(then: str, now: str, known: Known) -> bool:
    """Tell whether two values of a header field differ in what counts of them."""
    return stable(comparable(then, then), known) != stable(comparable(now, then), known)


def without_credentials(line: str) -> str:
    """Return a line of an answer without credentials, as a registry may send back what it was sent."""
    return masked(hidden(line, CASE["credentials"]))


def report(what: str, step: dict[str, Any], answer: Answer) -> None:
    """Print one line about a step."""
    caller = step["credential"] or "anonymous"
    say(f"\n{what:<11}{status_text(answer.status)}  {name_of(step)}  as {caller}")


def name_of(step: dict[str, Any]) -> str:
    """Return the file of an upload, or the request as it is sent to this registry."""
    then = f"{step['method']} {step['url']}"
    request: str = step["request"]
    return request.replace(then, f"{step['method']} {masked(place_of(step))}")


def say(text: str, file: TextIO | None = None) -> None:
    """Print text without control characters."""
    printable = (each if each.isprintable() or each == "\n" else "\N{MIDDLE DOT}" for each in text)
    print("".join(printable), file=file)


def status_text(status: int) -> str:
    """Return a status in words."""
    return str(status) if status else "no answer"


def ask(step: dict[str, Any]) -> Answer:
    """Send a request, and return the answer. Raises OSError."""
    target = place_of(step)
    ours = {origin(now) for _, now in CASE["moves"]}
    login = authorization(step) if origin(target) in ours and step["login"] else []
    body = base64.b64decode(step["body"])
    if step["raw"]:
        return over_a_socket(step, target, login, body, led=CASE["led"])
    if conditions := unknown_conditions(CASE["led"], step):
        headers = [each for each in step["headers"] if each[0].lower() not in conditions]
        plain = over_http({**step, "headers": headers}, target, login, body, led=CASE["led"])
        learn(CASE["led"], step, target, plain.headers)
    answer = over_http(step, target, login, body, led=CASE["led"])
    learn(CASE["led"], step, target, answer.headers)
    learn_numbers(CASE["led"], step["answer"], answer.text, CASE["run"])
    return answer


def moves(url: str, index: str = "") -> list[tuple[str, str]]:
    """Return the addresses of the earlier registry, each with the one in its place."""
    found = [(CASE["registry"], url)]
    if CASE["index"]:
        found.append((CASE["index"], (index or CASE["index"]).rstrip("/")))
    return found if is_elsewhere(url) else [*found, *((each, each) for each in CASE["others"])]


def is_elsewhere(url: str) -> bool:
    """Tell whether a URL is that of another registry than the check's."""
    return origin(url) != origin(CASE["registry"])


def place_of(step: dict[str, Any]) -> str:
    """Return where to send a step: to where a redirect before it leads by now, or to its URL on this registry."""
    return CASE["led"].get(step["url"]) or renumbered(CASE["led"], moved(step["url"]))


def moved(old: str) -> str:
    """Return a URL of the earlier registry on this one; nothing where that is not known."""
    for then, now in CASE["moves"]:
        if origin(then) == origin(old):
            return moved_from(then.rstrip("/"), now, old)
    return "" if is_elsewhere(CASE["moves"][0][1]) else old


def wrong(message: str) -> int:
    """Print a mistake. Returns the exit code."""
    say(message, sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
