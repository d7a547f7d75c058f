"""Every kind of invalid distribution over HTTP: what the documents say about it is what the server answers."""

from __future__ import annotations

import json
import re
import struct
import zipfile
from base64 import b64encode
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from werkzeug.test import Client

from reference_server import create_app
from reference_server.distributions import INVALID, Metadata, invalid, wheel
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


def uploaded(
    flavour: str, distribution: Distribution, *, form: list[tuple[str, str]] | None = None
) -> tuple[int, str]:
    chosen = flavour_named(flavour)
    client = Client(create_app(default_registry(), flavour=chosen))
    sent = requests.Request(
        "POST",
        "http://localhost/",
        data=list(distribution.form()) if form is None else form,
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


def with_member(path: str, content: bytes, *, compression: int = zipfile.ZIP_STORED) -> Distribution:
    """Write a wheel with a further member, which is in RECORD."""
    made = wheel("demo-pkg", "1.0")
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(made.content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            row = f"{path},,\n".encode() if name.endswith("/RECORD") else b""
            new.writestr(zipfile.ZipInfo(name), old.read(name) + row)
        new.writestr(zipfile.ZipInfo(path), content, compress_type=compression)
    return replace(made, content=buffer.getvalue())


ENTRY_POINTS = "demo_pkg-1.0.dist-info/entry_points.txt"
INVALID_ENTRY_POINTS = "Wheel 'demo_pkg-1.0-py3-none-any.whl' has invalid entry points"


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"[console_scripts]\ndemo.Run-1 = demo:main\n\n[other.group]\na/b = demo\n", 200),
        (b"", 200),
        (b"[console_scripts]\n../demo = demo:main\n", 400),
        (b"[gui_scripts]\na b = demo:main\n", 400),
        (b"[console_scripts]\ndemo: demo:main\n", 400),
        (b"demo = demo:main\n", 400),
        (b"[console_scripts]\na = 1\na = 2\n", 400),
        (b"[console_scripts]\na = %(b)s\n", 200),
        (b"[console_scripts]\n\xff = demo:main\n", 400),
    ],
)
def test_entry_points_are_checked_as_at_pypi(content: bytes, status: int) -> None:
    found, text = uploaded("pypi", with_member(ENTRY_POINTS, content))
    assert found == status
    assert (INVALID_ENTRY_POINTS in text) == (status == 400)


def between_entries() -> Distribution:
    """Write a wheel with other data between its last entry and its directory."""
    made = wheel("demo-pkg", "1.0")
    with zipfile.ZipFile(BytesIO(made.content)) as archive:
        at = archive.start_dir
    content = bytearray(made.content[:at] + b"more" + made.content[at:])
    (offset,) = struct.unpack_from("<L", content, len(content) - 6)
    struct.pack_into("<L", content, len(content) - 6, offset + 4)
    return replace(made, content=bytes(content))


def not_utf8() -> Distribution:
    made = wheel("demo-pkg", "1.0")
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(made.content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            row = b"\xff,,\n" if name.endswith("/RECORD") else b""
            new.writestr(zipfile.ZipInfo(name), old.read(name) + row)
    return replace(made, content=buffer.getvalue())


FURTHER: dict[str, Callable[[], Distribution]] = {
    "Unknown record signature": between_entries,
    "Malformed zip file": lambda: entry_with(
        lambda entry: setattr(entry, "extra", struct.pack("<2H", 0x0001, 4) + b"1234")
    ),
    "Filename not valid UTF-8": lambda: entry_with(
        lambda entry: setattr(entry, "extra", struct.pack("<2H", 0x7075, 6) + b"\x01\0\0\0\0\xff")
    ),
    "File does not use a supported compression type": lambda: with_member(
        "demo_pkg/more.txt", b"more", compression=zipfile.ZIP_BZIP2
    ),
    "does not contain the required RECORD file": not_utf8,
}


@pytest.mark.parametrize("reason", FURTHER)
def test_further_forms_are_refused_as_at_pypi(reason: str) -> None:
    status, text = uploaded("pypi", FURTHER[reason]())
    assert (status, reason in text) == (400, True), text


@pytest.mark.parametrize(("version", "status"), [("2.5", 200), ("2.6", 400), ("9.0", 400)])
def test_metadata_of_a_later_version_is_refused_as_at_pypi(version: str, status: int) -> None:
    metadata = Metadata(metadata_version=version, name="demo-pkg", version="1.0")
    found, text = uploaded("pypi", wheel("demo-pkg", "1.0", metadata=metadata))
    assert found == status
    assert (f"'{version}' is not a valid metadata version" in text) == (status == 400)


def attested(change: Callable[[Any], object] = lambda _: None, *, statement: Any = None) -> tuple[int, str]:
    """Upload a wheel with an attestation that was changed, or with a changed statement in it."""
    made = wheel("demo-pkg", "1.0")
    said = {
        "subject": [{"name": made.filename, "digest": {"sha256": made.sha256}}],
        "predicateType": "https://slsa.dev/provenance/v1",
    } | (statement or {})
    text = b64encode(b"text").decode()
    one = {
        "version": 1,
        "verification_material": {"certificate": text, "transparency_entries": [{}]},
        "envelope": {"statement": b64encode(json.dumps(said).encode()).decode(), "signature": text},
    }
    sent: Any = [one]
    change(sent)
    form = [*made.form(), ("attestations", sent if isinstance(sent, str) else json.dumps(sent))]
    return uploaded("pypi", made, form=form)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda sent: sent.clear(), "an empty attestation set is not permitted"),
        (lambda sent: sent.append(sent[0]), "Multiple attestations for the same file"),
        (lambda sent: sent.extend(sent * 2), "A maximum of 2 attestations"),
        (lambda sent: sent.append("x"), "Malformed attestations"),
        (lambda sent: sent[0].update(version=2), "Malformed attestations"),
        (lambda sent: sent[0].update(version=True), "Malformed attestations"),
        (lambda sent: sent[0].pop("envelope"), "Malformed attestations"),
        (lambda sent: sent[0]["envelope"].update(signature="!"), "Malformed attestations"),
        (lambda sent: sent[0]["envelope"].update(statement="e30="), "Malformed attestations"),
        (lambda sent: sent[0]["verification_material"].update(transparency_entries=[]), "Malformed"),
        (lambda sent: sent[0]["verification_material"].update(certificate=1), "Malformed"),
    ],
)
def test_malformed_attestations_are_refused_as_at_pypi(change: Callable[[Any], object], reason: str) -> None:
    status, text = attested(change)
    assert (status, "Invalid attestations supplied during upload: " in text, reason in text) == (
        400,
        True,
        True,
    )


def test_attestations_are_those_of_the_file() -> None:
    assert attested()[0] == 200
    other = {"subject": [{"name": "other-1.0.tar.gz", "digest": {"sha256": "0" * 64}}]}
    assert "subject does not match" in attested(statement=other)[1]
    odd = {"predicateType": "https://registry.example.com/odd/v1"}
    assert "unsupported predicate type: https://registry.example.com/odd/v1" in attested(statement=odd)[1]
    assert "Malformed attestations" in attested(statement={"subject": []})[1]
