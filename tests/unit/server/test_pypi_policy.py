"""The Python Package Index's own policy, rule by rule, and as the flavour `pypi` answers."""

from __future__ import annotations

import sys
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

import packaging.metadata
import pytest
from werkzeug.test import Client

from reference_server import create_app
from reference_server.archives.archive import LIMITS
from reference_server.archives.opening import open_archive
from reference_server.distributions import Distribution, Metadata, invalid, sdist, wheel
from reference_server.flavours import flavour_named, pypi_archives, pypi_files, pypi_metadata, pypi_projects
from reference_server.model import Upload
from reference_server.model.errors import PolicyError
from reference_server.rules.ready_made import PASSWORD
from reference_server.serving.default_registry import default_registry
from reference_server.store.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.test import TestResponse

    from reference_server.rules.registry import Registry

BROKEN_RST = "`a link without an end\n\n.. nothing-like-this:: x\n"


def upload(distribution: Distribution | None = None, /, **fields: str | tuple[str, ...]) -> Upload:
    """Describe an upload, by default of a wheel; `fields` are those of the form."""
    distribution = distribution or wheel("demo", "1.0")
    said: dict[str, tuple[str, ...]] = {}
    for name, value in distribution.form():
        said[name] = (*said.get(name, ()), value)
    said |= {name: (value,) if isinstance(value, str) else value for name, value in fields.items()}
    return Upload(
        name=distribution.name,
        version=distribution.version,
        filename=distribution.filename,
        blob=MemoryStore().blobs.add(distribution.content),
        digests={"sha256": distribution.sha256},
        fields=said,
    )


@pytest.mark.parametrize(
    ("check", "fields", "message"),
    [
        (pypi_metadata.summary_is_short, {"summary": "A" * 513}, "must be 512 characters or less"),
        (pypi_metadata.summary_is_short, {"summary": "A\nB"}, "must be a single line"),
        (pypi_metadata.emails_are_addresses, {"author_email": "nobody"}, "'nobody' is not a valid email"),
        (pypi_metadata.emails_are_addresses, {"maintainer_email": "A <a@b>"}, "'a@b' is not a valid email"),
        (pypi_metadata.classifiers_are_known, {"classifiers": "Nope :: X"}, "'Nope :: X' is not a valid"),
        (pypi_metadata.classifiers_are_known, {"classifiers": "Private :: X"}, "is not a valid classifier"),
        (pypi_metadata.classifiers_are_known, {"classifiers": "Topic"}, "is not a valid classifier"),
        (pypi_metadata.urls_are_urls, {"home_page": "no url"}, "'no url' is not a valid url"),
        (pypi_metadata.urls_are_urls, {"download_url": "ftp://a.invalid/"}, "is not a valid url"),
        (pypi_metadata.urls_are_urls, {"project_urls": ", https://a.invalid/"}, "Must have a label"),
        (pypi_metadata.urls_are_urls, {"project_urls": "Label"}, "Must have a URL"),
        (pypi_metadata.urls_are_urls, {"project_urls": "Label, no url"}, "'no url' is not a valid url"),
        (pypi_metadata.urls_are_urls, {"project_urls": "L" * 33 + ", https://a.invalid/"}, "32 characters"),
        (
            pypi_metadata.no_direct_references,
            {"requires_dist": "a @ https://a.invalid/"},
            "direct dependency",
        ),
        (pypi_metadata.dynamic_may_be, {"dynamic": "Name"}, "'Name' is not a valid dynamic field"),
        (
            pypi_metadata.one_way_of_licensing,
            {"license": "MIT", "license_expression": "MIT"},
            "License is deprecated",
        ),
        (pypi_metadata.license_expression_is_valid, {"license_expression": "Nope"}, "'Nope' is invalid"),
        (pypi_metadata.description_renders, {"description": BROKEN_RST}, "in the default format"),
        (
            pypi_metadata.description_renders,
            {"description": BROKEN_RST, "description_content_type": "text/x-rst; charset=UTF-8"},
            "failed to render for 'text/x-rst; charset=UTF-8'",
        ),
        (pypi_files.filetype_is_known, {"filetype": ""}, "This field is required"),
        (pypi_files.filetype_is_known, {"filetype": "bdist_wat"}, "Use a known file type."),
        (pypi_files.wheel_has_pyversion, {"pyversion": ""}, "Python version is required"),
        (pypi_files.sdist_is_source, {"filetype": "sdist", "pyversion": "py3"}, "Use 'source' as Python"),
    ],
)
def test_a_field_is_refused(
    check: Callable[[Upload], None], fields: dict[str, str | tuple[str, ...]], message: str
) -> None:
    with pytest.raises(PolicyError) as caught:
        check(upload(**fields))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("since", "name"),
    [(since, name) for since, names in pypi_metadata.INTRODUCED.items() for name in sorted(names)],
)
def test_a_field_needs_the_version_that_introduced_it(since: str, name: str) -> None:
    """Old setuptools wrote License-File with 2.1, and older ones classifiers with 1.0: the index takes neither now."""
    versions = sorted(pypi_metadata.METADATA_VERSIONS)
    earlier = versions[versions.index(since) - 1]
    field = pypi_metadata.IN_METADATA.get(name, name.replace("_", "-"))
    message = f"{field} introduced in metadata version {since}, not {earlier}"
    stated = f"Metadata-Version: {earlier}\nName: demo\nVersion: 1.0\n{field}: a, b\n"
    with pytest.raises(ExceptionGroup) as group:
        packaging.metadata.Metadata.from_email(stated)
    assert message in map(str, group.value.exceptions)
    said = replace(upload(), fields={"metadata_version": (earlier,), name: ("a, b",)})
    if name == "requires_python":  # which is no other field to the rules
        said = replace(said, requires_python=">=3", fields={"metadata_version": (earlier,)})
    with pytest.raises(PolicyError, match=message):
        pypi_metadata.fields_are_of_the_version(said)
    pypi_metadata.fields_are_of_the_version(
        replace(said, fields={**said.fields, "metadata_version": (since,)})
    )


