"""How right forecasts of regions were, put together in several ways; and the small tables that the region's page reads.

Usage: python benchmarks/region_accuracy.py FOLDER [--to FOLDER] [--region CODE]

FOLDER holds what national_accuracy.py reads, and the department's download of one year (in ees/) that says which
region each authority is in, and homes by authority (ofsted_childrens_homes_by_la_sector_2015_2025.csv). All nine
English regions are forecast from every 31 March from 2014 to 2022. With --to the tables are written there:
region_estimates.csv, region_scorecard.csv and, for one region (the East Midlands unless told), its councils' figures,
lessons and homes.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
from accuracy_document import as_markdown

from cip_analysis.demand.national.backtest import ORIGINS
from cip_analysis.demand.regional.backtest import REGION, SCORED, backtest_regions, choose, scorecard
from cip_analysis.demand.regional.forecast import APART
from cip_analysis.demand.regional.joining import ENGLAND
from cip_analysis.demand.regional.lessons import Taught, teach
from cip_analysis.records import Comparators
from cip_analysis.returns.published import (
    CEASED,
    LOOKED_AFTER,
    POPULATION,
    STARTED,
    read_neighbours,
    read_published,
)
from cip_analysis.returns.reference.national import read_national

ROOT = Path(__file__).resolve().parents[1]
MODEL = "2021"
DOWNLOAD = Path("ees") / "cla_number_and_rate_per_10k_children_2023.csv"
HOMES = "ofsted_childrens_homes_by_la_sector_2015_2025.csv"
LONDON = dict.fromkeys(("E13000001", "E13000002"), "E12000007")
ORIGINS_TAUGHT = range(2014, 2024)
DRAWS, SEED = 2000, 20180706
HELD = (LOOKED_AFTER, STARTED, CEASED, POPULATION)


def main() -> None:
    arguments = _arguments()
    folder = arguments.folder
    figures = replace(
        read_published(folder / "children_looked_after_as_published.csv"),
        neighbours=read_neighbours(folder / "statistical_neighbours.csv", MODEL),
    )
    latest = read_published(folder / "children_looked_after_2010_2023.csv")
    regions = _regions(folder)
    began = time.process_time()
    taught = [teach(figures, regions, ENGLAND, origin) for origin in ORIGINS_TAUGHT]
    national = read_national(ROOT / "data" / "reference" / "national_estimates.csv")
    made = backtest_regions(taught[:-1], national, latest, ENGLAND, (DRAWS, SEED))
    card = scorecard(made)
    areas = made.groupby("level")["area_code"].nunique()
    seconds = time.process_time() - began
    print(
        f"{areas[REGION]} regions of {areas['council']} councils, origins {made['origin'].min()} to "
        f"{made['origin'].max()}, {DRAWS:,} draws, {seconds:.0f} seconds of one processor."
    )
    for group in ORIGINS:
        print(f"\n### Origins {group}\n\n{_shown(card, group)}")
    print(f"\nChosen by the rule: {choose(card)}.")
    if arguments.to:
        _write(arguments.to, taught, card)
        _write_region(arguments.to, figures, latest, taught, (arguments.region, regions[arguments.region]))
        _write_homes(arguments.to, folder, figures, regions[arguments.region])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--to", type=Path)
    parser.add_argument("--region", default="E12000004")
    return parser.parse_args()


def _regions(folder: Path) -> dict[str, list[str]]:
    """Every region's authorities, joined, by code; inner and outer London are one."""
    sheet = pd.read_csv(folder / DOWNLOAD, dtype=str, keep_default_na=False)
    called = {part: one.code for one in ENGLAND for part in one.parts}
    of_authorities = sheet[sheet["geographic_level"] == "Local authority"]
    named = of_authorities.assign(
        code=of_authorities["old_la_code"].replace(called), region=of_authorities["region_code"].replace(LONDON)
    )
    return {str(region): sorted(set(group["code"])) for region, group in named.groupby("region")}


