"""Records what an installation asks of an index: pip downloads through a mirror in this process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from reference_server.errors import UserError
from reference_server.model.errors import NotFoundError, UpstreamError
from reference_server.serving.in_process import ReferenceServer
from reference_server.sources.mirror_store import OWNER
from reference_server.sources.recording import require_new, write_recording
from reference_server.sources.stored_files import Stamp, sha256_of
from reference_server.sources.whole_index import bring_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reference_server.sources.mirror import Mirror
    from reference_server.sources.upstream import Upstream

FLAVOUR = "pypi"
"""Its index needs no credential."""
PATIENCE = 600  # seconds: a file is fetched as a whole before its first byte is sent
LINES = 5  # of pip's output, in a message

BUILDERS = ("--no-deps", "setuptools", "wheel")
"""What installers build an sdist with that names nothing: some versions of pip with both, others with the first."""

_OTHER_SOURCE = re.compile(
    r"\s*(?:-i|-f|--index-url|--extra-index-url|--find-links|--no-index|--pypi-url)\b", re.MULTILINE
)


def record(
    upstream: Upstream,
    *,
    requirements: Sequence[str] = (),
    files: Sequence[Path] = (),
    folder: Path,
    pip_options: Sequence[str] = (),
) -> int:
    """Write the distributions that requirements need, with their dependencies, to a new or empty folder.

    Distributions to build others with are among them. Returns the number of files. Raises `UserError`.
    """
    _check(files, folder)
    arguments = [
        *pip_options,
        *(each for file in files for each in ("-r", str(file.absolute()))),
        *requirements,
    ]
    with (
        tempfile.TemporaryDirectory(prefix="reference-server-") as downloads,
        ReferenceServer(flavour=FLAVOUR, upstream=upstream) as server,
    ):
        mirror = server.mirror
        try:
            _download(server.index_url, arguments, Path(downloads))
            if any(not path.name.endswith(".whl") for path in Path(downloads).iterdir()):
                with suppress(UserError):  # an index need not have them
                    _download(server.index_url, BUILDERS, Path(downloads))
            for name in mirror.projects():
                bring_files(mirror, name, fetched=True)
        except UserError as error:
            raise UserError(str(error), mirror.trouble) from error
        except (UpstreamError, NotFoundError) as error:
            raise UserError(f"{upstream.index} cannot be recorded: {error}") from error
        _check_origin(mirror, Path(downloads).iterdir())
        return write_recording(mirror.store, OWNER, mirror.projects(), upstream.index, folder)


def _check(files: Iterable[Path], folder: Path) -> None:
    """Find out before a long download what would stop it. Raises `UserError`."""
    if find_spec("pip") is None:
        raise UserError("recording needs pip, which this Python does not have", "Run: python -m ensurepip")
    require_new(folder.absolute().resolve())
    for file in files:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"cannot read {file}: {error}", "Give a file of requirements.") from error
        if _OTHER_SOURCE.search(text):
            raise UserError(
                f"{file} names another index or folder, which would not be recorded", "Leave that line out."
            )


def _download(index_url: str, arguments: Sequence[str], folder: Path) -> None:
    """Run `pip download` with that index alone. Raises `UserError` with the end of its output."""
    environment = {name: value for name, value in os.environ.items() if not name.upper().startswith("PIP_")}
    environment |= {"PIP_CONFIG_FILE": os.devnull, "PYTHONUTF8": "1"}
    for name in ("no_proxy", "NO_PROXY"):
        environment[name] = ",".join(filter(None, (environment.get(name), "127.0.0.1")))
    options = [
        "--index-url",
        index_url,
        "--dest",
        str(folder),
        "--no-cache-dir",
        "--no-input",
        "--retries",
        "0",
    ]
    quiet = ["--disable-pip-version-check", "--progress-bar", "off", "--timeout", str(PATIENCE)]
    command = [sys.executable, "-m", "pip", "download", *options, *quiet, *arguments]
    done = subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise UserError("pip could not download the requirements:\n  " + "\n  ".join(lines[-LINES:]))


def _check_origin(mirror: Mirror, downloads: Iterable[Path]) -> None:
    """Check that every download came from the index. Raises `UserError`."""
    known = {
        (file.filename, file.digests["sha256"])
        for name in mirror.projects()
        for file in mirror.files(name)
        if file.is_fetched
    }
    others = sorted(path.name for path in downloads if (path.name, sha256_of(Stamp.of(path))) not in known)
    if others:
        raise UserError(
            f"not from the index, and so not recorded: {', '.join(others)}",
            "Replace requirements that have a URL or a path.",
        )
