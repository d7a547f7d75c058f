"""Uploads odd real distributions to each flavour of the server, and reads those that it takes back by HTTP, pip and uv.

    python -m benchmarks.odd_files --index-url URL --folder FOLDER [--flavour NAME ...] [--http-only]

`odd_files.toml` names the files: sdists of twenty years, wheels, and what is neither. Each is downloaded once from the
index into FOLDER, and compared with the hash of its page. The form has the metadata of the file, as tools send it. A
line per file and flavour says what the server answered, and what pip and uv made of the file: they check its hash, and
stop before they run anything of an sdist, which needs a setuptools that they do not have. Uploads go to this process.
"""

from __future__ import annotations

import argparse
import hashlib
import html
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import compat32
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import requests
from packaging.utils import canonicalize_name

from reference_server import ReferenceServer
from reference_server.flavours import all_flavours

if TYPE_CHECKING:
    from collections.abc import Iterator

LISTED = Path(__file__).with_name("odd_files.toml")
JSON = "application/vnd.pypi.simple.v1+json"
PATIENCE = 300  # seconds
ENDS = (".tar.gz", ".tar.bz2", ".zip", ".whl", ".egg", ".exe", ".msi", ".src.rpm")
TYPES = {
    ".whl": "bdist_wheel",
    ".egg": "bdist_egg",
    ".exe": "bdist_wininst",
    ".msi": "bdist_msi",
    ".rpm": "bdist_rpm",
}
PLURALS = {"classifier": "classifiers", "project_url": "project_urls"}
UV_SYSTEMS = {"win": "x86_64-pc-windows-msvc", "macosx": "x86_64-apple-darwin"}
"""The platforms of uv by the beginnings of those in wheels. It has none for Windows on 32 bits."""
NOTHING_RUNS = ("metadata-generation-failed", "Cannot import", "Failed to build", "setuptools")
"""What pip and uv say of an sdist that they have read and checked, and cannot build."""