def _shown(card: pd.DataFrame, group: str) -> str:
    """Means over the four horizons, methods side by side, regions and their councils."""
    chosen = card[card["origins"] == group]
    means = chosen.groupby(["level", "method"])[["mape", "crps", "coverage_80", "coverage_95"]].mean()
    levels = sorted(set(chosen["level"]), reverse=True)
    table = pd.DataFrame({"method": list(SCORED)})
    for level in levels:
        for name, title in (
            ("mape", "MAPE"),
            ("crps", "CRPS"),
            ("coverage_80", "80% held"),
            ("coverage_95", "95% held"),
        ):
            table[f"{level}: {title}"] = [f"{means.loc[(level, method), name]:.2%}" for method in SCORED]
        plain = means.loc[(level, APART), "crps"]
        table[f"{level}: CRPS ÷ plain sum"] = [f"{means.loc[(level, method), 'crps'] / plain:.2f}" for method in SCORED]
    return as_markdown(table)


def _write(to: Path, taught: list[Taught], card: pd.DataFrame) -> None:
    """What is of all regions alike: what was learned on whole regions, and the record."""
    to.mkdir(parents=True, exist_ok=True)
    estimates = pd.concat([one.regional for one in taught], ignore_index=True)
    estimates.to_csv(to / "region_estimates.csv", index=False, float_format="%.6g", lineterminator="\n")
    card.to_csv(to / "region_scorecard.csv", index=False, float_format="%.5g", lineterminator="\n")


def _write_region(
    to: Path, figures: Comparators, latest: Comparators, taught: list[Taught], region: tuple[str, list[str]]
) -> None:
    """One region's published figures as they came out, and what was learned of its councils and of itself."""
    code, members = region
    name = latest.table.loc[latest.table["area_code"] == code, "area"].iloc[0].lower().replace(" ", "_")
    lessons = pd.concat([one.areas for one in taught], ignore_index=True)
    kept = lessons[lessons["area_code"].isin([code, *members])]
    kept.to_csv(to / f"{name}_lessons.csv", index=False, float_format="%.6g", lineterminator="\n")
    codes = {part for one in ENGLAND for part in one.parts if one.code in members} | {code, *members}
    held = figures.table[figures.table["area_code"].isin(codes) & figures.table["measure"].isin(HELD)]
    held = held[held["value"].notna()].sort_values(["area_code", "measure", "year", "published"], kind="stable")
    repeated = held.groupby(["area_code", "measure", "year"])["value"].shift() == held["value"]
    table = held[~repeated].assign(value=lambda rows: rows["value"].astype("int64"))
    keys = ["area", "area_code", "level", "year", "publication", "published"]
    wide = table.pivot_table(index=keys, columns="measure", values="value").reset_index()
    wide = wide.assign(published=wide["published"].dt.strftime("%Y-%m-%d"))
    wide[list(HELD)] = wide[list(HELD)].astype("Int64")
    ordered = wide.sort_values(["area_code", "year", "published"])
    ordered[[*keys, *HELD]].to_csv(to / f"{name}.csv", index=False, lineterminator="\n")


def _write_homes(to: Path, folder: Path, figures: Comparators, members: list[str]) -> None:
    """One region's children's homes by the authority they stand in and sector; places of 2015 were not published."""
    codes = {part for one in ENGLAND for part in one.parts if one.code in members} | set(members)
    own = figures.table[figures.table["area_code"].isin(codes)].drop_duplicates("area_code", keep="last")
    homes = pd.read_csv(folder / HOMES)
    chosen = homes[homes["local_authority"].isin(own["area"]) & (homes["at_31_march"] > 2015)]
    region = chosen["region"].mode()[0].lower().replace(" ", "_")
    table = pd.DataFrame(
        {
            "year": chosen["at_31_march"], "area": chosen["local_authority"],
            "area_code": chosen["local_authority"].map(own.set_index("area")["area_code"]),
            "sector": chosen["sector"], "homes": chosen["homes"].astype("int64"),
            "places": chosen["places"].astype("int64"),
        }
    )  # fmt: skip
    ordered = table.sort_values(["year", "area_code", "sector"])
    ordered.to_csv(to / f"{region}_homes.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
