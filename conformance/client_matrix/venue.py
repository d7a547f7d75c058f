"""Where scenarios take place: a registry, its driver, and what is published there for all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.clients import IndexURL
from conformance.target import DEFAULT
from conformance.target.drivers import Ability
from conformance.verdicts import Untestable
from reference_server.distributions import Metadata, wheel

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.corpus import Corpus
    from conformance.target.driver import TargetDriver
    from conformance.target.embedded import OtherIndex
    from conformance.target.forward_proxy import ForwardProxy
    from conformance.target.recording import Recording
    from conformance.target.registry_client import RegistryClient
    from conformance.verdicts.options import RunOptions
    from conformance.wire import Budget
    from conformance.wire.credential import Credential
    from reference_server.distributions import Distribution


_NUMBERS = count(1)
"""Two venues may be of one run, whose id is in their names: no number comes twice in a process."""


@dataclass(frozen=True, kw_only=True)
class Venue:
    """A registry that clients reach through `recording`, and all other hosts through `forward_proxy`.

    What scenarios only read is published once, when needed, and the other index is started then.
    """

    registry: RegistryClient
    driver: TargetDriver
    corpus: Corpus
    recording: Recording
    forward_proxy: ForwardProxy
    start_other_index: Callable[[], OtherIndex]
    budget: Budget
    options: RunOptions
    count: Callable[[int], None] = field(default=lambda _: None)
    """Called with the number of requests of each run of a client."""

    @property
    def credential(self) -> Credential | None:
        """The credential that clients use."""
        return self.registry.target.credential(DEFAULT)

    @property
    def index_url(self) -> IndexURL:
        """The index, through the recording."""
        return IndexURL(self.recording.at(self.registry.target.index_url), self.credential)

    @property
    def upload_url(self) -> str:
        """Where clients upload to, through the recording."""
        return self.recording.at(self.registry.target.upload_url)

    def new_name(self, purpose: str) -> str:
        """Return the name of a new project, with the id of the run."""
        return f"conformance-{self.corpus.run_id}-clients-{next(_NUMBERS)}-{purpose}"

    def publish(self, *distributions: Distribution) -> None:
        """Publish what a scenario needs. Raises Untestable where it is refused."""
        for each in distributions:
            answer = self.registry.upload(each)
            if not answer.is_success:
                raise Untestable(f"{each.filename}, which this needs, was refused: {answer.status}")
        for each in distributions:
            self.registry.await_page(each.name)

    @cached_property
    def other_index(self) -> OtherIndex:
        """An index that is not the target's, and needs no credential."""
        return self.start_other_index()

    @property
    def main(self) -> str:
        """A project with 1.0, 1.1 and 2.0rc1."""
        name = canonicalize_name(self.corpus["main-latest"].name)
        self.registry.await_page(name)
        return name

    @cached_property
    def needy(self) -> tuple[str, str]:
        """A project, and the other one that it depends on."""
        needed = wheel(self.new_name("needed"), "1.0")
        needy = wheel(self.new_name("needy"), "1.0", requires_dist=(f"{needed.name}>=1",))
        self.publish(needed, needy)
        return needy.name, needed.name

    @cached_property
    def with_extra(self) -> tuple[str, str]:
        """A project, and the other one that its extra `more` depends on."""
        needed = wheel(self.new_name("needed"), "1.0")
        metadata = Metadata(
            name=self.new_name("rich"),
            version="1.0",
            requires_dist=(f"{needed.name}>=1; extra == 'more'",),
            provides_extra=("more",),
        )
        rich = wheel(metadata.name, metadata.version, metadata=metadata)
        self.publish(needed, rich)
        return rich.name, needed.name

    @cached_property
    def yanked(self) -> str:
        """A project whose newest version, 1.1, is yanked. Raises NotApplicable without a driver that yanks."""
        self.driver.require(Ability.YANK)
        name = self.new_name("yanked")
        newest = wheel(name, "1.1")
        self.publish(wheel(name, "1.0"), newest)
        self.driver.yank(newest, "broken")
        self.registry.await_page(name)
        return name