@pytest.mark.parametrize("name", ["maintainer", "requires_python"])
def test_a_blank_field_is_one_of_its_version(name: str) -> None:
    """The index strips no value of a form, and packaging takes each field that is there for stated."""
    with pytest.raises(ExceptionGroup, match="metadata"):
        packaging.metadata.Metadata.from_raw(
            {"metadata_version": "1.1", "name": "demo", "version": "1.0", name: " "}  # type: ignore[misc]
        )
    stated = replace(upload(), fields={"metadata_version": ("1.1",), name: (" ",)})
    with pytest.raises(PolicyError, match=r"introduced in metadata version 1\.2, not 1\.1"):
        pypi_metadata.fields_are_of_the_version(stated)


def test_what_is_right_is_taken() -> None:
    metadata = Metadata(
        metadata_version="2.4",
        name="demo",
        version="1.0",
        summary="A" * 512,
        description="A `link <https://example.invalid/>`_.\n",
        author_email="Somebody <somebody@example.com>",
        classifiers=("Programming Language :: Python :: 3", "Topic :: Software Development"),
        project_urls=("Source, https://example.invalid/demo",),
        home_page="https://example.invalid/",
        requires_dist=("other>=1; python_version < '3'", "not a requirement @"),
        license_expression="MIT OR Apache-2.0",
        dynamic=("Requires-Dist", "Home-page"),
    )
    for distribution in (wheel("demo", "1.0", metadata=metadata), sdist("demo", "1.0", metadata=metadata)):
        said = upload(distribution)
        for check in (*pypi_files.FORM_CHECKS, *pypi_metadata.CHECKS, *pypi_files.NAME_CHECKS):
            check(said)


@pytest.mark.parametrize("content_type", ["text/markdown; variant=GFM", "text/plain"])
def test_other_descriptions_are_not_read_as_rst(content_type: str) -> None:
    pypi_metadata.description_renders(upload(description=BROKEN_RST, description_content_type=content_type))


def test_without_readme_renderer_every_description_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "readme_renderer", None)
    pypi_metadata.description_renders(upload(description=BROKEN_RST))


