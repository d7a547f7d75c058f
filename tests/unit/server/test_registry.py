from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from reference_server.archives.opening import leniently
from reference_server.model import Upload, errors
from reference_server.rules.ready_made import GITLAB_PROJECTS
from reference_server.store.blobs import IN_MEMORY

if TYPE_CHECKING:
    from reference_server.model import Package
    from reference_server.rules.registry import Registry

PRIVATE, PUBLIC, *_ = GITLAB_PROJECTS
WHEEL = "demo_pkg-1.0-py3-none-any.whl"


def upload(registry: Registry, **changes: Any) -> Any:
    content = changes.pop("content", b"content")
    said = {"name": "demo-pkg", "version": "1.0", "filename": WHEEL} | changes
    opens = leniently(registry.rules.open_archive)  # what is inside is of no interest here
    registry = registry.under(replace(registry.rules, open_archive=opens))
    return registry.upload(PRIVATE, Upload(blob=registry.store.blobs.add(content), **said))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"name": "-demo"}, errors.NameInvalidError),
        ({"version": "1.0-SNAPSHOT"}, errors.VersionInvalidError),
        ({"requires_python": ">=3.x"}, errors.RequiresPythonInvalidError),
        ({"requires_python": ">=3." + "8" * 300}, errors.RequiresPythonTooLongError),
        ({"filename": "demo_pkg-1.0.exe"}, errors.FileNameInvalidError),
        ({"filename": "../" + WHEEL}, errors.FileNameInvalidError),
        ({"filename": "other-1.0.tar.gz"}, errors.FileNameDisagreesError),
        ({"version": "1.1"}, errors.FileNameDisagreesError),
        ({"digests": {"sha256": "0" * 64}}, errors.DigestMismatchError),
        ({"digests": {"md5": "0" * 32}}, errors.DigestMismatchError),
        ({"digests": {"blake2_256": "0" * 64}}, errors.DigestMismatchError),
        ({"digests": {"sha256": "0" * 63}}, errors.InvalidFieldError),
        ({"digests": {"sha256": "z" * 64}}, errors.InvalidFieldError),
    ],
)
def test_refused_and_nothing_left(
    registry: Registry, changes: dict[str, Any], error: type[errors.RegistryError]
) -> None:
    content = b"x" * (IN_MEMORY + 1)
    blob = registry.store.blobs.add(content)
    with pytest.raises(error):
        registry.upload(
            PRIVATE,
            Upload(**({"name": "demo-pkg", "version": "1.0", "filename": WHEEL, "blob": blob} | changes)),
        )
    assert registry.packages(PRIVATE) == ()
    with pytest.raises(FileNotFoundError):
        blob.open()
    registry.close()


def test_the_documented_duplicate_message(registry: Registry) -> None:
    first = upload(registry)
    with pytest.raises(
        errors.FileNameTakenError, match=r"^Validation failed: File name has already been taken$"
    ):
        upload(registry, content=b"other")
    assert registry.listed(PRIVATE, "demo-pkg")[0].files == (first,)
    assert first.blob.read() == b"content"


def test_true_digests_in_any_letter_case(registry: Registry) -> None:
    digests = registry.store.blobs.add(b"content").digests
    upload(registry, digests={name: digest.upper() for name, digest in digests.items()})
    assert registry.listed(PRIVATE, "demo-pkg")[0].files[0].digests == digests


def test_exactly_the_largest_file(registry: Registry) -> None:
    strict = registry.under(replace(registry.rules, max_file_size=10))
    upload(strict, content=b"x" * 10)
    with pytest.raises(errors.FileTooLargeError):
        upload(strict, content=b"x" * 11, filename="demo_pkg-1.0.tar.gz")


def test_spellings_of_name_and_version_are_one_package(registry: Registry) -> None:
    upload(registry, name="Demo.Pkg", version="v1.0")
    upload(registry, name="demo_pkg", version="1.0.0", filename="demo-pkg-1.0.0.tar.gz")
    (package,) = registry.packages(PRIVATE)
    assert (package.name, package.version, len(package.files)) == ("Demo.Pkg", "v1.0", 2)


def test_gitlab_projects_are_apart(registry: Registry) -> None:
    registry.publish(WHEEL, b"one")
    registry.publish(WHEEL, b"two", gitlab_project=2)
    assert registry.packages(PUBLIC)[0].files[0].blob.read() == b"two"
    assert registry.packages(PRIVATE)[0].files[0].blob.read() == b"one"


def test_publish_reads_name_and_version_from_the_file_name(registry: Registry) -> None:
    registry.publish("demo_pkg-1!1.0+l.1.tar.gz", b"", requires_python=">=3.8")
    (package,) = registry.packages(PRIVATE)
    assert (package.name, package.version, package.files[0].requires_python) == (
        "demo-pkg",
        "1!1.0+l.1",
        ">=3.8",
    )


def test_publish_asks_for_what_the_file_name_does_not_tell(registry: Registry) -> None:
    with pytest.raises(ValueError, match="give name= and version="):
        registry.publish("demo.exe", b"")


