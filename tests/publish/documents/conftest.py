"""A small pack with one wide table, its Word document and PDF made once, for the tests that only look."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from publish.shown import a_pack

from cip_analysis.publish.tables import table
from cip_analysis.records import Released

WIDE = pd.DataFrame({f"unaccompanied_{number}_children": [123_456_789] for number in range(14)})


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The products of a small pack with one wide table."""
    made = tmp_path_factory.mktemp("documents") / "small"
    released = Released(WIDE, WIDE.isna(), "No rule", "invented", date(2018, 3, 31), synthetic=True)
    assert a_pack([table(released, "A wide table")]).write(made) == ()
    return made
