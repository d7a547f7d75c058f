from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from reference_server.model.errors import FileTooLargeError
from reference_server.store.blobs import IN_MEMORY, Blobs

SIZES = [0, 1, IN_MEMORY, IN_MEMORY + 1]


@pytest.mark.parametrize("size", SIZES)
def test_bytes_and_digests(size: int) -> None:
    content = b"\0\r\n" * size
    blobs = Blobs()
    blob = blobs.add(content)
    assert blob.read() == content
    with blob.open() as stream:
        assert stream.read() == content
    assert blob.size == len(content)
    assert blob.digests == {
        "sha256": hashlib.sha256(content).hexdigest(),
        "md5": hashlib.md5(content).hexdigest(),  # noqa: S324
        "blake2_256": hashlib.blake2b(content, digest_size=32).hexdigest(),
    }
    blobs.close()


def test_only_large_ones_lie_on_disk(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    blobs.add(b"x" * IN_MEMORY)
    assert list(tmp_path.iterdir()) == []
    large = blobs.add(b"x" * (IN_MEMORY + 1))
    assert [path.stat().st_size for path in tmp_path.iterdir()] == [IN_MEMORY + 1]
    large.remove()
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_taken_is_gone(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    with blobs.spool() as spool:
        spool.writer().write(b"x" * 2 * IN_MEMORY)
        taken = spool.writer()
        taken.write(b"y" * 2 * IN_MEMORY)
        blob = spool.take(taken)
    assert list(tmp_path.iterdir()) == [blob.content]


def test_the_limit_itself_passes_and_one_more_does_not(tmp_path: Path) -> None:
    with Blobs(tmp_path).spool(limit=2 * IN_MEMORY) as spool:
        writer = spool.writer()
        writer.write(b"x" * 2 * IN_MEMORY)
        with pytest.raises(FileTooLargeError):
            writer.write(b"x")
    assert list(tmp_path.iterdir()) == []


def test_closing_removes_the_directory_that_was_made() -> None:
    blobs = Blobs()
    content = blobs.add(b"x" * (IN_MEMORY + 1)).content
    assert isinstance(content, Path)
    assert content.exists()
    blobs.close()
    assert not content.parent.exists()
