"""What the Python Package Index makes of names.

The names of Python's own modules are not tried: a registry that takes them would keep them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.uploads.publishing import publish
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index, NewName, RegistryClient

LOOK_ALIKES = ("1ookal1ke", "l00kalike", "look-alike")


@check("name.display-updates")
def test_display_updates(registry: RegistryClient, index: Index, new_name: NewName) -> None:
    name = new_name("display")
    respelled = name.replace("-", "_").title()
    publish(registry, wheel(name, "1.0"), wheel(respelled, "1.1"))
    for root in index.roots():
        listed = [each for each in root.names if canonicalize_name(each) == name]
        expect.equal(listed, [respelled], of="the spelling in the list of projects", where=root.where)


@check("name.too-similar")
def test_too_similar(registry: RegistryClient, new_name: NewName) -> None:
    name = new_name("lookalike")
    publish(registry, wheel(name, "1.0"))
    similar = [name.replace("lookalike", look_alike) for look_alike in LOOK_ALIKES]
    answers = {each: registry.upload(wheel(each, "1.0")) for each in similar}
    wrong = [f"{each}: {answer.status}" for each, answer in answers.items() if answer.status != 400]
    expect.rule(
        "every upload under a similar name to be refused with 400",
        broken_by=wrong,
        where=registry.target.upload_url,
    )
    for each in similar:
        expect.not_listed(registry.project_page(each), [wheel(each, "1.0").filename])
