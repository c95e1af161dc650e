"""Published statistics of children looked after: read the publishers' files, keep their symbols and their vintage.

Four layouts are known by their columns: the department's own download (both spellings of its columns), the panel of
earlier releases, and this project's two reference tables (data/reference/README.md).
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pandas as pd

from cip_analysis.records import Comparators

LOOKED_AFTER = "looked_after"
STARTED = "started"
CEASED = "ceased"
POPULATION = "population_0_17"
UASC = "uasc"
MEASURES: Mapping[str, str] = {
    LOOKED_AFTER: "children looked after at 31 March",
    STARTED: "children who started to be looked after in the year to 31 March",
    CEASED: "children who ceased to be looked after in the year to 31 March",
    POPULATION: "children aged 0 to 17, mid-year estimate of the year before",
    UASC: "unaccompanied asylum-seeking children looked after at 31 March",
    "spend_gbp": "gross spend on children looked after in the year to 31 March, £",
    "residential_weekly_gbp": "residential care, £ a child a week (spend ÷ children at 31 March)",
    "fostering_weekly_gbp": "fostering, £ a child a week (spend ÷ children at 31 March)",
    "own_homes": "children's homes the local authority ran in its area at 31 March",
    "own_home_places": "places in the children's homes the local authority ran in its area at 31 March",
    "foster_households": "approved fostering households at 31 March",
    "kinship_households": "approved fostering households of family and friends at 31 March",
}

SYMBOLS = frozenset({"x", "c", "z", "k", "-", "–", "low", "..", ".", ":", "u", "*"})
LEVELS: Mapping[str, str] = {"Local authority": "authority", "Regional": "region", "National": "country"}
DOWNLOAD_SPELLINGS: Mapping[str, str] = {"population_type": "population_count", "children_count": "number"}
DOWNLOAD_COLUMNS = ("time_period", "geographic_level", "population_count", "number")
DOWNLOAD_MEASURES: Mapping[str, re.Pattern[str]] = {
    LOOKED_AFTER: re.compile(r"children looked after (at|on) 31 march( each year)?"),
    STARTED: re.compile(r"children (starting|who started) to be looked after( each year| during the year)?"),
    CEASED: re.compile(r"children (ceasing|who ceased) to be looked after( each year| during the year)?"),
    UASC: re.compile(r"children looked after (at|on) 31 march who were unaccompanied asylum.seeking children"),
}
PANEL_COLUMNS = ("geographic_level", "new_code", "old_la_code", "name", "year", "measure", "raw", "publication")
PANEL_MEASURES: Mapping[str, str] = {
    "cla_31_march": LOOKED_AFTER,
    "started": STARTED,
    "ceased": CEASED,
    "population_0_17": POPULATION,
    "uasc": UASC,
}
REFERENCE_COLUMNS = ("area", "area_code", "level", "year", "publication", "published")
RELEASE_COLUMNS = ("area", "area_code", "year", "release")
COUNTRY, REGION = "E92", "E12"
"""How the ONS code of a country, and of a region, begins; an authority goes by its three digits."""

NEIGHBOUR_COLUMNS = ("model", "old_la_code", "rank", "sn_old_la_code")

RELEASE_DAYS: Mapping[int, date] = {
    2010: date(2010, 9, 30),
    2011: date(2011, 9, 28),
    2012: date(2012, 9, 30),
    2013: date(2013, 9, 30),
    2014: date(2014, 9, 30),
    2015: date(2015, 10, 1),
    2016: date(2016, 9, 30),
    2017: date(2017, 9, 30),
    2018: date(2018, 11, 15),
    2019: date(2019, 12, 31),
}
"""When each year's statistics came out; later years fall under `release_day`'s rule. See data/reference/README.md."""


class PublishedError(ValueError):
    """A published file cannot be read as any layout we know."""


def release_day(year: int) -> date:
    """The day by which the statistics for the year ending 31 March `year` were out.

    A day that could not be confirmed is put late, never early: the last of its month, or of November from 2020 on,
    so that no figure counts as known before it was.
    """
    return RELEASE_DAYS.get(year, date(year, 12 if year == 2020 else 11, 31 if year == 2020 else 30))


def publication_name(year: int) -> str:
    """The department's release for the year ending 31 March `year`, as the tables name it."""
    return f"DfE, Children looked after in England, year ending March {year}"


