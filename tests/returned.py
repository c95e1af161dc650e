"""Builders of Returns as the reader hands them on, from lines written as a council writes them."""

from __future__ import annotations

from datetime import date

import pandas as pd
from builders import a_header

from cip_analysis.codes import DATE_COLUMNS
from cip_analysis.ledgers import Findings, Treatments
from cip_analysis.records import Returns


def as_read(lines: list[dict[str, object]], kind: str) -> pd.DataFrame:
    """Lines of one table as the reader leaves them; `year` (2018 unless given) and `file` may stand in a line."""
    rows: dict[str, int] = {}
    placed = []
    for line in lines:
        year = int(line.get("year", 2018))
        file = str(line.get("file", f"{kind}_{year}.csv"))
        rows[file] = rows.get(file, 1) + 1
        placed.append({**line, "file": file, "row": rows[file], "year": year})
    table = pd.DataFrame(placed)
    for column in DATE_COLUMNS & set(table):
        table[column] = pd.to_datetime(table[column], format="%d/%m/%Y", errors="coerce").astype("datetime64[us]")
    return table.astype({column: "str" for column in table if table[column].dtype == object})


def returned(
    episodes: list[dict[str, object]],
    headers: list[dict[str, object]] | None = None,
    census: date = date(2018, 3, 31),
    **others: list[dict[str, object]],
) -> Returns:
    """Returns holding these episodes; unless given, a header for each child in each year, born on 1 January 2010."""
    if headers is None:
        present = dict.fromkeys((line["CHILD"], line.get("year", 2018)) for line in episodes if line["CHILD"])
        headers = [{**a_header(CHILD=child), "year": year} for child, year in present]
    tables = {"episodes": episodes, "header": headers, **others}
    read = {name: as_read(lines, name) for name, lines in tables.items() if lines}
    return Returns(read, census, Findings.of([]), Treatments.of([]))
