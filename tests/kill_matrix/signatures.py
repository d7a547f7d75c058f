"""Signatures: what a check says of a fault, without what differs between two runs; and the files that keep them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import astuple, dataclass, field, fields
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w

from conformance.verdicts.signature import normalised

from .matrix import CLIENTS, by_chance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from conformance.report.check_result import CheckResult
    from reference_server.faults import Fault

OBSERVED = Path(__file__).with_name("observed")
"""One file per area of faults."""

ACCEPTED_REPEATS = OBSERVED / "repeats.toml"
"""Pairs of requirements that no fault tells apart, each with the reason for which both are there."""

ANY = "…"
"""Stands for what differed between observations. Checks write it where they cut a text, which differs, too."""

HERE = "http://127.0.0.1"
"""The server of every observation, whose port is gone already."""

ALIKE = 0.5
"""The share of the words of one text that another one has at least, if both say the same of different examples."""

LONGEST = 200
"""Characters of a text that count."""

_PHRASE = re.compile(r"(?<=→ \d{3}) [A-Z][A-Z' -]*[A-Z]\b")
_PLACE = re.compile(r"\b(column|char|position) (\d+|<number>)")
_EXAMPLE = re.compile(rf"'[^']*'|\"[^\"]*\"|\S+\.(whl|tar\.gz|zip)\S*( {ANY})?")
_STATUS = re.compile(r"(status )?\d{3}\b")
_ANY_STATUS = re.compile(r"(?:status |→ |exit code |: )(\d{1,3})\b")
_WORD = re.compile(r"\w+")
_RUN = re.compile(r"(\w)\1{9,}")
"""One character many times, as in a name that is as long as it may be."""
_EXIT_CODE = re.compile(r"exit code -?\d+|no end within")


@dataclass(frozen=True, order=True)
class Signature:
    """What a check expected, what it found, and where; parts that vary are `ANY`."""

    expected: str
    found: str
    where: str

    @classmethod
    def of(cls, result: CheckResult, run_id: str) -> Signature:
        """Return the signature of a result that names a deviation."""
        found = _end_of_output(result.found) if result.id in CLIENTS else result.found
        texts = (result.expected, found, result.where)
        made = cls(*(_kept(normalised(text, run_id)) for text in texts))
        return made.without_example() if by_chance(result.id) else made

    def without_example(self) -> Signature:
        """Return what does not depend on what a check met first: races differ, and another Hypothesis draws others."""
        status = _STATUS.match(self.found)
        return Signature(_EXAMPLE.sub(ANY, self.expected), status[0] if status else ANY, ANY)

    def accepts(self, other: Signature) -> bool:
        """Whether another signature is this one where nothing varies, or says the same with other examples.

        The order of a set, the Python and the client decide which examples a check names.
        """
        return all(
            _matches(*pair) or _alike(*pair) for pair in zip(astuple(self), astuple(other), strict=True)
        )

    def without_what_differs(self, other: Signature) -> Signature:
        """Return what two observations have in common."""
        return Signature(*(_common(*pair) for pair in zip(astuple(self), astuple(other), strict=True)))


Signatures = dict[str, tuple[Signature, ...]]
"""By the id of a requirement. Several are accepted where chance decides which a check meets first."""


@dataclass(frozen=True)
class Observation:
    """Which requirements a fault turns red: those that it names, and its consequences.

    The consequences are None until the fault has been run against the whole catalogue.
    """

    named: Signatures = field(default_factory=dict)
    consequences: Signatures | None = None

    def differences(self, red: Mapping[str, Signature]) -> list[str]:
        """Say how the named requirements that turned red differ from this."""
        return [
            text
            for name, found in sorted(red.items())
            if not any(each.accepts(found) for each in self.named.get(name, ()))
            for text in _difference(name, self.named.get(name, ()), found)
        ]


def merged(observed: Iterable[Signature]) -> tuple[Signature, ...]:
    """Return the accepted signatures of several observations: one for each thing that was expected."""
    kinds: dict[str, Signature] = {}
    for each in observed:
        key = re.sub(r"'[^']*'|\"[^\"]*\"|\d+", ANY, each.expected)
        kinds[key] = kinds[key].without_what_differs(each) if key in kinds else each
    return tuple(sorted(kinds.values()))


@cache
def observations() -> dict[str, Observation]:
    """Return every observation that is kept, by the fault's name."""
    return {
        name: Observation(
            named=_read(table.get("named", {})),
            consequences=_read(table["consequences"]) if "consequences" in table else None,
        )
        for path in sorted(set(OBSERVED.glob("*.toml")) - {ACCEPTED_REPEATS})
        for name, table in tomllib.loads(path.read_text(encoding="utf-8")).items()
    }


