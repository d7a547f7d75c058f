"""Every kind of invalid distribution over HTTP: what the documents say about it is what the server answers."""

from __future__ import annotations

import re
import struct
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from werkzeug.test import Client

from reference_server import create_app
from reference_server.distributions import INVALID, invalid, wheel
from reference_server.flavours import flavour_named
from reference_server.rules.ready_made import PASSWORD, USERNAME
from reference_server.serving.default_registry import default_registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_server.distributions import Distribution

DOCUMENT = Path(__file__).parents[3] / "docs" / "distributions.md"
ROW = re.compile(r"\| `(\w+)` \| (accepted|rejected) \| (accepted|rejected) \|")
FLAVOURS = ("reference", "pypi")


def accepted_in_the_documents() -> dict[str, set[str]]:
    text = DOCUMENT.read_text(encoding="utf-8")
    rows = ROW.findall(text.partition("### Kinds that are accepted")[2])
    return {
        flavour: {row[0] for row in rows if row[at] == "accepted"} for at, flavour in enumerate(FLAVOURS, 1)
    }


def uploaded(flavour: str, distribution: Distribution) -> tuple[int, str]:
    chosen = flavour_named(flavour)
    client = Client(create_app(default_registry(), flavour=chosen))
    sent = requests.Request(
        "POST",
        "http://localhost/",
        data=list(distribution.form()),
        files={"content": (distribution.filename, distribution.content)},
        auth=(USERNAME, PASSWORD),
    ).prepare()
    headers = {name: sent.headers[name] for name in ("Content-Type", "Authorization")}
    answer = client.post(chosen.path(chosen.layout.upload), data=sent.body, headers=headers)
    return answer.status_code, answer.text


@pytest.mark.long
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_documents_say_which_kinds_are_accepted(flavour: str) -> None:
    answers = {kind: uploaded(flavour, invalid(kind, "demo-pkg")) for kind in sorted(INVALID)}
    accepted = {kind for kind, (status, _) in answers.items() if status in {200, 201}}
    assert accepted == accepted_in_the_documents()[flavour]
    assert {status for kind, (status, _) in answers.items() if kind not in accepted} == {400}


def entry_with(change: Callable[[zipfile.ZipInfo], object]) -> Distribution:
    """Write a wheel again, with one entry changed."""
    made = wheel("demo-pkg", "1.0")
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(made.content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for number, path in enumerate(old.namelist()):
            entry = zipfile.ZipInfo(path)
            if number == 0:
                change(entry)
            new.writestr(entry, old.read(path))
    return replace(made, content=buffer.getvalue())


def streamed() -> Distribution:
    made = wheel("demo-pkg", "1.0")

    class Pipe(BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    pipe = Pipe()
    with zipfile.ZipFile(BytesIO(made.content)) as old, zipfile.ZipFile(pipe, "w") as new:
        for path in old.namelist():
            new.writestr(zipfile.ZipInfo(path), old.read(path))
    return replace(made, content=pipe.getvalue())


def other_size() -> Distribution:
    made = wheel("demo-pkg", "1.0")
    content = bytearray(made.content)
    (size,) = struct.unpack_from("<L", content, 22)
    struct.pack_into("<L", content, 22, size + 1)
    return replace(made, content=bytes(content))


TWICE = struct.pack("<2H", 0x0001, 0) * 2
ODD: dict[str, Callable[[], Distribution]] = {
    "Comment in central directory": lambda: entry_with(lambda entry: setattr(entry, "comment", b"hello")),
    "Invalid duplicate extra in local file": lambda: entry_with(lambda entry: setattr(entry, "extra", TWICE)),
    "ZIP contains a data descriptor": streamed,
    "Mis-matched file size": other_size,
}


@pytest.mark.parametrize("reason", ODD)
def test_odd_entries_are_refused_as_at_pypi(reason: str) -> None:
    made = ODD[reason]()
    assert uploaded("reference", made)[0] == 201
    status, text = uploaded("pypi", made)
    assert (status, reason in text) == (400, True)


def test_signatures_beside_record_are_in_no_row() -> None:
    made = wheel("demo-pkg", "1.0")
    buffer = BytesIO(made.content)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(zipfile.ZipInfo("demo_pkg-1.0.dist-info/RECORD.jws"), b"{}")
    assert uploaded("pypi", replace(made, content=buffer.getvalue()))[0] == 200
