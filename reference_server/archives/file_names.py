"""The name of a distribution's file, from its content."""

from __future__ import annotations

import io
import tarfile
import zipfile


def file_name_of(content: bytes) -> str | None:
    """Return the file name of a wheel or an sdist; None if the content is neither.

    Sources: Binary distribution format; Source distribution format.
    """
    try:
        if content[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                return _wheel_name(archive) or _sdist_name(archive.namelist(), "zip")
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as tar:
            return _sdist_name(tar.getnames(), "tar.gz")
    except (zipfile.BadZipFile, tarfile.TarError, OSError, EOFError):
        return None


def _wheel_name(archive: zipfile.ZipFile) -> str | None:
    path = next((each for each in archive.namelist() if each.endswith(".dist-info/WHEEL")), None)
    if path is None:
        return None
    lines = archive.read(path).decode("utf-8", "replace").splitlines()
    fields = [tuple(map(str.strip, line.split(":", 1))) for line in lines if ":" in line]
    tags = [value for name, value in fields if name == "Tag"]
    build = [value for name, value in fields if name == "Build"]
    sets = zip(*(tag.split("-") for tag in tags), strict=False)
    tag = "-".join(".".join(dict.fromkeys(each)) for each in sets)
    return "-".join((path.removesuffix(".dist-info/WHEEL"), *build, tag or "py3-none-any")) + ".whl"


def _sdist_name(names: list[str], suffix: str) -> str | None:
    info = next((name for name in names if name.count("/") == 1 and name.endswith("/PKG-INFO")), None)
    return f"{info.partition('/')[0]}.{suffix}" if info else None
