"""Office files are zip archives: written again so that the same contents give the same bytes."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first moment a zip archive can tell
OFFICE_MODE = 0o600 << 16
Change = Callable[[bytes], bytes]


def write_again(path: Path, changes: Mapping[str, Change]) -> None:
    """The archive at `path` with fixed times, in its own order, its named members changed on the way.

    changes: member's name -> what to do to its bytes; a name that is not there is passed over.
    """
    with zipfile.ZipFile(path) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    with zipfile.ZipFile(path, "w") as archive:
        for name, held in members:
            member = zipfile.ZipInfo(name, EARLIEST)
            member.external_attr, member.create_system = OFFICE_MODE, 3
            change = changes.get(name)
            archive.writestr(member, change(held) if change else held, zipfile.ZIP_DEFLATED, compresslevel=6)


def with_language(language: str) -> Change:
    """What adds the language to the core properties of an office file, where they do not have it."""

    def _add(core: bytes) -> bytes:
        """The properties with their language."""
        end = b"</cp:coreProperties>"
        said = f"<dc:language>{language}</dc:language>".encode()
        return core if b"<dc:language>" in core else core.replace(end, said + end)

    return _add