def test_a_deleted_file_name_can_be_used_again(registry: Registry) -> None:
    file = upload(registry)
    registry.delete_package(PRIVATE, file.package_id)
    with pytest.raises(errors.PackageNotFoundError):
        registry.listed(PRIVATE, "demo-pkg")
    assert registry.project_names(PRIVATE) == ()
    upload(registry)
    assert registry.project_names(PRIVATE) == ("demo-pkg",)


def test_deleting_one_file_leaves_the_others(registry: Registry) -> None:
    first = upload(registry)
    second = upload(registry, filename="demo_pkg-1.0.tar.gz")
    registry.delete_file(PRIVATE, first.package_id, first.id)
    assert registry.listed(PRIVATE, "demo-pkg")[0].files == (second,)
    with pytest.raises(errors.NotFoundError):
        registry.delete_file(PRIVATE, first.package_id, first.id)


def test_packages_of_another_gitlab_project_are_not_there(registry: Registry) -> None:
    file = upload(registry)
    for delete in (registry.package, registry.delete_package):
        with pytest.raises(errors.NotFoundError):
            delete(PUBLIC, file.package_id)


def test_a_file_is_found_by_digest_and_name(registry: Registry) -> None:
    file = upload(registry)
    assert registry.file(PRIVATE, file.sha256, WHEEL) == file
    for sha256, filename in ((file.sha256.upper(), WHEEL), ("0" * 64, WHEEL), (file.sha256, "other.whl")):
        with pytest.raises(errors.PackageNotFoundError):
            registry.file(PRIVATE, sha256, filename)


@pytest.mark.parametrize(
    ("duplicates", "contents"),
    [("replace", [b"two"]), ("ignore", [b"one"]), ("add", [b"one", b"two"])],
)
def test_other_rules_for_duplicates(registry: Registry, duplicates: Any, contents: list[bytes]) -> None:
    lenient = registry.under(replace(registry.rules, duplicates=duplicates))
    upload(lenient, content=b"one")
    upload(lenient, content=b"two")
    assert [file.blob.read() for file in lenient.packages(PRIVATE)[0].files] == contents


def test_a_rule_that_keeps_what_it_refuses(registry: Registry) -> None:
    faulty = registry.under(replace(registry.rules, keeps_rejected=True))
    with pytest.raises(errors.DigestMismatchError):
        upload(faulty, digests={"md5": "0" * 32})
    assert registry.packages(PRIVATE)[0].files[0].blob.read() == b"content"


def test_a_rule_that_forgets_nothing(registry: Registry) -> None:
    faulty = registry.under(replace(registry.rules, forgets=lambda _file: False))
    file = upload(faulty)
    faulty.delete_package(PRIVATE, file.package_id)
    assert registry.packages(PRIVATE)[0].files == (file,)


def test_a_rule_that_never_reopens_a_file_name(registry: Registry) -> None:
    faulty = registry.under(replace(registry.rules, reopens_filenames=False))
    file = upload(faulty)
    faulty.delete_package(PRIVATE, file.package_id)
    with pytest.raises(errors.FileNameTakenError):
        upload(faulty)


@pytest.mark.parametrize("reference", ["1", "conformance/registry", "Conformance/Registry"])
def test_a_gitlab_project_is_found_by_id_and_by_path(registry: Registry, reference: str) -> None:
    assert registry.gitlab_project(reference) is PRIVATE


@pytest.mark.parametrize("reference", ["", "0", "99", "9" * 5000, "²", "registry", "conformance%2Fregistry"])
def test_no_such_gitlab_project(registry: Registry, reference: str) -> None:
    with pytest.raises(errors.GitLabProjectNotFoundError):
        registry.gitlab_project(reference)


def test_a_rule_that_lists_less(registry: Registry) -> None:
    upload(registry)
    upload(registry, filename="demo_pkg-1.0.tar.gz")
    faulty = registry.under(replace(registry.rules, lists=lambda file: file.filename.endswith(".whl")))
    assert [file.filename for file in faulty.listed(PRIVATE, "demo-pkg")[0].files] == [WHEEL]
    silent = registry.under(replace(registry.rules, lists=lambda _file: False))
    assert silent.project_names(PRIVATE) == ()


@pytest.mark.parametrize("selection", [{"version": "2.0"}, {"filename": "demo_pkg-2.0-py3-none-any.whl"}])
def test_a_change_writes_no_other_version(
    selection: dict[str, Any], registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("1.0", "2.0", "3.0"):
        upload(registry, version=version, filename=f"demo_pkg-{version}-py3-none-any.whl")
    written: list[str] = []
    put = registry.store.put_package

    def noting(package: Package) -> None:
        written.append(package.version)
        put(package)

    monkeypatch.setattr(registry.store, "put_package", noting)
    registry.yank("Demo.Pkg", reason="broken", **selection)
    assert written == ["2.0"]
    yanked = [
        file.yanked for package in registry.packages(PRIVATE, name="demo-pkg") for file in package.files
    ]
    assert yanked == [None, "broken", None]
    registry.unyank("demo-pkg")
    assert written == ["2.0", "1.0", "2.0", "3.0"]
