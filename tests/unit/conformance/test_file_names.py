"""Files that a check sends under several names differ in their bytes: a registry may keep the same bytes once."""

from __future__ import annotations

from conformance.checks.file.test_names import FORMER, beyond_ascii, with_extension


def test_files_of_one_check_have_bytes_of_their_own() -> None:
    for files in (beyond_ascii("name"), [with_extension("name", extension) for extension in FORMER]):
        assert len({file.sha256 for file in files}) == len({file.filename for file in files}) == len(files)