def outturn_name(year: int) -> str:
    """The department's section 251 outturn for the year ending 31 March `year`, as the tables name it."""
    return f"DfE, section 251 outturn, {year - 1}-{year % 100:02d}"


def read_published(path: Path) -> Comparators:
    """The published statistics in one file, one row an area, year, measure and publication.

    Measures are the keys of MEASURES. `area_code` is the three-digit code of an authority, which outlives boundary
    changes, and the ONS code of a region or of England. The table carries a ninth column, `published`: the day the
    figure came out. Rates the file may hold are left: `demand.others` works them out from counts.
    Raises PublishedError saying what the file is instead, or which figures cannot be read, and what to do.
    """
    sheet = read_sheet(path)
    spelled = sheet.rename(columns={old: new for old, new in DOWNLOAD_SPELLINGS.items() if new not in sheet})
    layouts = (
        (DOWNLOAD_COLUMNS, spelled, _from_download),
        (PANEL_COLUMNS, sheet, _from_panel),
        (REFERENCE_COLUMNS, sheet, _from_reference),
        (RELEASE_COLUMNS, sheet, _from_releases),
    )
    for columns, candidate, reader in layouts:
        if set(columns) <= set(candidate):
            try:
                return Comparators(_with_figures(reader(candidate)))
            except PublishedError as error:
                raise PublishedError(f"{path.name}: {error}") from None
    raise PublishedError(
        f"{path.name}: its columns ({', '.join(map(str, list(sheet)[:6]))}, …) are of no layout known here. "
        "Fetch the 'number and rate per 10,000 children' data set of Children looked after in England as CSV."
    )


def read_neighbours(path: Path, model: str) -> dict[str, tuple[str, ...]]:
    """Each authority's statistical neighbours under one model (the year it was set), nearest first, as codes.

    Raises PublishedError where the file has no such columns or no such model.
    """
    sheet = read_sheet(path)
    if missing := [name for name in NEIGHBOUR_COLUMNS if name not in sheet]:
        raise PublishedError(
            f"{path.name}: no column {', '.join(missing)}. A list of neighbours has the columns "
            f"{', '.join(NEIGHBOUR_COLUMNS)}, one row an authority and neighbour."
        )
    chosen = sheet[sheet["model"] == model]
    if chosen.empty:
        models = ", ".join(sorted(sheet["model"].unique()))
        raise PublishedError(f"{path.name}: no neighbours of the {model} model; it holds {models}. Name one of those.")
    ranked = chosen.assign(rank=pd.to_numeric(chosen["rank"])).sort_values(["old_la_code", "rank"])
    return {str(code): tuple(group["sn_old_la_code"]) for code, group in ranked.groupby("old_la_code")}


def as_known_at(comparators: Comparators, day: date) -> Comparators:
    """What had been published by `day`: of each area, year and measure, the latest figure out by then."""
    known = comparators.table[comparators.table["published"] <= pd.Timestamp(day)]
    return Comparators(_latest(known), comparators.neighbours)


def latest(comparators: Comparators) -> Comparators:
    """Of each area, year and measure, the figure published last: with hindsight."""
    return Comparators(_latest(comparators.table), comparators.neighbours)


def first_known(comparators: Comparators, area_code: str, year: int) -> date | None:
    """The day an area's children looked after at 31 March `year` were first published; None where they never were."""
    figures = comparators.table
    chosen = figures[
        (figures["area_code"] == area_code) & (figures["year"] == year) & (figures["measure"] == LOOKED_AFTER)
    ]
    return None if chosen.empty else chosen["published"].min().date()


