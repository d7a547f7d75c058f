"""Whether the suite, pip and uv are content with everything that the specifications leave open.

    python benchmarks/variety.py --seeds 100

Each seed is a reference server that does other things in other ways, all of them allowed. The suite judges it, all
checks but those of real clients; then `uv publish` fills another such server, and pip and uv install from it. What
fails is printed per check and per client, with the seeds; `--seed N` looks at one seed closely. Loopback only.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from conformance.catalogue import catalogue
from conformance.clients.index_url import IndexURL
from conformance.clients.pip import Pip
from conformance.clients.uv import Uv
from conformance.profiles import profile
from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts.options import RunOptions
from conformance.wire.credential import Credential
from reference_server import ReferenceServer
from reference_server.distributions import wheel
from reference_server.rules import Rules
from reference_server.variety import Variety

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from conformance.clients.run import ClientRun

PROFILE = "gitlab"
MAX_FILE_SIZE = 200_000
"""Bytes: what makes the checks of the size limit as quick as the others."""
ROUNDS = 2
"""How often a race is run: variety is not what races are about."""
DEVIATED = frozenset({"failed", "warned", "error"})
REQUIREMENT = "variety_demo>=1"
WANTED = frozenset({"variety_demo-1.1.dist-info", "variety_dependency-2.0+local.dist-info"})


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What came of one seed: `found` is what is wrong, by the check's id or the client's name."""

    seed: int
    judged: int = 0
    requests: int = 0
    found: dict[str, str] = field(default_factory=dict)


class InstallingUv(Uv):
    """uv as an installer."""

    def install(self, requirement: str, *, target: Path, index_url: IndexURL) -> ClientRun:
        """Install into the directory `target`."""
        return self._run(
            *("pip", "install", "--target", str(target), "--no-cache", "--no-config"),
            *("--python", sys.executable, "--keyring-provider", "disabled", requirement),
            variables={
                "UV_INDEX_URL": index_url.with_credential,
                "UV_PYTHON_DOWNLOADS": "never",
                "UV_HTTP_RETRIES": "0",
            },
            secrets=index_url.secrets,
        )


def judged(seed: int, areas: Sequence[str], examples: int) -> Trial:
    """Judge one server by the checks of these areas, or by all but those of clients."""
    rows = [
        row for row in catalogue().for_profile(profile(PROFILE)) if row.area != "clients" and not row.untested
    ]
    only = frozenset(row.id for row in rows if not areas or row.area in areas)
    with ReferenceServer(variety=seed, rules=replace(Rules(), max_file_size=MAX_FILE_SIZE)) as server:
        target = target_from_table(server.target(), embedded=True)
        options = RunOptions(examples=examples, rounds=ROUNDS)
        result = run_checks(target, options, Selection(only=only))
    return Trial(
        seed=seed,
        judged=result.summary.judged,
        requests=result.summary.requests,
        found={
            each.id: f"{each.verdict}: {each.message}" for each in result.results if each.verdict in DEVIATED
        },
    )


def installed(seed: int) -> Trial:
    """Publish with uv, and install with pip and with uv."""
    distributions = (
        wheel("Variety.Demo", "1.0"),
        wheel("Variety.Demo", "1.1", requires_dist=("variety-dependency>=1.5",), requires_python=">=3.8"),
        wheel("Variety.Demo", "1.2"),  # yanked
        wheel("Variety.Demo", "2.0", requires_python=">=99"),
        wheel("variety-dependency", "2.0+local"),
        wheel("variety-dependency", "3.0.dev1"),
    )
    found = {}
    with tempfile.TemporaryDirectory() as folder, ReferenceServer(variety=seed) as server:
        home = Path(folder)
        files = [each.save(home) for each in distributions]
        credential = Credential(username=server.username, password=server.password)
        index = IndexURL(server.index_url, credential)
        published = Uv().publish(files, to=server.url, credential=credential)
        if not published.succeeded:
            return Trial(seed=seed, judged=1, found={"uv publish": str(published)})
        server.registry.yank("variety-demo", version="1.2", reason='"broken" & <bad>', gitlab_project=1)
        pip, uv = Pip(), InstallingUv()
        installs: dict[str, Callable[[Path], ClientRun]] = {
            "pip install": lambda to: pip.install(REQUIREMENT, target=to, index_url=index, no_deps=False),
            "uv pip install": lambda to: uv.install(REQUIREMENT, target=to, index_url=index),
        }
        for name, install in installs.items():
            target = home / name.replace(" ", "-")
            run = install(target)
            there = {path.name for path in target.glob("*.dist-info")}
            if not run.succeeded or there != WANTED:
                found[name] = f"installed {sorted(there)}\n{run}"
    return Trial(seed=seed, judged=3, found=found)


def done(trials: Iterable[Trial]) -> Iterator[Trial]:
    """Tell each seed's number and deviations while they come."""
    for trial in trials:
        print(f"seed {trial.seed}: {', '.join(trial.found) or 'content'}", file=sys.stderr, flush=True)
        yield trial


def told(kind: str, trials: Sequence[Trial], seconds: float) -> bool:
    """Print what was found, per check or client, and tell whether it is nothing."""
    by_check: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for trial in trials:
        for name, message in trial.found.items():
            by_check[name].append((trial.seed, message))
    print(
        f"{kind}: {len(trials)} seeds, {sum(trial.judged for trial in trials)} judged, "
        f"{sum(trial.requests for trial in trials)} requests, {seconds:.0f} s; "
        f"{sum(map(len, by_check.values()))} deviations in {len(by_check)} checks"
    )
    for name, cases in sorted(by_check.items()):
        print(
            f"  {name}: {len(cases)} of {len(trials)}, seeds {', '.join(str(seed) for seed, _ in cases[:20])}"
        )
        print("    " + cases[0][1].replace("\n", "\n    "))
    return not by_check


def main() -> None:
    """Try the seeds, and end with 1 when anything was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--seeds", type=int, default=100, metavar="N", help="try the seeds 0 to N-1 (default 100)"
    )
    parser.add_argument("--seed", type=int, help="try this seed alone")
    parser.add_argument(
        "--areas", default="", help="areas of the catalogue, separated by commas (default all)"
    )
    parser.add_argument("--examples", type=int, default=2, help="examples per property (default 2)")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--without", choices=("suite", "clients"), help="leave one half out")
    options = parser.parse_args()
    seeds = range(options.seeds) if options.seed is None else (options.seed,)
    if options.seed is not None:
        print(Variety(options.seed))
    areas = tuple(filter(None, options.areas.split(",")))
    content = True
    with ProcessPoolExecutor(options.processes, mp_context=get_context("spawn")) as pool:
        halves: dict[str, Callable[[int], Trial]] = {
            "suite": partial(judged, areas=areas, examples=options.examples),
            "clients": installed,
        }
        for kind, trial in halves.items():
            if options.without != kind:
                began = perf_counter()
                trials = list(done(pool.map(trial, seeds)))
                content &= told(kind, trials, perf_counter() - began)
    sys.exit(0 if content else 1)


if __name__ == "__main__":
    main()