@dataclass(frozen=True)
class OddFile:
    """A distribution on disk, and the project that it belongs to."""

    project: str
    path: Path

    @property
    def normalized(self) -> str:
        """The normalized name of the project."""
        return canonicalize_name(self.project)

    @property
    def sha256(self) -> str:
        """The digest of the content."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    def form(self) -> list[tuple[str, str]]:
        """Return the fields of an upload, without the content."""
        name = self.path.name
        stem = next((name.removesuffix(end) for end in ENDS if name.endswith(end)), name)
        is_built = self.path.suffix in TYPES
        version = stem[len(self.project) + 1 :]
        if is_built:
            version = re.split(r"-|\.(?:win|linux|macosx)", version)[0]
        fields = {"name": [self.project], "version": [version], "metadata_version": ["1.0"]}
        fields["requires_python"] = [""]  # tools send it empty, and GitLab 13.4 needs it
        python = next((each for each in stem.split("-")[-3:] if re.match(r"(py|cp)\d", each)), "any")
        fields |= metadata_of(self.path)
        fields |= {
            ":action": ["file_upload"],
            "protocol_version": ["1"],
            "filetype": [TYPES.get(self.path.suffix, "sdist")],
            "pyversion": [python if is_built else "source"],
            "sha256_digest": [self.sha256],
        }
        return [(field, value) for field, values in fields.items() for value in values]


def metadata_of(path: Path) -> dict[str, list[str]]:
    """Return the metadata of a file as fields of a form; none where it has none."""
    document = _document(path)
    if document is None:
        return {}
    found = message_from_bytes(document, policy=compat32)
    fields: dict[str, list[str]] = {}
    for name, value in found.items():
        field = name.lower().replace("-", "_")
        fields.setdefault(PLURALS.get(field, field), []).append(_text(str(value)))
    if fields.get("metadata_version", ["1.0"])[0] < "2.4":
        fields.pop(
            "license_file", None
        )  # twine does not send it: setuptools wrote it long before it was a field
    body = found.get_payload()
    if isinstance(body, str) and body.strip():
        fields["description"] = [_text(body)]
    return fields


def _document(path: Path) -> bytes | None:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            wanted = sorted(filter(_is_metadata, archive.namelist()), key=lambda each: each.count("/"))
            return archive.read(wanted[0]) if wanted else None
    if not tarfile.is_tarfile(path):
        return None
    with tarfile.open(path) as archive:
        paths = sorted(filter(_is_metadata, archive.getnames()), key=lambda each: each.count("/"))
        file = archive.extractfile(paths[0]) if paths else None
        return file.read() if file else None


def _is_metadata(path: str) -> bool:
    return path.endswith((".dist-info/METADATA", "/PKG-INFO")) or path == "PKG-INFO"


def _text(value: str) -> str:
    """Return a text as UTF-8 if its bytes are, and otherwise as Latin-1, which people wrote before."""
    raw = value.encode("utf-8", "surrogateescape")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def fetched(index_url: str, folder: Path) -> Iterator[OddFile]:
    """Give each file of the list, downloaded unless it is there; name those that the index does not have."""
    folder.mkdir(parents=True, exist_ok=True)
    for project, names in tomllib.loads(LISTED.read_text(encoding="utf-8")).items():
        wanted = [OddFile(project, folder / name) for name in names]
        missing = [each for each in wanted if not each.path.exists()]
        if missing:
            _download(index_url, missing)
        yield from (each for each in wanted if each.path.exists())


def _download(index_url: str, missing: list[OddFile]) -> None:
    url = f"{index_url.rstrip('/')}/{missing[0].normalized}/"
    page = requests.get(url, headers={"Accept": JSON}, timeout=PATIENCE)
    page.raise_for_status()
    listed = {file["filename"]: file for file in page.json()["files"]}
    for each in missing:
        if each.path.name not in listed:
            print(f"the index does not list {each.path.name}", file=sys.stderr)
            continue
        file = listed[each.path.name]
        content = requests.get(urljoin(page.url, file["url"]), timeout=PATIENCE).content
        if hashlib.sha256(content).hexdigest() != file["hashes"]["sha256"]:
            sys.exit(f"{each.path.name} is not what the index lists")
        each.path.write_bytes(content)


def uploaded(server: ReferenceServer, odd: OddFile) -> tuple[bool, str]:
    """Upload a file. Return whether the server took it, and its answer."""
    files = {"content": (odd.path.name, odd.path.read_bytes())}
    answer = requests.post(
        server.url, data=odd.form(), files=files, auth=(server.username, server.password), timeout=PATIENCE
    )
    return answer.ok, f"{answer.status_code}" + ("" if answer.ok else f" {answer.text[:200]}")


def address(server: ReferenceServer, odd: OddFile) -> str | None:
    """Return the URL of a file on the page of its project, in whichever form the page is; None if it is not listed."""
    auth = (server.username, server.password)
    url = f"{server.index_url}{odd.normalized}/"
    page = requests.get(url, headers={"Accept": f"{JSON}, text/html;q=0.1"}, auth=auth, timeout=PATIENCE)
    if page.headers["Content-Type"].startswith(JSON):
        urls = [each["url"] for each in page.json()["files"]]
    else:
        urls = [html.unescape(each).partition("#")[0] for each in re.findall(r'href="([^"]+)"', page.text)]
    return next((urljoin(page.url, each) for each in urls if each.endswith(f"/{odd.path.name}")), None)


def read_back(server: ReferenceServer, odd: OddFile, url: str) -> str:
    """Compare a file with the one that was uploaded."""
    content = requests.get(url, auth=(server.username, server.password), timeout=PATIENCE).content
    return "same bytes" if hashlib.sha256(content).hexdigest() == odd.sha256 else "OTHER BYTES"


def installers(server: ReferenceServer, odd: OddFile, url: str) -> Iterator[str]:
    """Let pip and uv download a file by its address and its hash, and give what each made of it."""
    secret = f"{server.username}:{server.password}@"
    with tempfile.TemporaryDirectory(prefix="odd-files-") as folder:
        wanted = Path(folder, "requirements.txt")
        source = url.replace("://", f"://{secret}")
        wanted.write_text(f"{odd.project} @ {source} --hash=sha256:{odd.sha256}\n", encoding="utf-8")
        common = (
            "--no-deps",
            "--no-build-isolation",
            "--require-hashes",
            "-r",
            str(wanted),
            "--no-cache-dir",
        )
        at_pip, at_uv = platforms(odd.path.name)
        pip = (
            sys.executable,
            "-m",
            "pip",
            "--isolated",
            "download",
            "-d",
            f"{folder}/pip",
            "--no-index",
            *at_pip,
        )
        uv = ("uv", "pip", "install", "--target", f"{folder}/uv", "--no-index", "--no-config", *at_uv)
        for name, command in (("pip", pip), ("uv", uv)):
            before = len(server.requests)
            done = subprocess.run(
                [*command, *common], check=False, capture_output=True, text=True, env=_environment()
            )
            asked = [each for each in list(server.requests)[before:] if odd.path.name in each.path]
            yield f"{name}: {_made(done, any(each.status in {200, 206} for each in asked))}"


def platforms(filename: str) -> tuple[list[str], list[str]]:
    """Return the options by which pip and uv take a wheel for its own Python and platform."""
    if not filename.endswith(".whl"):
        return [], []
    python, abi, platform = (tag.split(".")[0] for tag in filename.removesuffix(".whl").rsplit("-", 3)[1:])
    if platform == "any" and abi == "none":
        return [], []
    implementation, version = python[:2], python[2:] + ("7" if python == "py2" else "")
    pip = ["--only-binary=:all:", "--platform", platform, "--abi", abi, "--implementation", implementation]
    system = next((each for part, each in UV_SYSTEMS.items() if platform.startswith(part)), "linux")
    uv = ["--python-platform", system, "--python-version", f"{version[0]}.{version[1:]}"]
    return [*pip, "--python-version", version], uv


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    return kept | {"NO_PROXY": "*", "PIP_CONFIG_FILE": os.devnull}


def _made(done: subprocess.CompletedProcess[str], was_asked: bool) -> str:  # noqa: FBT001
    said = done.stdout + done.stderr
    if done.returncode == 0:
        return "read"
    if was_asked and any(each in said for each in NOTHING_RUNS):
        return "read, not built"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return "; ".join(lines[-2:])[:200]


def main() -> None:
    """Print a line per file and flavour."""
    parser = argparse.ArgumentParser(description="Upload odd real files, and read them back.")
    parser.add_argument(
        "--index-url", default=os.environ.get("PIP_INDEX_URL"), required="PIP_INDEX_URL" not in os.environ
    )
    parser.add_argument("--folder", type=Path, required=True, help="where the files are kept")
    parser.add_argument("--flavour", action="append", default=[], help="repeatable (default: all)")
    parser.add_argument("--http-only", action="store_true", help="read back without pip and uv")
    parser.add_argument("--only", default="", help="files whose names have this part")
    options = parser.parse_args()
    files = [each for each in fetched(options.index_url, options.folder) if options.only in each.path.name]
    for flavour in options.flavour or [each.name for each in all_flavours()]:
        with ReferenceServer(flavour=flavour) as server:
            for odd in files:
                was_taken, said = uploaded(server, odd)
                outcome = []
                if was_taken:
                    url = address(server, odd)
                    outcome = [read_back(server, odd, url)] if url else ["not listed"]
                    outcome += installers(server, odd, url) if url and not options.http_only else ()
                print(flavour, odd.path.name, said, *outcome, sep=" | ", flush=True)


if __name__ == "__main__":
    main()
