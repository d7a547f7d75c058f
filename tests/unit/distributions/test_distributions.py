"""The factory's wheels and sdists are what the formats' specifications and tools take them for."""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib.util
import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest
from packaging.metadata import Metadata
from packaging.utils import parse_sdist_filename, parse_wheel_filename

from reference_server.distributions import Metadata as Described
from reference_server.distributions import sdist, wheel

from .audit import of_wheel, problems

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType

    from reference_server.distributions import Distribution

LICENSED = Described(
    metadata_version="2.4", name="demo", version="1.0", license_expression="0BSD", license_file=("LICENSE",)
)


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
def test_the_same_arguments_give_the_same_bytes(factory: Callable[..., Distribution]) -> None:
    assert factory("demo", "1.0") == factory("demo", "1.0")


@pytest.mark.parametrize("factory", [wheel, sdist])
def test_a_marker_makes_a_twin(factory: Callable[..., Distribution]) -> None:
    first, twin = factory("demo", "1.0"), factory("demo", "1.0", marker="twin")
    assert (first.filename, first.metadata) == (twin.filename, twin.metadata)
    assert first.sha256 != twin.sha256


@pytest.mark.parametrize("factory", [wheel, sdist])
def test_options_leave_a_distribution_valid(factory: Callable[..., Distribution]) -> None:
    built = factory(
        "demo",
        "1.0",
        metadata=LICENSED,
        packages=("first", "second"),
        modules=("third",),
        members={"data/a,b.txt": b"data"},
    )
    assert problems(built) == set()
    assert built.metadata == LICENSED


def test_the_document_may_differ_from_the_form() -> None:
    built = wheel("demo", "1.0", document=b"Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    assert problems(built) == {"Name"}
    assert dict(built.form())["name"] == "demo"


def test_a_compressed_set_of_tags_is_written_out() -> None:
    built = wheel("demo", "1.0", tag="py2.py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64")
    tags = members(built)["demo-1.0.dist-info/WHEEL"].decode().split("Tag: ")[1:]
    assert {tag.strip() for tag in tags} == {str(tag) for tag in parse_wheel_filename(built.filename)[3]}
    assert (len(tags), built.pyversion) == (4, "py2.py3")


def test_a_wheel_can_be_compressed() -> None:
    much = {"data.txt": b"data" * 10_000}
    plain, small = wheel("demo", "1.0", members=much), wheel("demo", "1.0", members=much, compressed=True)
    assert members(plain) == members(small)
    assert len(small.content) < len(plain.content) / 10


def test_a_compressed_wheel_has_no_exact_size() -> None:
    with pytest.raises(ValueError, match="leave out"):
        wheel("demo", "1.0", compressed=True, size=5_000)


@pytest.mark.parametrize("factory", [wheel, sdist])
def test_a_file_name_can_be_given(factory: Callable[..., Distribution]) -> None:
    assert factory("demo", "1.0", filename="Demo-1.0.odd").filename == "Demo-1.0.odd"


def test_an_sdist_can_be_a_zip_archive() -> None:
    packed, plain = sdist("demo", "1.0", format="zip"), sdist("demo", "1.0")
    assert packed.filename == "demo-1.0.zip"
    with tarfile.open(fileobj=io.BytesIO(plain.content)) as archive:
        assert sorted(members(packed)) == sorted(archive.getnames())


def test_an_sdist_builds_into_a_valid_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = sdist("demo", "1.0", metadata=LICENSED, packages=("first", "second"), modules=("third",))
    with tarfile.open(fileobj=io.BytesIO(built.content)) as archive:
        archive.extractall(tmp_path, filter="data")
    monkeypatch.chdir(tmp_path / "demo-1.0")
    filename = backend(tmp_path / "demo-1.0").build_wheel(str(tmp_path))
    made = wheel("demo", "1.0", metadata=LICENSED, packages=("first", "second"), modules=("third",))
    assert filename == made.filename
    with zipfile.ZipFile(tmp_path / filename) as archive_of_wheel:
        assert set(archive_of_wheel.namelist()) == set(members(made))
    assert of_wheel(made) == set()


def backend(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("backend", folder / "self_contained_backend.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
