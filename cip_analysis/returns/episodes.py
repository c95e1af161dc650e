"""From returns to one history per child: years stitched, rows repaired, placements and periods of care numbered.

The order of the repairs is that of `repairs.REPAIRS` and then `histories.HISTORY_REPAIRS`; each is a line of the
ledger, and the child-days after one line are those before the next, so nothing is lost unseen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from cip_analysis.codes import (
    DATE_COLUMNS,
    END_REASONS,
    ETHNIC_GROUPS,
    LEGAL_STATUSES,
    MOVE_REASONS,
    NEEDS,
    PLACEMENTS,
    PROVIDERS,
    RESPITE_STATUSES,
    SEXES,
    START_REASONS,
    Code,
)
from cip_analysis.ledgers import Treatments
from cip_analysis.records import EPISODE_COLUMNS, LEGAL_COLUMNS, Episodes, Returns
from cip_analysis.returns.histories import HISTORY_REPAIRS, PLACEMENT_REPAIRS, closes_of, first_of_group, new_periods
from cip_analysis.returns.repairs import CODED, REPAIRS, Around, Repair, count_child_days
from cip_analysis.returns.rules.sent import blank_to_missing

ETHNICITY_UNKNOWN = "Refused or not known"
SEX_UNKNOWN = "unknown"


def build_episodes(returns: Returns) -> tuple[Episodes, Treatments]:
    """One history per child, and the ledger of every repair, in a fixed order.

    The ledger holds every repair, also those that changed nothing. Child-days are nights in care over all rows, open
    rows counted through the census date. The tables of `returns` are left as they are.
    """
    children = _children(returns)
    around = Around(pd.Timestamp(returns.census_date), returns.years, _births(returns, children))
    rows, ledger = _repair(_rows(returns, children), (*REPAIRS, *HISTORY_REPAIRS), around)
    legal = _legal_table(rows, children)
    rows, last_lines = _repair(rows, PLACEMENT_REPAIRS, around)
    table = _describe_children(_placements(rows), returns, children)
    episodes = Episodes(table, legal, returns.census_date, returns.synthetic)
    return episodes, Treatments.of(ledger + last_lines)


def _repair(
    rows: pd.DataFrame, repairs: Iterable[Repair], around: Around
) -> tuple[pd.DataFrame, list[dict[str, object]]]:
    """The rows after the repairs in turn, and a line of the ledger for each."""
    lines: list[dict[str, object]] = []
    days = count_child_days(rows, around.census)
    for repair in repairs:
        repaired = repair.make(rows, around)
        changed = rows.loc[repaired.changed, "child"]
        line = {
            "rule": repair.rule,
            "rows_seen": len(rows),
            "rows_changed": len(changed),
            "gbp": 0.0,
            "why": repair.why,
        }
        after = count_child_days(repaired.rows, around.census)
        children = int(changed[changed >= 0].nunique())
        lines.append({**line, "children": children, "child_days_before": days, "child_days_after": after})
        rows, days = repaired.rows, after
    return rows, lines


def _children(returns: Returns) -> pd.Index:
    """Every child of the episodes, in order: rows carry the position in this list instead of the identifier."""
    named = blank_to_missing(returns.tables["episodes"]["CHILD"]).dropna().unique()
    children: pd.Index = pd.Index(sorted(named), dtype="str")
    return children


def _numbers(children: pd.Index, identifiers: pd.Series) -> np.ndarray:
    """The position of each identifier in `children`; -1 where it is not there."""
    return children.get_indexer(pd.Index(identifiers))


def _rows(returns: Returns, children: pd.Index) -> pd.DataFrame:
    """The episodes as sent, under the names the repairs use; `position` keeps the order of the files."""
    sent = returns.tables["episodes"].reset_index(drop=True)
    texts = (*CODED, "HOME_POST", "PL_POST", "URN")
    return pd.DataFrame(
        {
            "child": _numbers(children, blank_to_missing(sent["CHILD"])),
            "start": sent["DECOM"].astype("datetime64[us]"),
            "end": sent["DEC"].astype("datetime64[us]"),
            **{name: _text(sent, name) for name in texts},
            **{name: sent[name] for name in ("file", "row", "year")},
            "position": np.arange(len(sent)),
        }
    )


def _text(table: pd.DataFrame, column: str) -> pd.Series:
    """A text column with blanks missing; all missing where it was not sent."""
    if column not in table:
        return pd.Series(None, index=table.index, dtype="str")
    return blank_to_missing(table[column].astype("str"))


def _births(returns: Returns, children: pd.Index) -> pd.DataFrame:
    """Every birth date given for a child, the latest year last and the header after the UASC table."""
    tables = [returns.tables[name] for name in ("uasc", "header") if "DOB" in returns.tables.get(name, ())]
    given = [table[["CHILD", "DOB", "year"]] for table in tables]
    if not given:
        return pd.DataFrame({"child": np.array([], dtype="int64"), "birth_date": np.array([], dtype="datetime64[us]")})
    dates = pd.concat(given).sort_values("year", kind="stable")
    births = pd.DataFrame({"child": _numbers(children, dates["CHILD"]), "birth_date": dates["DOB"].to_numpy()})
    return births[births["child"] >= 0].astype({"birth_date": "datetime64[us]"}).dropna()


def _names(codes: pd.Series, listed: Mapping[str, Code]) -> pd.Series:
    return codes.map({code: entry.name for code, entry in listed.items()}).astype("str")


def _placements(rows: pd.DataFrame) -> pd.DataFrame:
    """The repaired rows as placements: names for codes, periods numbered, households found."""
    opens = new_periods(rows)
    first = first_of_group(opens)
    fresh_child = rows["child"].ne(rows["child"].shift()).to_numpy()
    period = (
        opens.cumsum() - (opens.cumsum())[first_of_group(fresh_child)] + 1 if len(rows) else np.array([], dtype="int64")
    )
    return pd.DataFrame(
        {
            "child": rows["child"], "start": rows["start"], "end": rows["end"],
            "period": period, "period_start": rows["start"].array.take(first),
            "start_reason": _names(rows["RNE"], START_REASONS), "end_reason": _names(rows["REC"], END_REASONS),
            "move_reason": _names(rows["REASON_PLACE_CHANGE"], MOVE_REASONS),
            "legal_status": _names(rows["LS"], LEGAL_STATUSES), "need": _names(rows["CIN"], NEEDS),
            "placement": _names(rows["PLACE"], PLACEMENTS), "provider": _names(rows["PLACE_PROVIDER"], PROVIDERS),
            "provider_urn": rows["URN"], "setting": rows["setting"], "temporary": rows["temporary"],
            "respite": rows["LS"].isin(RESPITE_STATUSES), "household": _households(rows, first),
            "birth_date": rows["birth_date"], "file": rows["file"], "row": rows["row"],
        }
    )  # fmt: skip


def _households(rows: pd.DataFrame, first: np.ndarray) -> pd.Series:
    """One number for children who left the same address on the same day; blank where no address was given.

    first: for each row, the position of the first row of its period, whose address counts.
    """
    address = rows["HOME_POST"].str.replace(" ", "", regex=False).array.take(first)
    left = pd.DataFrame({"address": address, "day": rows["start"].array.take(first)})
    known = left.dropna()
    number = known.groupby(["address", "day"], sort=False).ngroup() + 1
    return number.reindex(left.index).astype("Int64")


def _legal_table(rows: pd.DataFrame, children: pd.Index) -> pd.DataFrame:
    """Each legal status of each child, from rows not yet joined into placements; unknown statuses leave a gap."""
    known = rows[rows["LS"].notna()].reset_index(drop=True)
    opens = new_periods(known) | known["LS"].ne(known["LS"].shift()).to_numpy()
    until = known.loc[closes_of(opens), "end"]
    spells = known[opens]
    table = pd.DataFrame(
        {
            "child": children.take(spells["child"].to_numpy()),
            "start": spells["start"].array,
            "end": until.array,
            "legal_status": _names(spells["LS"], LEGAL_STATUSES).array,
            "respite": spells["LS"].isin(RESPITE_STATUSES).array,
        }
    )
    return table[list(LEGAL_COLUMNS)]


def _describe_children(table: pd.DataFrame, returns: Returns, children: pd.Index) -> pd.DataFrame:
    """The placements with who the child is, from the latest header and UASC tables that say; children by name."""
    sex = _names(_latest(table, returns, children, ("uasc", "header"), "SEX"), SEXES).fillna(SEX_UNKNOWN)
    ethnicity = _latest(table, returns, children, ("header",), "ETHNIC").map(ETHNIC_GROUPS)
    named = table.assign(
        sex=sex,
        ethnic_group=ethnicity.astype("str").fillna(ETHNICITY_UNKNOWN),
        uasc=_unaccompanied(table, returns, children),
        child=pd.Series(children.take(table["child"].to_numpy()), index=table.index, dtype="str"),
    )
    return named[list(EPISODE_COLUMNS)]


def _latest(
    table: pd.DataFrame, returns: Returns, children: pd.Index, names: tuple[str, ...], column: str
) -> pd.Series:
    """For each placement, the last value of `column` given for its child: the latest year, then the last table."""
    given = [returns.tables[name] for name in names if column in returns.tables.get(name, ())]
    if not given:
        missing = pd.NaT if column in DATE_COLUMNS else None
        return pd.Series(missing, index=table.index, dtype="datetime64[us]" if column in DATE_COLUMNS else "str")
    sent = pd.concat([part[["CHILD", "year", column]] for part in given]).sort_values("year", kind="stable")
    values = blank_to_missing(sent[column])
    latest = pd.Series(values.array, index=_numbers(children, sent["CHILD"])).dropna()
    latest = latest[~latest.index.duplicated(keep="last")]
    return latest.reindex(table["child"]).set_axis(table.index)


def _unaccompanied(table: pd.DataFrame, returns: Returns, children: pd.Index) -> pd.Series:
    """Placements that began while the child counted as an unaccompanied asylum seeker: listed, and not yet ceased."""
    if "uasc" not in returns.tables:
        return pd.Series(False, index=table.index)
    listed = _numbers(children, returns.tables["uasc"]["CHILD"])
    ceased = _latest(table, returns, children, ("uasc",), "DUC")
    return table["child"].isin(listed) & (ceased.isna() | (table["start"] < ceased))