def test_unknown_is_no_value() -> None:
    said = pypi_metadata.without_unknown(
        replace(upload(home_page="UNKNOWN", platform=("UNKNOWN ", "any")), requires_python="UNKNOWN")
    )
    assert (said.requires_python, said.fields["home_page"], said.fields["platform"]) == (None, (), ("any",))


def test_local_versions_are_refused() -> None:
    with pytest.raises(PolicyError, match=r"The use of local versions in '1\.0\+a' is not allowed\."):
        pypi_metadata.no_local_version(upload(wheel("demo", "1.0+a")))
    pypi_metadata.no_local_version(replace(upload(), version="no version"))


@pytest.mark.parametrize("version", ["2004d", "2011k", "unknown"])
def test_old_versions_are_refused_before_the_description(version: str) -> None:
    said = replace(upload(description=BROKEN_RST), version=version)
    with pytest.raises(PolicyError) as caught:
        ask_the_metadata(said)
    assert str(caught.value) == f"'{version}' is invalid for 'version'."


def ask_the_metadata(said: Upload) -> None:
    """Ask PyPI's questions about the metadata in the form."""
    for check in pypi_metadata.CHECKS:
        check(said)


def test_a_digest_of_any_kind_is_needed() -> None:
    pypi_files.has_digest(replace(upload(), digests={"md5": "0" * 32}))
    with pytest.raises(PolicyError, match="Include at least one message digest"):
        pypi_files.has_digest(replace(upload(), digests={}))


@pytest.mark.parametrize(
    "platform",
    [
        "any",
        "win_amd64",
        "manylinux1_i686",
        "manylinux2014_s390x",
        "manylinux_2_17_x86_64",
        "manylinux_2_17_x86_64.manylinux2014_x86_64",
        "musllinux_1_2_aarch64",
        "macosx_10_9_universal2",
        "macosx_11_0_arm64",
        "ios_13_0_arm64_iphoneos",
        "android_21_arm64_v8a",
        "pyemscripten_2025_0_wasm32",
        "linux_armv7l",
    ],
)
def test_platforms_that_say_enough(platform: str) -> None:
    pypi_files.platform_is_allowed(upload(wheel("demo", "1.0", tag=f"cp312-cp312-{platform}")))


@pytest.mark.parametrize(
    "platform",
    [
        "linux_x86_64",
        "manylinux_2_17_none",
        "manylinux2014_x86_64.linux_x86_64",
        "musllinux_1_2_ppc64",
        "macosx_11_5_arm64",
    ],
)
def test_platforms_that_say_too_little(platform: str) -> None:
    with pytest.raises(PolicyError, match="has an unsupported platform tag"):
        pypi_files.platform_is_allowed(upload(wheel("demo", "1.0", tag=f"cp312-cp312-{platform}")))


@pytest.mark.parametrize(
    ("distribution", "message"),
    [
        (
            wheel("Foo.Bar", "1.0", filename="Foo.Bar-1.0-py3-none-any.whl"),
            "should contain the normalized project name 'foo_bar', not 'Foo.Bar'.",
        ),
        (sdist("Foo.Bar", "1.0", filename="Foo.Bar-1.0.tar.gz"), "should be 'foo_bar-1.0.tar.gz'."),
        (sdist("foo-bar", "1.0", filename="foo_bar-v1.0.tar.gz"), "should be 'foo_bar-1.0.tar.gz'."),
        (sdist("foo-bar", "1.0", format="zip"), "should be 'foo_bar-1.0.tar.gz'."),
    ],
)
def test_file_names_are_spelled_in_one_way(distribution: Distribution, message: str) -> None:
    with pytest.raises(PolicyError) as caught:
        ask_the_name(upload(distribution))
    assert str(caught.value).endswith(message)


def test_what_is_no_file_name_of_the_project_is_left_to_others() -> None:
    for filename in ("Other-1.0-py3-none-any.whl", "demo-1.0-py3.whl"):
        ask_the_name(replace(upload(), filename=filename))
    ask_the_name(replace(upload(sdist("demo", "1.0")), filename="other-1.0.tar.gz"))


