"""Invent a whole county and write it: annual returns, placement payments, capacity, and a mark that none of it is real.

Everything is written beside its place and moved in at the end, so that a run cut short leaves what was there before.
The same seed and options give the same bytes on any machine.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from cip_analysis.settings import Council, Run, read_settings
from cip_analysis.synthetic.adoption import adoptions_table, invent_decisions, placed_adoption_table
from cip_analysis.synthetic.attachments import (
    MISSING_FROM,
    PREVIOUS_PERMANENCE_FROM,
    SOCIAL_WORKERS_FROM,
    Events,
    invent_events,
    missing_table,
    previous_permanence_table,
    reviews_table,
    social_workers_table,
    uasc_table,
)
from cip_analysis.synthetic.capacity import invent_capacity
from cip_analysis.synthetic.county import invent_county
from cip_analysis.synthetic.files import (
    Identities,
    collection_years,
    episodes_table,
    header_table,
    invent_identities,
    lines_of_year,
)
from cip_analysis.synthetic.history import Histories
from cip_analysis.synthetic.outcomes import health_table, leavers_of_year, leavers_table
from cip_analysis.synthetic.payments import invent_payments
from cip_analysis.synthetic.totals.targets import read_targets

MARK = "SYNTHETIC.txt"
MANIFEST = "manifest.json"
REFERENCE = Path(__file__).resolve().parents[2] / "data" / "reference"
MARK_TEXT = """SYNTHETIC
Every child, carer, home and payment in this folder is invented. No record describes a real person.
The totals were steered towards published statistics; manifest.json says from which settings and seed.
Results made from these files must not be used as evidence about any real child, placement or provider.
"""


class SynthesisError(ValueError):
    """The invented county cannot be written where it was asked for."""


@dataclass(frozen=True, slots=True)
class SynthesisOptions:
    """What to invent: from which seed, for which collection years, and about how many children (None: as published).

    reference: the folder of published totals; the project's own where left out.
    """

    seed: int
    first_year: int = 2011
    last_year: int = 2018
    children: int | None = None
    reference: Path = REFERENCE


def synthesise(council: Council, folder: Path, options: SynthesisOptions) -> None:
    """Invent the council's county and write it into `folder`, replacing an earlier invented county there.

    Writes returns/<year>/<table>.csv, payments.csv, capacity.csv and manifest.json, with the mark of invented data
    beside the returns too, because a folder of returns may be read by itself.
    Raises SynthesisError where the folder holds anything else, or the years run backwards.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise SynthesisError(f"{folder.name}: holds files that are not an invented county ({MARK} is missing). "
                             "Choose an empty folder.")  # fmt: skip
    _replace(folder, county_files(council, options), _said_of(council, options))


def county_files(council: Council, options: SynthesisOptions) -> dict[str, pd.DataFrame]:
    """The council's county invented: every file of it, all text, by its path inside the county's folder.

    Raises SynthesisError where the years run backwards.
    """
    if options.last_year < options.first_year:
        raise SynthesisError(f"The last year, {options.last_year}, comes before the first, {options.first_year}.")
    targets = read_targets(options.reference, council)
    years = (options.first_year, options.last_year)
    histories = invent_county(council, targets, options.seed, years=years, children=options.children)
    return county_tables(histories, council, options.seed)


def invent_where_absent(root: Path, run: Run) -> None:
    """The run's own county invented beside its returns, where the run asks for one and it is not there yet."""
    if run.synthetic_seed is None or (root / run.returns).exists():
        return
    options = SynthesisOptions(run.synthetic_seed, run.synthetic_first_year, run.synthetic_last_year, None)
    synthesise(read_settings(root / run.council, Council), (root / run.returns).parent, options)


def county_tables(histories: Histories, council: Council, seed: int) -> dict[str, pd.DataFrame]:
    """Every file of the invented county, all text, by its path inside the county's folder."""
    identities = invent_identities(histories.children, seed)
    events = invent_events(histories, council.la_code, seed)
    decisions = invent_decisions(histories, seed)
    tables = {
        f"returns/{year}/{name}.csv": table if name == "episodes" else table.sort_values("CHILD", kind="stable")
        for year in collection_years(histories)
        for name, table in year_tables(histories, year, Invented(identities, events, decisions, seed)).items()
    }
    payments = invent_payments(histories, council, seed)
    return {**tables, "payments.csv": payments, "capacity.csv": invent_capacity(histories, council, seed)}


@dataclass(frozen=True, slots=True)
class Invented:
    """What was invented beside the histories, once for all years: see the modules that make each part."""

    identities: Identities
    events: Events
    decisions: pd.DataFrame
    seed: int


def year_tables(histories: Histories, year: int, invented: Invented) -> dict[str, pd.DataFrame]:
    """The tables of one collection year's return, by name; only those the department asked for that year."""
    this, before = lines_of_year(histories, year), lines_of_year(histories, year - 1)
    who, events, decisions = invented.identities, invented.events, invented.decisions
    leavers = leavers_of_year(histories.children, this, before)
    tables = {
        "header": header_table(this, leavers, who),
        "episodes": episodes_table(this, who),
        "uasc": uasc_table(this, who),
        "reviews": reviews_table(this, events, who),
        "oc2": health_table(this, who, invented.seed),
        "oc3": leavers_table(this, leavers, who, invented.seed),
        "ad1": adoptions_table(this, decisions, who),
        "placed_adoption": placed_adoption_table(this, decisions, who),
    }
    if year >= PREVIOUS_PERMANENCE_FROM:
        tables["previous_permanence"] = previous_permanence_table(this, events, who)
    if year >= MISSING_FROM:
        tables["missing"] = missing_table(this, events, who)
    if year >= SOCIAL_WORKERS_FROM:
        tables["social_workers"] = social_workers_table(this, events, who)
    return tables


# ---- on disk --------------------------------------------------------------------------------------------------


def _said_of(council: Council, options: SynthesisOptions) -> dict[str, object]:
    """What the manifest says of how the county was made; no path of the machine."""
    asked = {name: value for name, value in asdict(options).items() if name != "reference"}
    return {"synthetic": True, "council": council.name, "council_code": council.code, **asked}


def as_bytes(table: pd.DataFrame) -> bytes:
    """A table as CSV: UTF-8, comma, line feed, blank for nothing; the same bytes on any machine."""
    return table.to_csv(index=False, lineterminator="\n").encode()


def _replace(folder: Path, tables: Mapping[str, pd.DataFrame], said: Mapping[str, object]) -> None:
    """Write the county beside `folder`, then put it in its place."""
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    files: dict[str, dict[str, object]] = {}
    for name, table in tables.items():
        content = as_bytes(table)
        path = part / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        files[name] = {"rows": len(table), "sha256": hashlib.sha256(content).hexdigest()}
    manifest = json.dumps({**said, "files": files}, indent=1, sort_keys=True) + "\n"
    (part / MANIFEST).write_bytes(manifest.encode())
    for place in (part, part / "returns"):
        (place / MARK).write_bytes(MARK_TEXT.encode())
    if folder.exists():
        shutil.rmtree(folder)
    part.rename(folder)
