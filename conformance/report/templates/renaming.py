"""Names of its own for each run of a script. `conformance.report.script` puts this module into the script."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import random
import re
import struct
import tarfile
import zipfile
import zlib
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

TRIES = 100
"""How many names are tried: packed again, each archive has to keep its length. The later half has the old one's letters
in another order, with which nearly all archives do; there are fewer of those, and a name may come twice."""

DIGEST = re.compile(r"\b[0-9a-fA-F]{20,}\b")
"""A digest in a form, or the beginning of one."""

HEADER = 10
"""Bytes of the header of a gzip file without a name. Source: RFC 1952, 2.3."""

CHARACTER = re.compile(r"%[0-9A-Fa-f]{2}|.", re.DOTALL)
"""A character, or one that is percent-encoded."""

LETTERS, FIGURES = "abcdefghijkmnpqrstuvwxyz", "23456789"
"""What the id of a run is made of."""


def renamed(case: dict[str, Any], run: str) -> dict[str, Any] | None:
    """Return uploads and requests with another id in place of a run's; None where an archive cannot be renamed.

    `digests` are those of the files and of their members.
    """
    for number in range(TRIES):
        names = Names(run, another(run) if number < TRIES / 2 else shuffled(run))
        try:
            found: dict[str, Any] = names.in_value(case)
        except CannotBeRenamedError:
            return None
        if names.unknown:
            return None
        if names.lengths_kept:
            return {**found, "digests": sorted(names.digests.values())}
    return None


def another(run: str) -> str:
    """Return another id, with letters and figures in the same places: only so do they have the same spellings."""
    return "".join(random.choice(FIGURES if each.isdigit() else LETTERS) for each in run)  # noqa: S311 - no secret


def shuffled(run: str) -> str:
    """Return an id with the letters and the figures of another in some order, each in the places of its kind."""
    letters = [each for each in run if not each.isdigit()]
    figures = [each for each in run if each.isdigit()]
    random.shuffle(letters)
    random.shuffle(figures)
    return "".join(figures.pop() if each.isdigit() else letters.pop() for each in run)


def encoded(character: str) -> str:
    """Return a pattern of a percent-encoded letter, in either case, or figure. Source: RFC 3986, 2.1."""
    return f"%(?:{ord(character.lower()):02x}|{ord(character.upper()):02x})"


def in_place_of(old: str, new: str) -> str:
    """Return a character in the case of an old one, and percent-encoded as that."""
    if not old.startswith("%"):
        return new.upper() if old.isupper() else new
    digits = f"{ord(in_place_of(chr(int(old[1:], 16)), new)):02x}"
    return "%" + (digits.upper() if old[1:].isupper() else digits)


class CannotBeRenamedError(Exception):
    """An archive does not stay as it is, but for the names, when it is packed again."""


class Names:
    """Replaces one run's id by another of the same length: in texts, in archives, and in the digests of those.

    An id may be in any case: checks spell names in lower, upper and title case.
    """

    def __init__(self, old: str, new: str) -> None:
        self.old = re.compile(
            "".join(f"(?:{re.escape(each)}|{encoded(each)})" for each in old), re.IGNORECASE | re.ASCII
        )
        self.new = new
        self.digests: dict[str, str] = {}
        """The new digest for each one of a file or of a member of one."""
        self.lengths_kept = True
        self.unknown: set[str] = set()
        """Digests in requests that are of none of the renamed files: only with the old names they mean the same."""

    def in_value(self, value: Any) -> Any:
        """Return a step, or a part of it, with the new names. Bodies come first: they bring new digests."""
        if isinstance(value, dict):
            bodies = {"body": self.in_body(value["body"])} if "body" in value else {}
            self.look_for_unknown(value.get("url", ""))
            return {key: bodies[key] if key in bodies else self.in_value(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.in_value(each) for each in value]
        return self.in_text(value) if isinstance(value, str) else value

    def look_for_unknown(self, text: str) -> None:
        """Note the digests in what is sent that are of none of the renamed files."""
        self.unknown |= {each for each in DIGEST.findall(text) if each not in self.digests}

    def in_text(self, text: str) -> str:
        """Return a text with the new names and digests."""
        text = self.with_new_id(text)
        for old, new in self.digests.items():
            text = text.replace(old, new)
        return text

    def with_new_id(self, text: str) -> str:
        """Return a text with the new id, in the case of the old one letter for letter, and encoded where that is."""
        return self.old.sub(
            lambda found: "".join(
                in_place_of(old, new)
                for old, new in zip(CHARACTER.findall(found[0]), self.new)  # noqa: B905 - Python 3.9 has no `strict`
            ),
            text,
        )

    def renamed_bytes(self, content: bytes) -> bytes:
        """Return the bytes of a file, or of a member of one, with the new id; digests in them stay."""
        return self.with_new_id(content.decode("latin-1")).encode("latin-1")

    def in_bytes(self, content: bytes) -> bytes:
        """Return bytes with the new names and digests."""
        return self.in_text(content.decode("latin-1")).encode("latin-1")

    def in_body(self, body: str) -> str:
        """Return the body of a request, in base64, with the new names and digests."""
        parts = re.split(rb"(\r\n--[^\r\n]+)", b"\r\n" + base64.b64decode(body))
        for number, part in enumerate(parts):
            head, blank, content = part.partition(b"\r\n\r\n")
            if blank and b"filename" in head:
                parts[number] = self.in_bytes(head) + blank + self.in_file(content)
        for number, part in enumerate(parts):
            if number % 2 == 0 and b"filename" not in part.partition(b"\r\n\r\n")[0]:
                self.look_for_unknown(part.decode("latin-1"))
                parts[number] = self.in_bytes(part)
        return base64.b64encode(b"".join(parts)[2:]).decode()

    def in_file(self, content: bytes) -> bytes:
        """Return a file with the new names, and note what becomes of its digests."""
        for kind in (rezipped, retarred):
            new = kind(content, self.renamed_bytes, self.note)
            if new is not None:
                if not survives(kind, content):
                    raise CannotBeRenamedError
                self.note(content, new)
                self.lengths_kept = self.lengths_kept and len(new) == len(content)
                return new
        new = self.renamed_bytes(content)
        self.note(content, new)
        return new

    def note(self, old: bytes, new: bytes) -> None:
        """Note the digests of a file, or of a member of one, before and after."""
        for before, after in zip(digests(old), digests(new)):  # noqa: B905 - Python 3.9 has no `strict`
            self.digests[before] = after
            self.digests[before.upper()] = after.upper()


@cache
def survives(kind: Callable[..., bytes | None], content: bytes) -> bool:
    """Tell whether an archive that is packed again with the same names is the same."""
    return kind(content, lambda same: same, lambda *_: None) == content


def digests(content: bytes) -> list[str]:
    """Return the digests that upload forms and pages have."""
    blake2 = hashlib.blake2b(content, digest_size=32)
    md5 = hashlib.md5(content, usedforsecurity=False)
    return [each.hexdigest() for each in (hashlib.sha256(content), md5, blake2)]


def rezipped(
    content: bytes, rename: Callable[[bytes], bytes], note: Callable[[bytes, bytes], None]
) -> bytes | None:
    """Return a zip archive with new names, in member names, members, and their RECORD; None if it is none."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = [(info, archive.read(info)) for info in archive.infolist()]
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError):
        return None
    packed, hashes = io.BytesIO(), {}
    for _, before in members:
        after = rename(before)
        note(before, after)
        hashes[record_hash(before)] = record_hash(after)
    with zipfile.ZipFile(packed, "w") as target:
        for info, before in members:
            after = rename(before)
            info.filename = info.orig_filename = rename(info.filename.encode()).decode()
            if info.filename.endswith("/RECORD"):
                for one, other in hashes.items():
                    after = after.replace(one, other)
            target.writestr(info, after, compress_type=info.compress_type)
    return packed.getvalue()