@pytest.mark.parametrize(
    ("made", "filename", "message"),
    [
        (sdist, "demo-1.0.tar.bz2", "Invalid file extension: Use .tar.gz, .whl or .zip extension."),
        (sdist, "demo-1.0", "Invalid file extension: Use .tar.gz, .whl or .zip extension."),
        (wheel, "setup.exe", "Invalid file extension: Use .tar.gz, .whl or .zip extension."),
        (
            wheel,
            "demo-1.0.zip",
            "Invalid file extension: Extension .zip is invalid for filetype bdist_wheel.",
        ),
        (
            sdist,
            "demo-1.0.TAR.GZ",
            "Invalid file extension: Extension .TAR.GZ is invalid for filetype sdist.",
        ),
        (sdist, "demo-1.0-alpha.tar.gz", "Invalid source distribution filename: demo-1.0-alpha.tar.gz"),
        (sdist, "demo.tar.gz", "Invalid source distribution filename: demo.tar.gz"),
    ],
)
def test_names_of_other_files_are_refused(
    made: Callable[[str, str], Distribution], filename: str, message: str
) -> None:
    with pytest.raises(PolicyError) as caught:
        ask_the_name(replace(upload(made("demo", "1.0")), filename=filename))
    assert str(caught.value) == message


def test_names_with_a_version_of_two_parts_are_read() -> None:
    with pytest.raises(PolicyError, match=r"should be 'demo-1\.0\.post2\.tar\.gz'"):
        ask_the_name(upload(sdist("demo", "1.0-2", filename="demo-1.0-2.tar.gz")))


def ask_the_name(said: Upload) -> None:
    """Ask PyPI's questions about a file's name."""
    for check in pypi_files.NAME_CHECKS:
        check(said)


@pytest.fixture
def stocked(registry: Registry) -> Registry:
    """A registry that has a wheel and an sdist of `tool-l0ok`."""
    for each in (wheel("tool-l0ok", "1.0"), sdist("tool-l0ok", "1.0")):
        registry.publish(each.filename, each.content)
    return registry


@pytest.mark.parametrize(
    ("distribution", "message"),
    [
        (wheel("too1.LOOK", "1.0"), "The name 'too1.LOOK' is too similar to an existing project."),
        (wheel("asyncio", "1.0"), "isn't allowed (conflict with Python Standard Library module name)."),
        (sdist("tool-l0ok", "1.0.0"), "Only one sdist may be uploaded per release."),
        (
            replace(wheel("tool-l0ok", "1.0"), filename="tool_l0ok-1.0-1-py3-none-any.whl"),
            "File already exists ('tool_l0ok-1.0-1-py3-none-any.whl', with blake2_256 hash ",
        ),
    ],
)
def test_what_is_there_already_is_asked(stocked: Registry, distribution: Distribution, message: str) -> None:
    with pytest.raises(PolicyError) as caught:
        ask_beside(stocked, upload(distribution))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "distribution", [wheel("tool-l0ok", "2.0"), sdist("tool-l0ok", "2.0"), wheel("b", "1")]
)
def test_what_is_new_is_taken(stocked: Registry, distribution: Distribution) -> None:
    ask_beside(stocked, upload(distribution))


def ask_beside(registry: Registry, said: Upload) -> None:
    """Ask PyPI's questions about an upload beside what is there."""
    packages = registry.packages(registry.gitlab_project("1"))
    for check in pypi_projects.CHECKS:
        check(said, packages)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("polyglot_wheel", "File is both a zip and a tar file."),
        ("polyglot_sdist", "File is both a zip and a tar file."),
        ("duplicate_member_wheel", "Duplicate filename in local headers."),
        ("prepended_data", "Malformed zip file."),
        ("trailing_data_wheel", "Trailing data."),
        ("local_header_mismatch", "Mis-matched local headers and central directory."),
        ("missing_license_file_wheel", "License-File LICENSE does not exist in distribution file "),
        ("missing_license_file_sdist", "License-File LICENSE does not exist in distribution file "),
    ],
)
def test_archives_are_refused(kind: str, message: str) -> None:
    with pytest.raises(PolicyError) as caught:
        look_into(upload(invalid(kind, "demo", "1.0")))
    assert message in str(caught.value)


