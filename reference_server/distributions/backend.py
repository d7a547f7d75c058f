"""The build backend in every sdist of this package. It needs nothing but Python.

Source: PEP 517, and `pyproject.toml` specification, `backend-path`.
"""

import hashlib
import zipfile
from base64 import urlsafe_b64encode
from pathlib import Path

STEM = "name-version"  # replaced by the name and version of the sdist
WHEEL = "Wheel-Version: 1.0\nGenerator: registry-conformance\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
NOT_INSTALLED = {"PKG-INFO", "pyproject.toml", "self_contained_backend.py"}
LICENSE_FILE = b"License-File: "


def build_wheel(
    wheel_directory: str,
    config_settings: object = None,  # noqa: ARG001 - the names are PEP 517's
    metadata_directory: object = None,  # noqa: ARG001
) -> str:
    """Build the wheel of the sdist in the current directory, and return its file name."""
    about = f"{STEM}.dist-info"
    metadata = Path("PKG-INFO").read_bytes()
    licenses = {line[len(LICENSE_FILE) :].decode() for line in metadata.splitlines() if _is_license(line)}
    members = {
        f"{about}/licenses/{path}" if path in licenses else path: Path(path).read_bytes() for path in _files()
    }
    members |= {f"{about}/METADATA": metadata, f"{about}/WHEEL": WHEEL.encode()}
    record = [f"{path},sha256={_digest(content)},{len(content)}" for path, content in members.items()]
    members[f"{about}/RECORD"] = "\n".join([*record, f"{about}/RECORD,,", ""]).encode()
    filename = f"{STEM}-py3-none-any.whl"
    with zipfile.ZipFile(Path(wheel_directory, filename), "w") as archive:
        for path, content in members.items():
            archive.writestr(path, content)
    return filename


def _files() -> "list[str]":
    found = (path for path in Path().rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return sorted(path.as_posix() for path in found if path.as_posix() not in NOT_INSTALLED)


def _is_license(line: bytes) -> bool:
    return line.startswith(LICENSE_FILE)


def _digest(content: bytes) -> str:
    return urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