def record_hash(content: bytes) -> bytes:
    """Return a hash as RECORD has it."""
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")


def headers(plain: bytes) -> list[int]:
    """Return where the headers of a tar archive are, those of extended fields and of long names included."""
    found, at = [], 0
    while plain[at : at + 512].strip(b"\0"):
        found.append(at)
        if (size := int(plain[at + 124 : at + 136].strip(b"\0 ") or b"0", 8)) < 0:
            raise ValueError("a tar archive has a member of a negative size")
        at += 512 + (size + 511) // 512 * 512
    return found


def retarred(
    content: bytes, rename: Callable[[bytes], bytes], note: Callable[[bytes, bytes], None]
) -> bytes | None:
    """Return a gzipped tar archive with new names; None if it is none."""
    try:
        plain = gzip.decompress(content)
        with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
            members, starts = archive.getmembers(), headers(plain)
    except (OSError, EOFError, zlib.error, tarfile.TarError, ValueError):
        return None
    packed = bytearray(rename(plain))
    for member in members:
        end = member.offset_data + member.size
        note(plain[member.offset_data : end], bytes(packed[member.offset_data : end]))
    for start in starts:
        packed[start + 148 : start + 156] = b" " * 8
        packed[start + 148 : start + 156] = b"%06o\0 " % sum(packed[start : start + 512])
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    deflated = packer.compress(bytes(packed)) + packer.flush()
    return content[:HEADER] + deflated + struct.pack("<LL", zlib.crc32(packed), len(packed) % 2**32)
