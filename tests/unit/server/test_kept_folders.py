"""A folder that several servers share, what is damaged in it, and an upstream that refuses."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reference_server.sources.kept_upstream import KeptUpstream

from .scripted_index import DEMO, METADATA, Mirrored, Script, mirrored, only_loopback, running, script

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["mirrored", "only_loopback", "running", "script"]

PROVENANCE = json.dumps({"version": 1, "attestation_bundles": []}).encode()


@pytest.fixture
def restarted(mirrored: Mirrored, tmp_path: Path) -> Callable[[], Mirrored]:
    """Return another mirror with the same folder."""
    return lambda: Mirrored(replace(mirrored.upstream, keep=tmp_path / "kept"))


@pytest.mark.parametrize("links", [True, False])
def test_a_server_leaves_the_file_in_place_that_another_serves(
    restarted: Callable[[], Mirrored],
    script: Script,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    links: bool,
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    if not links:
        monkeypatch.setattr(Path, "hardlink_to", refuse)
    script.page()
    first = restarted()
    assert first.file().data == DEMO.content
    (file,) = first.mirror.files("demo")
    listed = replace(file, digests={"sha256": DEMO.sha256})
    again = KeptUpstream(tmp_path / "kept", first.upstream.index).put_file(listed, file.blob)
    assert file.blob.read() == again.read() == DEMO.content
    assert not list(tmp_path.rglob(".incoming-*"))


def test_a_page_stays_when_a_kept_file_was_touched(restarted: Callable[[], Mirrored], script: Script) -> None:
    hashes = {"sha256": DEMO.sha256, "md5": hashlib.md5(DEMO.content, usedforsecurity=False).hexdigest()}
    script.page(hashes=hashes)
    first = restarted()
    assert first.file().data == DEMO.content
    (file,) = first.mirror.files("demo")
    assert isinstance(file.blob.content, Path)
    os.utime(file.blob.content, (1, 1))
    script.page(hashes=hashes, yanked="later")
    assert first.entry()["yanked"] == "later"
    assert first.file().data == DEMO.content
    assert first.entry()["hashes"]["sha256"] == DEMO.sha256


def test_a_damaged_document_without_a_stated_hash_is_fetched_again(
    restarted: Callable[[], Mirrored], script: Script, tmp_path: Path
) -> None:
    script.page(**{"core-metadata": True, "provenance": "/p"})
    script.answers["/p"] = (200, {}, PROVENANCE)
    first = restarted()
    assert first.file(".metadata").data == METADATA
    assert first.client.get(first.entry()["provenance"]).data == PROVENANCE
    assert restarted().file(".metadata").data == METADATA
    assert script.counts[f"/packages/{DEMO.filename}.metadata"] == 1
    for suffix in (".metadata", ".provenance"):
        (kept,) = tmp_path.rglob(DEMO.filename + suffix)
        kept.write_bytes(kept.read_bytes()[:-1] + b"x")
    again = restarted()
    assert again.file(".metadata").data == METADATA
    assert script.counts[f"/packages/{DEMO.filename}.metadata"] == 2
    script.answers["/p"] = (503, {}, b"")
    assert again.client.get(again.entry()["provenance"]).status_code == 502
