"""Which authority a placement is in: a council's extract of a postcode directory, and the returns' postcodes by it.

Postcodes go no further than this module: what leaves it is a word a placement.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from cip_analysis.records import Returns
from cip_analysis.returns.reading.plain_tables import PlainTable

COLUMNS = ("postcode", "la_code")
GRID = ("easting", "northing")
METRES_A_MILE, MILES = 1609.344, (10, 20)
DISTANCES = ("under 10 miles", "10 to 20 miles", "20 miles and over")
INSIDE, OUTSIDE, UNKNOWN = "inside the authority", "outside the authority", "not known"
ADVICE = "docs/data_dictionary.md says what a file of postcodes holds."


class PostcodeFileError(ValueError):
    """A file is not a table of postcodes and their authorities."""


AUTHORITIES = PlainTable(PostcodeFileError, COLUMNS, ADVICE, absent="Check the notebook's `postcodes`.")
PLACES = PlainTable(PostcodeFileError, ("postcode", *GRID), ADVICE, optional=GRID)


def read_postcodes(path: Path) -> pd.Series:
    """Authority's nine-character code by postcode without spaces, from a CSV of columns COLUMNS.

    Any extract of the ONS Postcode Directory does, its columns so renamed. A postcode in two authorities is refused.
    Raises PostcodeFileError naming the file, and rows by number, never a postcode.
    """
    sheet = AUTHORITIES.read(path)
    code, authority = _bare(sheet["postcode"]), sheet["la_code"].str.upper()
    wrong = code.eq("") | ~authority.str.fullmatch(r"[A-Z]\d{8}")
    torn = authority.groupby(code).transform("nunique").gt(1)
    AUTHORITIES.refuse(path, wrong, "hold no postcode and authority code")
    AUTHORITIES.refuse(path, torn, "put a postcode in two authorities")
    return authority.set_axis(code).groupby(level=0).first()


def locate_placements(sent: Returns, authorities: pd.Series, own_code: str) -> pd.Series:
    """INSIDE, OUTSIDE or UNKNOWN for each line of the episodes sent, indexed by its file and row.

    authorities: as `read_postcodes` gives them. own_code: the council's. A blank postcode, or one the file lacks, is
    not known.
    """
    lines = sent.tables["episodes"]
    if "PL_POST" not in lines:
        return pd.Series(UNKNOWN, pd.MultiIndex.from_frame(lines[["file", "row"]]), dtype="str")
    held = _bare(lines["PL_POST"].fillna("")).map(authorities)
    words = pd.Series(OUTSIDE, lines.index).mask(held.eq(own_code), INSIDE).mask(held.isna(), UNKNOWN)
    placed = words.set_axis(pd.MultiIndex.from_frame(lines[["file", "row"]]))
    return placed[~placed.index.duplicated()].astype("str")


def read_places(path: Path | None) -> pd.DataFrame:
    """Where postcodes lie: easting and northing in metres on the national grid, by postcode without spaces.

    From the same file as `read_postcodes`, where it has those two columns, as a directory of postcodes does; no rows
    where it has not, or no file is named. Raises PostcodeFileError as `read_postcodes` does.
    """
    nowhere = pd.DataFrame(columns=list(GRID), dtype="float64")
    if path is None:
        return nowhere
    read_postcodes(path)
    sheet = PLACES.read(path)
    grid = sheet[list(GRID)].apply(pd.to_numeric, errors="coerce").set_axis(_bare(sheet["postcode"]))
    return pd.DataFrame(grid[~grid.index.duplicated()].dropna())


def band_distances(sent: Returns, places: pd.DataFrame) -> pd.Series:
    """How far each placement is from home, as one of DISTANCES, indexed by the file and row of the line sent.

    places: as `read_places`. In a straight line from the home's postcode to the placement's; not known where either is
    blank or not among the places. Only the band leaves: no distance does, because it would tell where.
    """
    lines = sent.tables["episodes"]
    if not {"HOME_POST", "PL_POST"} <= set(lines):
        return pd.Series(UNKNOWN, pd.MultiIndex.from_frame(lines[["file", "row"]]), dtype="str")
    home, there = (places.reindex(_bare(lines[name].fillna(""))).to_numpy() for name in ("HOME_POST", "PL_POST"))
    miles = np.sqrt(((home - there) ** 2).sum(axis=1)) / METRES_A_MILE
    words = np.select([np.isnan(miles), miles < MILES[0], miles < MILES[1]], [UNKNOWN, *DISTANCES[:2]], DISTANCES[2])
    banded = pd.Series(words, pd.MultiIndex.from_frame(lines[["file", "row"]]))
    return banded[~banded.index.duplicated()].astype("str")


def _bare(text: pd.Series) -> pd.Series:
    return text.str.replace(r"\s", "", regex=True).str.upper()
