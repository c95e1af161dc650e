"""Why spend changed: volume, mix, inflation and price between two years, and from outturn to each year projected.

Every split adds up to its change to the penny. Order, rules and rounding: docs/decisions/0019-drivers-of-spend.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cip_analysis.demand.forecast import ALL, describe_draws
from cip_analysis.money.change.splitting import ELEMENTS, Cells, DriversError, Pence, growth_of, take_apart
from cip_analysis.records import Spend
from cip_analysis.returns.payments.cells import to_pence

__all__ = [
    "CHANGE", "ELEMENTS", "ELEMENT_WORDS", "DriversError", "element_draws", "join_small_steps", "split_chained",
    "split_change", "split_draws", "split_years", "steps_by_cell", "steps_of", "steps_to", "total_split",
]  # fmt: skip

CHANGE = "change"
ELEMENT_WORDS = {
    "volume": "number of child-days",
    "mix": "mix of settings",
    "inflation": "general inflation",
    "price": "price beyond inflation",
    "without_days": "payments without child-days",
}
SPLIT_MONEY = ("before", *ELEMENTS, "after", CHANGE)
STEPS = ("step", "kind", "spend_gbp")
ALWAYS_SHOWN = ("volume", "mix", "price")
MAY_BE_LARGEST = ("volume", "mix", "inflation", "price")
PARTS_PER_POUND = 100
Yearly = Mapping[int, float]


# ---- between two years ----------------------------------------------------------------------------------------


def split_change(
    before: pd.DataFrame, after: pd.DataFrame, by: Sequence[str], index: float, *, price_first: bool = False
) -> pd.DataFrame:
    """The change in spend between two years by what drove it, a row a cell, exact to the penny.

    before, after: a row a cell: the columns of `by`, child_days, spend_gbp and, where known, children. by: what tells
    cells apart, e.g. ["setting"]. index: general price index of the later year ÷ of the earlier; 1 where both are in
    one price base, or inflation is not to be told from price. price_first: see `take_apart`, which has the formulas.
    Columns: `by`, children_before, children_after (where given), child_days_before, child_days_after, before_gbp,
    volume_gbp, mix_gbp, inflation_gbp, price_gbp, without_days_gbp, after_gbp, change_gbp. Each row's five elements sum
    to its change, and so do the columns'. A cell's own volume and mix together are its change in child-days at its old
    price: money that left one cell for another shows in both, and only the sum of a column is mix as such.
    Raises DriversError for a cell given twice, no child-days in the earlier year, or an index not above nought.
    """
    _check_index(index)
    names = list(by)
    pair = [_by_cell(table, names, which) for table, which in ((before, "earlier"), (after, "later"))]
    cells = pd.concat(pair).index.unique()
    old, new = (half.reindex(cells, fill_value=0) for half in pair)
    first, second = _cells(old), _cells(new)
    parts = take_apart(first, second, growth_of(first.days, second.days), index, price_first=price_first)
    counts = {f"children_{when}": half["children"] for when, half in (("before", old), ("after", new))
              if "children" in half}  # fmt: skip
    days = {"child_days_before": old["child_days"], "child_days_after": new["child_days"]}
    pence = {"before": first.pence, **parts, "after": second.pence, CHANGE: second.pence - first.pence}
    money = {f"{name}_gbp": pence[name] / PARTS_PER_POUND for name in SPLIT_MONEY}
    return pd.DataFrame({**counts, **days, **money}, index=cells).reset_index()


def split_years(spend: Spend, first: int, last: int, index: float) -> pd.DataFrame:
    """The change in spend between two years of outturn, a row a setting: columns as `split_change` gives them.

    spend: outturn (one draw), any span of years. first, last: the years ending 31 March. index: general price index of
    `last` ÷ of `first`; spend not in nominal £ must have 1, because inflation is then out of it already.
    Raises DriversError where a year is not in the spend, or for what `split_change` refuses.
    """
    _check_base(spend, [index])
    return split_change(_year_of(spend, first), _year_of(spend, last), ["setting"], index)


def split_chained(spend: Spend, first: int, last: int, levels: Yearly, *, price_first: bool = False) -> pd.DataFrame:
    """The change between two years of outturn as the sum of each year's change on the one before, a row a setting.

    Over many years the order of the elements matters less when each year is taken apart at the prices of the one before
    (docs/decisions/0019-drivers-of-spend.md). levels: year -> general price index, in any base; the same throughout for
    spend in one price base. Columns as `split_years`, and as exact.
    Raises DriversError where a year lacks spend or a level, or `last` is not after `first`.
    """
    if missing := [year for year in range(first, last + 1) if year not in levels]:
        raise DriversError(f"No general price index for the years to March {', '.join(map(str, missing))}.")
    if last <= first:
        raise DriversError(f"The year to March {last} is not after the year to March {first}.")
    steps = []
    for year in range(first + 1, last + 1):
        index = levels[year] / levels[year - 1]
        _check_base(spend, [index])
        pair = (_year_of(spend, year - 1), _year_of(spend, year))
        steps.append(split_change(*pair, ["setting"], index, price_first=price_first).set_index("setting"))
    moved = [*(f"{name}_gbp" for name in ELEMENTS), "change_gbp"]
    pence = pd.concat(steps)[moved].apply(to_pence).groupby(level="setting", sort=False).sum()
    ends = (steps[0].filter(regex="before"), steps[-1].filter(regex="after"))
    whole = (pence / PARTS_PER_POUND).join(ends[0]).join(ends[1]).fillna(0).astype(steps[0].dtypes.to_dict())
    return whole[list(steps[0].columns)].reset_index()


def total_split(split: pd.DataFrame) -> pd.DataFrame:
    """One row that sums a split over its cells, in whole pence: the columns of `split` that hold counts, days or £.

    Children are summed over cells: one who was in two settings is counted in both. Where cells are parts of one
    setting's spend (`split_within`), the same days and children stand in several, so neither is summed.
    """
    counted = [name for name in split.columns if name.startswith("child") and "part" not in split.columns]
    pence = {name: int(to_pence(split[name]).sum()) / 100 for name in split.columns if name.endswith("_gbp")}
    rest = {name: split[name].sum() for name in counted}
    return pd.DataFrame([{**rest, **pence}])


def steps_of(split: pd.DataFrame, names: tuple[str, str], words: Mapping[str, str] = ELEMENT_WORDS) -> pd.DataFrame:
    """A split as the steps of a waterfall: the earlier year, each element, the later year.

    names: what to call the two years, e.g. ("2016/17", "2017/18"). words: element -> its step's name; elements that
    are nought throughout are left out, but volume, mix and price never.
    Columns step, kind ("level" stands on nought, "change" on the step before), spend_gbp and, where the split has
    them, children_before and children_after: what a step rests on, for disclosure. The changes add up to the
    difference of the levels to the penny.
    """
    total = total_split(split).iloc[0]
    kept = [name for name in words if name in ALWAYS_SHOWN or total[f"{name}_gbp"] != 0]
    rows = [(names[0], "level", total["before_gbp"]), *((words[name], CHANGE, total[f"{name}_gbp"]) for name in kept),
            (names[1], "level", total["after_gbp"])]  # fmt: skip
    counts = {name: int(total[name]) for name in ("children_before", "children_after") if name in total.index}
    return pd.DataFrame(rows, columns=list(STEPS)).assign(**counts)


def steps_by_cell(split: pd.DataFrame, names: tuple[str, str], by: str = "setting", most: int = 6) -> pd.DataFrame:
    """A change in spend as steps by where it happened: the cells that moved most, the rest together.

    split: as `split_change` makes it, with one column in `by`. names: what to call the two years. most: cells with a
    step of their own, in the order of the split. Columns as `steps_of`; children_before and children_after are those of
    the cells in a step, and of all of them for the levels.
    """
    largest = split.loc[split["change_gbp"].abs().sort_values(ascending=False, kind="stable").index[:most], by]
    own = split[by].isin(largest) & split["change_gbp"].ne(0)
    counts = [name for name in ("children_before", "children_after") if name in split.columns]
    grouped = split.assign(step=split[by].where(own, f"other {by}s"), pence=to_pence(split["change_gbp"]))
    moved = grouped.groupby("step", sort=False)[["pence", *counts]].sum()
    moved = moved.loc[[*split.loc[own, by], *([f"other {by}s"] if not own.all() else [])]]
    changes = moved.assign(kind=CHANGE, spend_gbp=moved["pence"] / PARTS_PER_POUND).reset_index()
    total = total_split(split).iloc[0]
    levels = [pd.DataFrame([{"step": name, "kind": "level", "spend_gbp": total[f"{when}_gbp"],
                             **{count: int(total[count]) for count in counts}}])
              for name, when in zip(names, ("before", "after"), strict=True)]  # fmt: skip
    columns = [*STEPS, *counts]
    return pd.concat([levels[0], changes[columns], levels[1]], ignore_index=True)


def join_small_steps(steps: pd.DataFrame, least: int, joined: str = "other changes together") -> pd.DataFrame:
    """The steps of a waterfall with changes that rest on fewer than `least` children joined to the next smallest.

    A lone step withheld between two levels that are shown is told by subtraction; joined to another it is not. steps:
    with a column children, or children_before and children_after; 1 to least - 1 in any of them is small. Changes of no
    £ that rest on nobody are left out. The joined step comes last of the changes and counts, in each column, the most
    children any of its parts rests on, because parts may rest on the same ones. Nothing is joined where none is small.
    """
    counts = [name for name in steps.columns if name.startswith("children")]
    change = steps["kind"].eq(CHANGE)
    kept = steps[~(change & steps["spend_gbp"].eq(0) & steps[counts].eq(0).all(axis=1))]
    few = (kept[counts].ge(1) & kept[counts].lt(least)).any(axis=1) & kept["kind"].eq(CHANGE)
    if not few.any():
        return kept.reset_index(drop=True)
    others = kept[~few & kept["kind"].eq(CHANGE)]
    parts = pd.concat([kept[few], others.loc[others[counts].min(axis=1).sort_values(kind="stable").index[:1]]])
    spent = int(to_pence(parts["spend_gbp"]).sum()) / PARTS_PER_POUND
    one = parts.iloc[:1].assign(step=joined, spend_gbp=spent, **{name: parts[name].max() for name in counts})
    rest = kept.drop(index=parts.index)
    return pd.concat([rest.iloc[:-1], one, rest.iloc[-1:]], ignore_index=True)


# ---- from outturn to what may come ----------------------------------------------------------------------------


def element_draws(outturn: Spend, ahead: Spend, index: Yearly) -> tuple[tuple[int, ...], dict[str, Pence]]:
    """Each draw's change in spend from the last year of outturn, taken apart: the years, and element -> pence.

    outturn: one draw; its last year is what every year ahead is set against. index: each year ahead -> general price
    index of that year ÷ of the last year of outturn; 1 throughout where `ahead` is in that year's prices. The arrays
    are draw x year x setting (the last in the order of `settings_of`), whole pence; "change" is their sum.
    Payments that met no stay are not projected: what there was of them is taken off, under without_days.
    Raises DriversError where a year has no index, prices are real and an index is not 1, or outturn has many draws.
    """
    years = tuple(int(year) for year in np.unique(ahead.table["financial_year"]))
    if missing := [year for year in years if year not in index]:
        raise DriversError(f"No general price index for the years to March {', '.join(map(str, missing))}.")
    _check_base(ahead, [index[year] for year in years])
    last = _year_of(outturn, int(outturn.table["financial_year"].max()))
    settings = settings_of(outturn, ahead)
    there = _by_cell(last, ["setting"], "earlier").reindex(settings, fill_value=0)
    before = _cells(there)
    after = _grid(ahead.table, years, settings)
    factors = np.array([index[year] for year in years])[:, None]
    parts = take_apart(before, after, growth_of(before.days, after.days), factors)
    return years, {**parts, CHANGE: after.pence - before.pence}


def settings_of(outturn: Spend, ahead: Spend) -> list[str]:
    """The settings of the last year of outturn and of the years ahead, in the order they are met."""
    last = outturn.table[outturn.table["financial_year"].eq(outturn.table["financial_year"].max())]
    return list(dict.fromkeys([*last["setting"].unique(), *ahead.table["setting"].unique()]))


def split_draws(outturn: Spend, ahead: Spend, index: Yearly, *, by_setting: bool = False) -> pd.DataFrame:
    """What moves spend from the last year of outturn to each year ahead, over the draws.

    Arguments as `element_draws`. by_setting: a row for each setting too, after those of setting "all".
    Columns financial_year, setting, element (ELEMENTS, then "change"), mean_gbp, p02_5_gbp, p10_gbp, p25_gbp, p50_gbp,
    p75_gbp, p90_gbp, p97_5_gbp, and chance_largest: the share of draws in which, of volume, mix, inflation and price,
    this one moves spend furthest either way (blank for the rest). Means of the elements add up to the mean change to
    the penny, what rounding leaves going to price; the other statistics do not add up, as middles never do.
    """
    years, parts = element_draws(outturn, ahead, index)
    total = {name: pence.sum(axis=2, dtype="int64") for name, pence in parts.items()}
    tables = [_described(total, years, ALL)]
    if by_setting:
        cells = enumerate(settings_of(outturn, ahead))
        each = ({name: pence[:, :, place] for name, pence in parts.items()} for place, _name in cells)
        tables += [_described(own, years, name) for own, name in zip(each, settings_of(outturn, ahead), strict=True)]
    return pd.concat(tables, ignore_index=True)


def steps_to(draws: pd.DataFrame, outturn: Spend, year: int, names: tuple[str, str]) -> pd.DataFrame:
    """The steps of a waterfall from the last year of outturn to one year ahead, each change with its 80% range.

    draws: as `split_draws` makes it; its rows of setting "all" are used. Columns as `steps_of`, and p10_spend_gbp and
    p90_spend_gbp: of a change, its own range; of the last level, the range of that year's spend. spend_gbp is the mean,
    so that the steps add up.
    Raises DriversError where the year is not among those of `draws`.
    """
    chosen = draws[draws["financial_year"].eq(year) & draws["setting"].eq(ALL)].set_index("element")
    if chosen.empty:
        raise DriversError(f"The year to March {year} is not among those projected.")
    last = _year_of(outturn, int(outturn.table["financial_year"].max()))
    start = int(to_pence(last["spend_gbp"]).sum()) / PARTS_PER_POUND
    whole = chosen.loc[CHANGE]
    moved = chosen.loc[[name for name in ELEMENT_WORDS if name in ALWAYS_SHOWN or chosen.loc[name, "mean_gbp"] != 0]]
    ends = {"spend_gbp": "mean_gbp", "p10_spend_gbp": "p10_gbp", "p90_spend_gbp": "p90_gbp"}
    return pd.DataFrame(
        {
            "step": [names[0], *(ELEMENT_WORDS[str(name)] for name in moved.index), names[1]],
            "kind": ["level", *[CHANGE] * len(moved), "level"],
            **{to: [start if to == "spend_gbp" else np.nan, *moved[of], round(start + whole[of], 2)]
               for to, of in ends.items()},
        }
    )  # fmt: skip


# ---- the parts ------------------------------------------------------------------------------------------------


def _described(parts: Mapping[str, Pence], years: Sequence[int], setting: str) -> pd.DataFrame:
    """Statistics of draw x year arrays, a row a year and element, the means adding up to the penny."""
    names = [*ELEMENTS, CHANGE]
    stacked = np.stack([parts[name] for name in names], axis=2)
    statistics = describe_draws(stacked)
    means = np.rint(stacked.mean(axis=0)).astype("int64")
    price = ELEMENTS.index("price")
    means[:, price] += means[:, -1] - means[:, :-1].sum(axis=1)
    statistics = statistics.assign(mean=means.ravel()) / PARTS_PER_POUND
    labels = pd.DataFrame({
        "financial_year": np.repeat(list(years), len(names)), "setting": setting, "element": names * len(years),
    })  # fmt: skip
    named = statistics.rename(columns=lambda name: f"{name}_gbp")
    return pd.concat([labels, named], axis=1).assign(chance_largest=_largest(parts, names).ravel())


def _largest(parts: Mapping[str, Pence], names: Sequence[str]) -> NDArray[np.float64]:
    """Year x element: the share of draws in which that element is the furthest from nought; blank where not asked."""
    sizes = np.abs(np.stack([parts[name] for name in MAY_BE_LARGEST], axis=2))
    won = sizes.argmax(axis=2)
    shares = np.full((sizes.shape[1], len(names)), np.nan)
    for place, name in enumerate(MAY_BE_LARGEST):
        shares[:, names.index(name)] = (won == place).mean(axis=0)
    return shares


def _grid(table: pd.DataFrame, years: Sequence[int], settings: Sequence[str]) -> Cells:
    """Projected spend as arrays of draw x year x setting; what is not there is nought."""
    draw, draws = pd.factorize(table["draw"], sort=True)
    year = np.searchsorted(np.array(years), table["financial_year"].to_numpy())
    setting = pd.Index(settings).get_indexer(pd.Index(table["setting"]))
    shape = (len(draws), len(years), len(settings))
    days, pence = np.zeros(shape), np.zeros(shape, dtype="int64")
    days[draw, year, setting] = table["child_days"].to_numpy(dtype="float64")
    pence[draw, year, setting] = to_pence(table["spend_gbp"]).to_numpy()
    return Cells(days, pence)


def _by_cell(table: pd.DataFrame, names: list[str], which: str) -> pd.DataFrame:
    """Days, £ and children of one year by cell. Refuses a cell given twice, or blank days or £."""
    wanted = [*names, "child_days", "spend_gbp"]
    if missing := [name for name in wanted if name not in table.columns]:
        raise DriversError(f"The {which} year has no column {', '.join(missing)}.")
    if repeats := int(table.duplicated(names).sum()):
        raise DriversError(f"The {which} year gives {repeats} of its cells more than once. Add them up first.")
    if blanks := int(table[wanted].isna().any(axis=1).sum()):
        raise DriversError(f"The {which} year has {blanks} rows with no child-days, no spend or no name.")
    kept = [name for name in ("children", "child_days", "spend_gbp") if name in table.columns]
    return table.set_index(names)[kept]


def _cells(table: pd.DataFrame) -> Cells:
    return Cells(table["child_days"].to_numpy(dtype="float64"), to_pence(table["spend_gbp"]).to_numpy())


def _year_of(spend: Spend, year: int) -> pd.DataFrame:
    """One year's lines of outturn."""
    if spend.table["draw"].ne(spend.table["draw"].min()).any():
        raise DriversError("Outturn has one draw; the spend given has more. Give what was spent, not what may be.")
    lines = spend.table[spend.table["financial_year"].eq(year)]
    if lines.empty:
        raise DriversError(f"There is no spend for the year to March {year}.")
    return lines


def _check_index(index: float) -> None:
    if not index > 0:
        raise DriversError(f"A price index of one year over another must be above nought, not {index:g}.")


def _check_base(spend: Spend, indices: Sequence[float]) -> None:
    """Refuse inflation taken out of spend that has none in it, and an index that is none."""
    for index in indices:
        _check_index(index)
    if spend.price_base != "nominal" and any(index != 1 for index in indices):
        raise DriversError(
            f"The spend is in {spend.price_base}, so general inflation is out of it already. Give an index of 1."
        )
