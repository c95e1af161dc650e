"""A small pack whose products are written once, for the tests that only look."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from publish.shown import SmallPack, a_pack


@dataclass(frozen=True)
class Written:
    """A pack's products in a folder, the pack they were made of, and what was noted."""

    folder: Path
    pack: SmallPack
    notes: tuple[str, ...]


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """The products of a small pack."""
    folder = tmp_path_factory.mktemp("products") / "small"
    pack = a_pack()
    return Written(folder, pack, pack.write(folder))
