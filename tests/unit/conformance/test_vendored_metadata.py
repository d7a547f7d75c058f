"""Reading the metadata of distributions that hold that of other projects."""

from __future__ import annotations

from io import BytesIO

import pytest

from conformance.checks.simple.archive_metadata import metadata_in
from conformance.kit.uploads.vendoring import own_metadata, vendoring_sdist, vendoring_wheel
from conformance.kit.zip_archives import wheel_metadata
from reference_server import ReferenceServer
from reference_server.distributions.archives import zip_archive, zip_members

NAME, VERSION = "Holds.others", "1.0"


def test_the_first_metadata_of_such_a_wheel_is_not_its_own() -> None:
    """What setuptools looks like, whose own folder is the last."""
    paths = [
        path for path in zip_members(vendoring_wheel(NAME, VERSION).content) if path.endswith("METADATA")
    ]
    assert len(paths) == 3
    assert paths[1] == "holds_others-1.0.dist-info/METADATA"


def test_a_wheels_metadata_is_that_of_its_own_folder() -> None:
    content = vendoring_wheel(NAME, VERSION).content
    assert wheel_metadata(content) == own_metadata(NAME, VERSION)
    assert wheel_metadata(BytesIO(content)) == own_metadata(NAME, VERSION)


def test_a_wheel_with_the_metadata_of_others_alone_has_none() -> None:
    members = zip_members(vendoring_wheel(NAME, VERSION).content)
    own = "holds_others-1.0.dist-info/METADATA"
    others = zip_archive({path: content for path, content in members.items() if path != own})
    with pytest.raises(LookupError):
        wheel_metadata(others)


@pytest.mark.parametrize("build", [vendoring_wheel, vendoring_sdist])
def test_the_metadata_inside_is_its_own(build: object) -> None:
    assert callable(build)
    distribution = build(NAME, VERSION)
    found = metadata_in(distribution.filename, distribution.content)
    assert found is not None
    assert found["name"] == NAME


@pytest.mark.parametrize("build", [vendoring_wheel, vendoring_sdist])
def test_the_server_serves_its_own(build: object) -> None:
    assert callable(build)
    distribution = build(NAME, VERSION)
    with ReferenceServer() as server:
        server.publish(distribution)
        (package,) = server.registry.packages(server.registry.gitlab_project("1"), name=NAME)
        (file,) = package.files
    assert file.core_metadata is not None
    assert file.core_metadata.document == own_metadata(NAME, VERSION)