def test_archives_are_taken() -> None:
    licensed = Metadata(metadata_version="2.4", name="demo", version="1.0", license_file=("LICENSE",))
    for distribution in (
        wheel("demo", "1.0", metadata=licensed, compressed=True, members={"demo/größe.txt": b"data"}),
        sdist("demo", "1.0", metadata=licensed),
    ):
        look_into(upload(distribution))


def look_into(said: Upload) -> None:
    """Ask PyPI's questions about an archive."""
    archive = open_archive(said.filename, said.blob, LIMITS)
    assert archive is not None
    for check in pypi_archives.CHECKS:
        check(archive, said)


class PyPI:
    """The application of the flavour."""

    def __init__(self) -> None:
        self.registry = default_registry()
        self.client = Client(create_app(self.registry, flavour=flavour_named("pypi")))

    def upload(self, distribution: Distribution, *, auth: tuple[str, str]) -> TestResponse:
        """Publish a distribution."""
        form: dict[str, Any] = {}
        for name, value in distribution.form():
            form.setdefault(name, []).append(value)
        return self.client.post(
            "/legacy/",
            data={**form, "content": (BytesIO(distribution.content), distribution.filename)},
            auth=auth,
        )


TOKEN = ("__token__", PASSWORD)


def test_uploads_with_a_password_are_refused() -> None:
    pypi = PyPI()
    answer = pypi.upload(wheel("demo", "1.0"), auth=("somebody", "secret"))
    assert answer.status_code == 403
    assert answer.get_json()["message"].startswith("Username/Password authentication is no longer supported.")
    assert pypi.upload(wheel("demo", "1.0"), auth=("__token__", "wrong")).status_code == 401
    assert pypi.upload(wheel("demo", "1.0"), auth=TOKEN).status_code == 200
    assert pypi.client.get("/simple/demo/", auth=("somebody", "secret")).status_code == 200


def test_the_status_line_of_a_refused_upload_says_why() -> None:
    pypi = PyPI()
    for summary, line in {"A\nB": "must be a single line.", "grünč" * 300: "512 characters or less."}.items():
        answer = pypi.upload(wheel("demo", "1.0", summary=summary), auth=TOKEN)
        assert answer.status_code == 400
        assert (
            answer.status
            == f"400 {answer.get_json()['message'].encode('latin-1', 'replace').decode('latin-1')}"
        )
        assert answer.status.endswith(line)
    assert pypi.client.get("/simple/none/").status == "404 NOT FOUND"


def test_a_status_line_has_its_status_once_and_no_control_characters() -> None:
    pypi = PyPI()
    refused = pypi.upload(wheel("demo", "1.0"), auth=("__token__", "wrong")).status
    assert refused.startswith("401 ")
    assert refused.count("401") == 1
    odd = pypi.upload(wheel("demo", "1.0", requires=["a @ http://x/\x1b[31m\x00"]), auth=TOKEN).status
    assert odd.startswith("400 ")
    assert odd.isprintable()


def test_the_root_page_spells_names_as_the_latest_upload_did() -> None:
    pypi = PyPI()
    for distribution in (wheel("demo.pkg", "2.0"), wheel("Demo_Pkg", "1.0")):
        assert pypi.upload(distribution, auth=TOKEN).status_code == 200
    root = pypi.client.get("/simple/", headers={"Accept": "application/vnd.pypi.simple.v1+json"})
    assert [each["name"] for each in root.get_json()["projects"]] == ["Demo_Pkg"]


def test_the_name_of_a_deleted_file_is_never_taken_again() -> None:
    pypi = PyPI()
    assert pypi.upload(wheel("demo", "1.0"), auth=TOKEN).status_code == 200
    headers = {"PRIVATE-TOKEN": PASSWORD}
    path = "/-/reference/projects/2/packages/pypi/demo/files/demo-1.0-py3-none-any.whl"
    assert pypi.client.delete(path, headers=headers).status_code == 204
    answer = pypi.upload(wheel("demo", "1.0", marker="other"), auth=TOKEN)
    assert answer.status_code == 400
    assert answer.get_json()["message"].startswith("This filename was previously used by a file")