def known_with_census(comparators: Comparators, area_code: str, census: date, hindsight: bool = False) -> Comparators:
    """The figures known when those for the last 31 March by `census` first came out, and nothing later.

    A forecast from that census may use these and no more. hindsight: everything held instead, the latest of each.
    Where that year was never published, what was known on the census date itself.
    """
    if hindsight:
        return latest(comparators)
    year = last_march(census)
    known = as_known_at(comparators, first_known(comparators, area_code, year) or census)
    return Comparators(known.table[known.table["year"] <= year].reset_index(drop=True), known.neighbours)


def last_march(day: date) -> int:
    """The year of the last 31 March by a day, which publishers' counts are of.

    >>> last_march(date(2018, 3, 30)), last_march(date(2018, 3, 31))
    (2017, 2018)
    """
    return day.year - (day < date(day.year, 3, 31))


def _latest(table: pd.DataFrame) -> pd.DataFrame:
    newest = table.sort_values(["area_code", "measure", "year", "published"], kind="stable")
    return newest.drop_duplicates(["area_code", "measure", "year"], keep="last", ignore_index=True)


def read_sheet(path: Path) -> pd.DataFrame:
    """The file's cells as text, under lower-case column names.

    Raises PublishedError for anything that is not CSV, saying what it is instead.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise PublishedError(f"{path.name}: no such file. Check the path to the published statistics.") from None
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise PublishedError(f"{path.name}: cannot be opened ({reason}). Give the data file itself.") from None
    start = raw.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise PublishedError(f"{path.name}: empty. Fetch it again from the publisher.")
    for mark, kind in ((b"<", "a web page"), (b"PK\x03\x04", "a zip or spreadsheet"), (b"{", "JSON")):
        if start.startswith(mark):
            raise PublishedError(f"{path.name}: {kind}, not CSV. Fetch the data file itself and unpack it.")
    try:
        sheet = pd.read_csv(io.BytesIO(raw), dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError):
        raise PublishedError(f"{path.name}: not readable as UTF-8 CSV. Fetch it again; do not re-save it.") from None
    if sheet.empty:
        raise PublishedError(f"{path.name}: column names and no rows. Fetch it again from the publisher.")
    return sheet.rename(columns=lambda name: str(name).strip().lower())


def _from_download(sheet: pd.DataFrame) -> pd.DataFrame:
    """The department's download: a row a year, area and count, with the population beside each count."""
    level = sheet["geographic_level"].map(LEVELS)
    authority, region = level.eq("authority"), level.eq("region")
    wording = sheet["population_count"].str.strip().str.lower()
    measure = pd.Series(pd.NA, index=sheet.index, dtype="str")
    for name, pattern in DOWNLOAD_MEASURES.items():
        measure = measure.mask(wording.str.fullmatch(pattern), name)
    years = _years(sheet["time_period"].str[:4])
    release = int(years.max())
    places = pd.DataFrame(
        {
            "area": _column(sheet, "country_name")
            .mask(region, _column(sheet, "region_name"))
            .mask(authority, _column(sheet, "la_name")),
            "area_code": _column(sheet, "country_code")
            .mask(region, _column(sheet, "region_code"))
            .mask(authority, _column(sheet, "old_la_code")),
            "level": level,
            "year": years,
            "publication": publication_name(release),
            "published": pd.Timestamp(release_day(release)),
        }
    )
    counts = places.assign(measure=measure, printed=sheet["number"])
    people = places.assign(measure=POPULATION, printed=_column(sheet, "population_estimate"))
    both = pd.concat([counts, people.drop_duplicates(["area_code", "year"])], ignore_index=True)
    return both[both["measure"].notna() & both["level"].notna()]