def write(area: str, observed: Mapping[str, Observation]) -> None:
    """Write the observations of an area."""
    document: dict[str, Any] = {}
    for name, each in sorted(observed.items()):
        document[name] = {"named": _written(each.named)}
        if each.consequences is not None:
            document[name]["consequences"] = _written(each.consequences)
    OBSERVED.mkdir(exist_ok=True)
    (OBSERVED / f"{area}.toml").write_text(tomli_w.dumps(document), encoding="utf-8")


def area_of(fault: Fault) -> str:
    """Return the folder that a fault is defined in."""
    return type(fault).__module__.split(".")[-2]


def _read(table: Mapping[str, Sequence[Mapping[str, str]]]) -> Signatures:
    return {name: tuple(Signature(**each) for each in entries) for name, entries in table.items()}


def _written(signatures: Signatures) -> dict[str, list[dict[str, str]]]:
    names = [each.name for each in fields(Signature)]
    return {
        name: [dict(zip(names, astuple(each), strict=True)) for each in accepted]
        for name, accepted in sorted(signatures.items())
    }


def _difference(name: str, accepted: Sequence[Signature], found: Signature) -> Iterator[str]:
    yield f"{name} has another reason:" if accepted else f"{name} has a reason that is not kept yet:"
    for each in accepted:
        for key, kept, new in zip(("expected", "found", "where"), astuple(each), astuple(found), strict=True):
            if not (_matches(kept, new) or _alike(kept, new)):
                yield f"  - {key} {kept}"
    for key, new in zip(("expected", "found", "where"), astuple(found), strict=True):
        yield f"  + {key} {new}"


def _end_of_output(found: str) -> str:
    """Return the exit code and the last line of a client's output: the rest has paths, wrapped at the line's end."""
    code = _EXIT_CODE.match(found)
    *_, last = found.strip().splitlines() or [""]
    return f"{code[0]}: {last}" if code and not last.startswith(code[0]) else last


def _kept(text: str) -> str:
    """Return what counts of a text: short, without the server's address, its library's phrases and places in a page."""
    text = _PLACE.sub(rf"\1 {ANY}", _PHRASE.sub("", text.replace(HERE, "")))
    return text if len(text) <= LONGEST else text[:LONGEST].rpartition(" ")[0] + f" {ANY}"


@cache
def _pattern(text: str) -> re.Pattern[str]:
    whole = text.removesuffix(f" {ANY}")
    more = (
        r"( .*)?" if whole != text else ""
    )  # it was cut, perhaps behind a piece that is as long as it may be
    return re.compile(".*".join(map(re.escape, whole.split(ANY))) + more, re.DOTALL)


def _matches(kept: str, found: str) -> bool:
    return _pattern(kept).fullmatch(found) is not None


def _alike(kept: str, found: str) -> bool:
    """Whether two texts have the same statuses, and most of the words of the shorter one in common."""
    if set(_ANY_STATUS.findall(kept)) != set(_ANY_STATUS.findall(found)):
        return False
    ours, theirs = (set(_WORD.findall(_RUN.sub("", text))) for text in (kept, found))
    shorter = min(len(ours), len(theirs))
    return shorter > 1 and len(ours & theirs) > shorter * ALIKE


def _common(one: str, other: str) -> str:
    if _matches(one, other):
        return one
    ours, theirs = (re.split(r"(\s+|[/=;,'\"()])", text) for text in (one, other))
    parts, at = [], (0, 0)
    for block in SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks():
        if (block.a, block.b) != at:
            parts.append(ANY)
        parts += ours[block.a : block.a + block.size]
        at = block.a + block.size, block.b + block.size
    return re.sub(rf"({ANY}\s*)+{ANY}", ANY, "".join(parts))
