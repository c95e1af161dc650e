"""Write data/reference/authorities.csv and authority_figures.csv from a folder of the publishers' statistics.

    python .ci/make_authorities.py FOLDER

The folder holds the department's counts release by release, its section 251 outturn, its statistical neighbours and
Ofsted's homes by area, as data/reference/README.md names them. A figure has a row for the first release that printed
it, and another only where a later one changed it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

REFERENCE = Path(__file__).resolve().parents[1] / "data" / "reference"
MODELS = ("2021", "2025")
COUNTS = {
    "cla_31_march": "looked_after",
    "started": "started",
    "ceased": "ceased",
    "population_0_17": "population_0_17",
}
OUTTURN = {
    "total_cla_gross_expenditure": "spend_gbp",
    "weekly_unit_cost_residential": "residential_weekly_gbp",
    "weekly_unit_cost_fostering": "fostering_weekly_gbp",
}
KEYS = ["area", "area_code", "year", "release"]
REGIONS = {
    "North East": "E12000001", "North West": "E12000002", "Yorkshire and The Humber": "E12000003",
    "East Midlands": "E12000004", "West Midlands": "E12000005", "East of England": "E12000006", "London": "E12000007",
    "South East": "E12000008", "South West": "E12000009",
}  # fmt: skip
NOTES = {
    "420": "Its children are few and mostly counted with Cornwall's.",
    "835": "Became part of Dorset (838) and of Bournemouth, Christchurch and Poole (839) on 1 April 2019.",
    "836": "Became part of Bournemouth, Christchurch and Poole (839) on 1 April 2019.",
    "837": "Became part of Bournemouth, Christchurch and Poole (839) on 1 April 2019.",
    "928": "Became North Northamptonshire (940) and West Northamptonshire (941) on 1 April 2021.",
    "838": "Made on 1 April 2019 from part of the old Dorset; earlier figures are of another area.",
    "839": "Made on 1 April 2019 from Bournemouth, Poole and Christchurch; earlier figures are of other areas.",
    "940": "Made on 1 April 2021 from part of Northamptonshire (928).",
    "941": "Made on 1 April 2021 from part of Northamptonshire (928).",
    "825": "Became one authority with its districts on 1 April 2020: the same area, under a new ONS code.",
    "909": "Became Cumberland (942) and Westmorland and Furness (943) on 1 April 2023: the figures are of all Cumbria.",
    "942": "Made on 1 April 2023 from part of Cumbria (909).",
    "943": "Made on 1 April 2023 from part of Cumbria (909).",
    "815": "Became one authority with its districts on 1 April 2023: the same area, under a new ONS code.",
    "933": "Became one authority with its districts on 1 April 2023: the same area, under a new ONS code.",
}


def counts(folder: Path) -> pd.DataFrame:
    """Counts and populations of every authority, region and England, each release that printed something new."""
    panel = pd.read_csv(folder / "children_looked_after_as_published.csv", dtype=str, keep_default_na=False)
    panel = panel[panel["measure"].isin(COUNTS) & ~panel["new_code"].str.startswith("E13")]
    release, authority = panel["publication"], panel["geographic_level"].eq("Local authority")
    figures = pd.DataFrame(
        {
            "area": panel["name"].str.strip(), "area_code": panel["new_code"].mask(authority, panel["old_la_code"]),
            "year": panel["year"].astype(int), "release": "looked after " + release, "order": release.astype(int),
            "measure": panel["measure"].map(COUNTS), "raw": panel["raw"].str.strip(),
        }
    )  # fmt: skip
    names = figures.sort_values("order", kind="stable").groupby("area_code")["area"].last()
    figures["area"] = figures["area_code"].map(names)
    return new_or_changed(figures[figures["raw"].ne("")])


def outturn(folder: Path, names: pd.Series) -> pd.DataFrame:
    """Section 251 outturn of every authority."""
    sheet = pd.read_csv(folder / "section_251_unit_costs_2017_2025.csv", dtype=str, keep_default_na=False)
    sheet = sheet[sheet["measure"].isin(OUTTURN) & sheet["old_la_code"].isin(names.index)]
    year = sheet["fy_end"].astype(int)
    figures = pd.DataFrame(
        {
            "area": sheet["old_la_code"].map(names), "area_code": sheet["old_la_code"],
            "year": year, "release": "section 251 " + sheet["fy_end"], "order": year,
            "measure": sheet["measure"].map(OUTTURN), "raw": sheet["raw"].str.strip(),
        }
    )  # fmt: skip
    held = figures[figures["raw"].str.fullmatch(r"[0-9.]+") & figures["raw"].ne("0")]
    return held.assign(raw=held["raw"].str.removesuffix(".0"))


def new_or_changed(figures: pd.DataFrame) -> pd.DataFrame:
    """Of each figure, the first release that printed it and any later one that changed it."""
    ordered = figures.sort_values("order", kind="stable")
    before = ordered.groupby(["area_code", "year", "measure"])["raw"].shift()
    return ordered[before.isna() | before.ne(ordered["raw"])]


def authorities(folder: Path, figures: pd.DataFrame) -> pd.DataFrame:
    """Each authority's codes, region, neighbours (the earlier model that lists it) and the years it is held for."""
    panel = pd.read_csv(folder / "children_looked_after_as_published.csv", dtype=str, keep_default_na=False)
    ons = panel[panel["geographic_level"].eq("Local authority")].groupby("old_la_code")["new_code"].last()
    near = pd.read_csv(folder / "statistical_neighbours.csv", dtype=str)
    near["rank"] = near["rank"].astype(int)
    sheet = pd.read_csv(folder / "section_251_unit_costs_2017_2025.csv", dtype=str)
    region = sheet.dropna(subset="region").groupby("old_la_code")["region"].last()
    region = region.replace({"Inner London": "London", "Outer London": "London"})
    counted = (figures["measure"] == "looked_after") & figures["raw"].str.fullmatch(r"[0-9,]+")
    stock = figures[counted & ~figures["area_code"].str.startswith("E")]
    years, names = stock.groupby("area_code")["year"], stock.groupby("area_code")["area"].last()
    listed_too = near.groupby("old_la_code")["la_name"].last()
    names = pd.concat([names, listed_too.drop(names.index, errors="ignore")])
    rows = []
    for code in sorted(names.index):
        model = next((one for one in MODELS if ((near["model"] == one) & (near["old_la_code"] == code)).any()), "")
        listed = near[(near["model"] == model) & (near["old_la_code"] == code)].sort_values("rank")["sn_old_la_code"]
        rows.append(
            [code, ons.get(code, ""), names[code], region.get(code, ""), REGIONS.get(region.get(code, ""), ""),
             years.min().get(code, ""), years.max().get(code, ""), " ".join(listed), model, NOTES.get(code, "")]
        )  # fmt: skip
    columns = ["la_code", "code", "name", "region", "region_code", "first_year", "last_year", "neighbours",
               "neighbours_model", "note"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def main(folder: Path) -> None:
    """Both tables, written."""
    printed = counts(folder)
    held = authorities(folder, printed)
    figures = pd.concat([printed, outturn(folder, held.set_index("la_code")["name"])], ignore_index=True)
    wide = figures.pivot_table(index=KEYS, columns="measure", values="raw", aggfunc="first").reset_index().fillna("")
    order = [*KEYS, *COUNTS.values(), *OUTTURN.values()]
    wide[order].sort_values(["area_code", "year", "release"]).to_csv(REFERENCE / "authority_figures.csv", index=False)
    held.to_csv(REFERENCE / "authorities.csv", index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