def _from_panel(sheet: pd.DataFrame) -> pd.DataFrame:
    """Earlier releases side by side: a row a year, area, measure and release, as printed in `raw`."""
    level = sheet["geographic_level"].map(LEVELS)
    release = _years(sheet["publication"])
    figures = pd.DataFrame(
        {
            "area": sheet["name"],
            "area_code": sheet["new_code"].mask(level.eq("authority"), sheet["old_la_code"]),
            "level": level,
            "year": _years(sheet["year"]),
            "publication": release.map(publication_name),
            "published": pd.to_datetime(release.map(release_day)),
            "measure": sheet["measure"].map(PANEL_MEASURES),
            "printed": sheet["raw"],
        }
    )
    return figures[figures["measure"].notna() & figures["level"].notna()]


def _from_reference(sheet: pd.DataFrame) -> pd.DataFrame:
    """The project's own table: a row an area, year and publication, a column a measure."""
    held = [name for name in MEASURES if name in sheet]
    if not held:
        raise PublishedError("No column holds a figure. Take the file again as it was, with its column names.")
    figures = sheet.melt(list(REFERENCE_COLUMNS), held, var_name="measure", value_name="printed")
    published = pd.to_datetime(figures["published"], format="%Y-%m-%d", errors="coerce")
    if bad := int(published.isna().sum()):
        raise PublishedError(f"{bad} figures have no readable day under published. Write it as 2018-11-15.")
    return figures.assign(year=_years(figures["year"]), published=published)


def _from_releases(sheet: pd.DataFrame) -> pd.DataFrame:
    """The project's table of every authority: a row an area, year and release ("looked after 2018").

    Section 251 outturn is put at the end of December after its year.
    """
    release = sheet["release"].str.extract(r"^(?P<of>looked after|section 251) (?P<year>\d{4})$")
    if release["year"].isna().any():
        raise PublishedError(
            f"{int(release['year'].isna().sum())} rows name a release that is not known. Write it as "
            "'looked after 2018' or 'section 251 2018'."
        )
    out, outturn = release["year"].astype("int64"), release["of"].eq("section 251")
    level = pd.Series("authority", index=sheet.index)
    for begins, name in ((COUNTRY, "country"), (REGION, "region")):
        level = level.mask(sheet["area_code"].str.startswith(begins), name)
    dated = sheet.assign(
        level=level,
        publication=out.map(publication_name).mask(outturn, out.map(outturn_name)),
        published=pd.to_datetime(out.map(release_day)).mask(outturn, pd.to_datetime(out.astype("str") + "-12-31")),
    )
    return _from_reference(dated)


def _years(typed: pd.Series[str]) -> pd.Series[int]:
    """A column of years as whole numbers. Raises PublishedError where one is none."""
    text = typed.astype("str").str.strip()
    whole = text.str.fullmatch(r"(19|20)\d{2}", na=False)
    if not whole.all():
        raise PublishedError(
            f"{int((~whole).sum())} rows have no readable year, the first {text[~whole].iloc[0][:40]!r}. Check the "
            "file against the publisher's."
        )
    return text.astype("int64")


def _with_figures(figures: pd.DataFrame) -> pd.DataFrame:
    """What was printed, as a value or as the symbol that stood in its place; a blank cell is no figure."""
    printed = figures["printed"].str.strip()
    held = figures[printed.ne("")].assign(printed=printed)
    symbol = held["printed"].str.lower().isin(SYMBOLS)
    value = pd.to_numeric(held["printed"].str.replace(",", ""), errors="coerce").mask(symbol)
    if unread := int((value.isna() & ~symbol).sum()):
        example = held.loc[value.isna() & ~symbol, "printed"].iloc[0]
        raise PublishedError(
            f"{unread} figures are neither a number nor a known symbol, the first {example!r}. "
            "Check the file against the publisher's; a new symbol belongs in SYMBOLS."
        )
    table = held.assign(value=value.astype("float64"), symbol=held["printed"].where(symbol))
    return table.drop(columns="printed").reset_index(drop=True)


def _column(sheet: pd.DataFrame, name: str) -> pd.Series[str]:
    """A column that a download may lack, blank where it does."""
    return sheet[name] if name in sheet else pd.Series("", index=sheet.index, dtype="str")
