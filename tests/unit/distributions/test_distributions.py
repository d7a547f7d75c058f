"""The factory's wheels and sdists are what the formats' specifications and tools take them for."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import tarfile
import zipfile

import pytest
from packaging.metadata import Metadata
from packaging.utils import parse_sdist_filename, parse_wheel_filename

from reference_server.distributions import Distribution, sdist, wheel


def members(distribution: Distribution) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(distribution.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_wheel_is_named_tagged_and_recorded() -> None:
    built = wheel("My.Project_Name", "1!1.0-Alpha.1+Local.1", build="7x", tag="cp312-abi3-linux_x86_64")
    name, version, build, tags = parse_wheel_filename(built.filename)
    assert (name, str(version), build) == ("my-project-name", "1!1.0a1+local.1", (7, "x"))
    assert {str(tag) for tag in tags} == {"cp312-abi3-linux_x86_64"}
    content = members(built)
    (record,) = (name for name in content if name.endswith(".dist-info/RECORD"))
    rows = list(csv.reader(io.StringIO(content[record].decode())))
    assert {row[0] for row in rows} == set(content)
    for path, digest, size in rows[:-1]:
        wanted = base64.urlsafe_b64encode(hashlib.sha256(content[path]).digest()).rstrip(b"=").decode()
        assert (digest, size) == (f"sha256={wanted}", str(len(content[path])))


def test_metadata_says_what_was_asked_for() -> None:
    built = wheel("demo", "1.0", requires_python=">=3.8,<4", requires_dist=("other>=1",), summary="Grün")
    (path,) = (path for path in members(built) if path.endswith("/METADATA"))
    metadata = Metadata.from_email(members(built)[path])
    assert (metadata.name, str(metadata.version), metadata.summary) == ("demo", "1.0", "Grün")
    assert str(metadata.requires_python) == "<4,>=3.8"
    assert [str(each) for each in metadata.requires_dist or ()] == ["other>=1"]


def test_an_sdist_has_one_top_level_folder_with_its_metadata() -> None:
    built = sdist("My.Project", "1.0-1")
    name, version = parse_sdist_filename(built.filename)
    assert (name, str(version)) == ("my-project", "1.0.post1")
    with tarfile.open(fileobj=io.BytesIO(built.content)) as archive:
        paths = archive.getnames()
        file = archive.extractfile("my_project-1.0.post1/PKG-INFO")
        assert file is not None
        assert Metadata.from_email(file.read()).name == "My.Project"
    assert {path.partition("/")[0] for path in paths} == {"my_project-1.0.post1"}


@pytest.mark.parametrize("factory", [wheel, sdist])
def test_the_same_arguments_give_the_same_bytes(factory: type[Distribution]) -> None:
    assert factory("demo", "1.0").content == factory("demo", "1.0").content  # type: ignore[call-arg, misc]
    assert factory("demo", "1.0", marker="x").content != factory("demo", "1.0").content  # type: ignore[call-arg, misc]


@pytest.mark.parametrize("size", [2_000, 9_999, 100_000, 1_234_567])
def test_a_wheel_can_have_an_exact_size(size: int) -> None:
    built = wheel("demo", "1.0", size=size)
    assert len(built.content) == size
    with zipfile.ZipFile(io.BytesIO(built.content)) as archive:
        assert archive.testzip() is None


def test_a_wheel_cannot_be_smaller_than_its_metadata() -> None:
    with pytest.raises(ValueError, match="ask for"):
        wheel("demo", "1.0", size=10)


def test_the_form_says_what_the_file_is() -> None:
    built = sdist("demo", "1.0", requires_python=">=3.8")
    form = dict(built.form())
    assert form[":action"] == "file_upload"
    assert (form["name"], form["version"], form["requires_python"]) == ("demo", "1.0", ">=3.8")
    assert (form["filetype"], form["pyversion"]) == ("sdist", "source")
    assert form["sha256_digest"] == hashlib.sha256(built.content).hexdigest()


def test_an_invalid_version_still_gives_a_file() -> None:
    built = wheel("demo", "1.0-SNAPSHOT")
    assert built.version == "1.0-SNAPSHOT"
    assert built.filename == "demo-1.0_SNAPSHOT-py3-none-any.whl"
