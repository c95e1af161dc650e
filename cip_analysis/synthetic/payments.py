"""The invented county's placement payments: dated fees a stay and financial year, with the blemishes real files have.

Prices are steered to what is known of Leicestershire in 2017/18 and move from year to year by assumed rates; both,
and every rate of blemish, are in docs/decisions/0007-payments-and-stays.md. No provider named here exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from cip_analysis.codes import TEMPORARY_PLACEMENTS, setting_of
from cip_analysis.settings import Council
from cip_analysis.synthetic.blemishes import EXTRA, add_blemishes
from cip_analysis.synthetic.chance import stream
from cip_analysis.synthetic.files import as_text, invent_identities
from cip_analysis.synthetic.history import Histories

BASE_YEAR = 2018
WEEKLY_GBP: Mapping[str, float] = MappingProxyType(
    {
        "in-house foster": 495.0,
        "independent foster": 825.0,
        "kinship": 280.0,
        "external residential": 2950.0,
        "in-house residential": 3400.0,
        "16+ supported": 750.0,
        "secure and health": 4800.0,
        "family centre": 2600.0,
        "other": 800.0,
    }
)
"""Mean weekly price in 2017/18, £ net of contributions. Settings not here cost the placements budget nothing."""
STEERED = ("external residential", "independent foster")
PAID_BY_OTHERS = frozenset({"R2", "R5"})  # hospitals and youth custody send the council no placement bill
FEE_SPREAD: Mapping[str, float] = {
    "in-house foster": 0.06, "independent foster": 0.11, "kinship": 0.15, "external residential": 0.30,
    "16+ supported": 0.45, "secure and health": 0.15, "family centre": 0.15, "other": 0.4,
}  # fmt: skip
"""Standard deviation of the logarithm of the fee among children of a setting."""
BESPOKE_SHARE, BESPOKE_TIMES = 0.04, (1.6, 2.6)
ALLOWANCE_BY_AGE = ((0, 0.88), (5, 0.94), (11, 1.04), (16, 1.15))
YEARLY_RISE: Mapping[str, tuple[float, float]] = {
    "external residential": (0.035, 0.09), "16+ supported": (0.02, 0.08), "independent foster": (0.012, 0.025),
}  # fmt: skip
"""Assumed rise a year in fees: up to 2017/18, and after it."""
OTHER_RISE = (0.015, 0.03)
OFF_FRAMEWORK: Mapping[str, tuple[float, float, float]] = {
    "external residential": (0.22, 0.020, 0.18), "independent foster": (0.15, 0.010, 0.09),
    "16+ supported": (0.50, 0.0, 0.10),
}  # fmt: skip
"""Share bought off the framework in 2010/11, its rise a year, and how much dearer it is."""
BLOCK_SHARE, BLOCK_TIMES = 0.07, 0.92
CONTRIBUTIONS: Mapping[str, tuple[float, float]] = {
    "external residential": (0.15, 0.20), "secure and health": (0.15, 0.05), "16+ supported": (0.06, 0.0),
}  # fmt: skip
"""Share of stays to which health, and education, contribute."""
HEALTH_PART, EDUCATION_PART = (0.10, 0.35), (0.12, 0.32)
CHANGE_SHARE, CHANGE_TIMES, CHANGE_AFTER_DAYS = 0.20, (0.85, 1.25), 120
EXTRA_ROWS, EXTRA_PART, MOST_EXTRA, EXTRA_GROWTH = 0.45, (0.1, 0.5), 0.30, 0.12
"""Share of external residential rows with support billed beside the fee, what part of the fee before steering, the
most overall, and how much less of it there was each year before 2017/18."""
CLAIMED_WEEKS = 52.14  # £9.7m ÷ 63 children on 31 March ÷ 52.14 = £2,953
FEWEST_PROVIDERS, PLACES_A_PROVIDER = 6, 3
PROVIDER_NAME, OWN_SERVICE, OTHER_COUNCIL = "Invented Provider {:02d}", "Own service", "Invented other council"
DAY = pd.Timedelta(days=1)
FIELDS = (
    "child", "start", "end", "setting", "provider", "provider_urn", "platform", "weekly_fee", "health", "education",
    "amount", "kind",
)  # fmt: skip
BESIDE = ("placement_start", "placement_end", "financial_year")


def invent_payments(histories: Histories, council: Council, seed: int) -> pd.DataFrame:
    """The placement payments file: one row a stay, financial year and fee, all text, under the council's columns.

    The child's number is the one in the returns. A period's end follows the council's own meaning of it. Beside the
    columns the council maps: placement_start, placement_end (blank where open on the last day) and financial_year.
    """
    stays = stays_of(histories)
    if stays.empty:
        return pd.DataFrame(columns=_column_names(council), dtype="str")
    rows = _steered(_fee_rows(_priced(stays, histories, seed), histories))
    gross = (rows["days"] * rows["weekly_fee"] / 7).round(2)
    health, education = (gross * rows["health_part"]).round(2), (gross * rows["education_part"]).round(2)
    rows = rows.assign(health=health, education=education, amount=(gross - health - education).round(2), kind="payment")
    rows = pd.concat([rows, _extra_support(rows, stream(seed, "additional support"))], ignore_index=True)
    ids = invent_identities(histories.children, seed).ids
    rows = rows.assign(child=rows["child"].map(ids)).sort_values(["year", "child", "start"], kind="stable")
    return _as_file(
        add_blemishes(rows.reset_index(drop=True), frozenset(ids), stream(seed, "payment blemishes")), council
    )


# ---- who is paid for, by whom, on what terms -------------------------------------------------------------------


def stays_of(histories: Histories) -> pd.DataFrame:
    """Each stay paid for: child, start, end (the day after the last, where open), placement, provider, urn, setting.

    A change of legal status alone, or a temporary absence, does not end a stay.
    """
    lines = histories.episodes
    new = lines["start_reason"].ne("L") & (
        ~lines["placement"].isin(TEMPORARY_PLACEMENTS) | lines["start_reason"].eq("S")
    )
    until = pd.Timestamp(histories.last_day) + DAY
    lines = lines.assign(open=lines["end"].isna(), end=lines["end"].fillna(until), stay=new.cumsum())
    stays = lines.groupby("stay").agg(
        child=("child", "first"), start=("start", "first"), end=("end", "last"), open=("open", "last"),
        placement=("placement", "first"), provider=("provider", "first"), urn=("urn", "first"),
        legal_status=("legal_status", "first"),
    )  # fmt: skip
    pairs = stays[["placement", "provider"]].drop_duplicates()
    settings = pd.Series(
        [setting_of(*pair) for pair in pairs.itertuples(index=False)], index=pd.MultiIndex.from_frame(pairs)
    )
    named = settings.reindex(pd.MultiIndex.from_frame(stays[["placement", "provider"]])).to_numpy()
    stays = stays.assign(setting=named)
    paid = stays["setting"].isin(WEEKLY_GBP) & ~stays["placement"].isin(PAID_BY_OTHERS)
    return stays[paid & (stays["end"] > pd.Timestamp(histories.first_day))].reset_index(drop=True)


def _priced(stays: pd.DataFrame, histories: Histories, seed: int) -> pd.DataFrame:
    """The stays with the terms of each: platform, provider, price against its setting's mean, contributions."""
    chance = stream(seed, "payment terms")
    platform = _platforms(stays, chance)
    born = stays["child"].map(histories.children.set_index("child")["birth_date"])
    age = (stays["start"] - born).dt.days / 365.25
    setting = stays["setting"]
    spread = setting.map(FEE_SPREAD).fillna(0.0).to_numpy()
    times = np.exp(spread * chance.standard_normal(len(stays)) - spread**2 / 2)
    bespoke = (chance.random(len(stays)) < BESPOKE_SHARE) & setting.eq("external residential").to_numpy()
    times *= np.where(bespoke, chance.uniform(*BESPOKE_TIMES, len(stays)), 1.0)
    dearer = setting.map({name: terms[2] for name, terms in OFF_FRAMEWORK.items()}).fillna(0.0)
    times *= np.where(platform.eq("spot"), 1 + dearer, np.where(platform.eq("block"), BLOCK_TIMES, 1.0))
    allowance = np.select(
        [age >= floor for floor, _ in ALLOWANCE_BY_AGE[::-1]], [by for _, by in ALLOWANCE_BY_AGE[::-1]]
    )
    times *= np.where(setting.isin(("in-house foster", "kinship")), allowance, 1.0)
    parts = _contributions(stays, chance)
    changes = _fee_changes(stays, chance)
    return stays.assign(
        times=times, platform=platform, provider_name=_provider_names(stays, chance), **parts, **changes
    )


def _platforms(stays: pd.DataFrame, chance: np.random.Generator) -> pd.Series:
    """How each stay was procured; buying off the framework grows from year to year."""
    drawn = chance.random(len(stays))
    since = (stays["start"].dt.year - 2010).clip(0, 10)
    terms = {name: stays["setting"].map({key: by[place] for key, by in OFF_FRAMEWORK.items()}).fillna(1.0 - place)
             for place, name in enumerate(("share", "rise"))}  # fmt: skip
    spot = drawn < terms["share"] + terms["rise"] * since
    block = (drawn > 1 - BLOCK_SHARE) & stays["setting"].eq("external residential")
    bought = pd.Series("framework", index=stays.index).mask(spot, "spot").mask(block, "block")
    own = stays["provider"].eq("PR1") | stays["setting"].isin(("in-house foster", "in-house residential", "kinship"))
    return bought.mask(own, "in-house")


def _provider_names(stays: pd.DataFrame, chance: np.random.Generator) -> pd.Series:
    """An invented provider for each stay, the same for every stay at one place; large ones run more places."""
    known = np.sort(stays.loc[stays["urn"].ne(""), "urn"].unique())
    number = max(FEWEST_PROVIDERS, len(known) // PLACES_A_PROVIDER)
    size = 1 / np.arange(1, number + 1) ** 0.7
    owners = chance.choice(number, len(known), p=size / size.sum()) + 1
    anyone = pd.Series(chance.choice(number, len(stays), p=size / size.sum()) + 1, index=stays.index)
    owner = stays["urn"].map(pd.Series(owners, index=known)).fillna(anyone).astype("int64")
    names = owner.map({one: PROVIDER_NAME.format(one) for one in range(1, number + 1)})
    names = names.mask(stays["provider"].isin(("PR2", "PR3")), OTHER_COUNCIL)
    return names.mask(stays["provider"].eq("PR1"), OWN_SERVICE)


def _contributions(stays: pd.DataFrame, chance: np.random.Generator) -> dict[str, np.ndarray]:
    """What part of each stay's fee health and education bear; a residential school's education always."""
    parts = {}
    for place, (name, limits) in enumerate((("health_part", HEALTH_PART), ("education_part", EDUCATION_PART))):
        share = stays["setting"].map({key: by[place] for key, by in CONTRIBUTIONS.items()}).fillna(0.0)
        share = share.mask(stays["placement"].eq("S1") & (name == "education_part"), 1.0)
        gives = chance.random(len(stays)) < share
        parts[name] = np.where(gives, chance.uniform(*limits, len(stays)), 0.0).round(3)
    return parts


def _fee_changes(stays: pd.DataFrame, chance: np.random.Generator) -> dict[str, pd.Series]:
    """For some long residential stays, the day the package changed and by how much; otherwise no day."""
    length = (stays["end"] - stays["start"]).dt.days
    changes = (chance.random(len(stays)) < CHANGE_SHARE) & stays["setting"].eq("external residential")
    changes &= length > 2 * CHANGE_AFTER_DAYS
    after = CHANGE_AFTER_DAYS + (chance.random(len(stays)) * (length - 2 * CHANGE_AFTER_DAYS).clip(lower=1)).astype(
        "int64"
    )
    day = (stays["start"] + pd.to_timedelta(after, unit="D")).where(changes)
    return {"change_day": day, "change_times": pd.Series(chance.uniform(*CHANGE_TIMES, len(stays)), index=stays.index)}


# ---- rows -----------------------------------------------------------------------------------------------------


def _fee_rows(stays: pd.DataFrame, histories: Histories) -> pd.DataFrame:
    """The stays cut at every 1 April and change of fee within the histories' years; each part's weekly fee."""
    whole = stays.assign(placement_start=stays["start"], placement_end=stays["end"].mask(stays["open"]))
    changed = whole["change_day"].notna()
    before = whole.assign(end=whole["end"].where(~changed, whole["change_day"]))
    after = whole[changed]
    after = after.assign(start=after["change_day"], times=after["times"] * after["change_times"])
    parts = pd.concat([before, after], ignore_index=True)
    years = range(histories.first_day.year + 1, histories.last_day.year + 1)
    opens = {year: pd.Timestamp(year - 1, 4, 1) for year in (*years, years.stop)}
    cut = [
        parts.assign(
            year=year,
            start=parts["start"].where(parts["start"] > opens[year], opens[year]),
            end=parts["end"].where(parts["end"] < opens[year + 1], opens[year + 1]),
        )
        for year in years
    ]
    rows = pd.concat([piece[piece["end"] > piece["start"]] for piece in cut], ignore_index=True)
    base = rows["setting"].map(WEEKLY_GBP)
    levels = {(setting, year): price_level(setting, year) for setting in WEEKLY_GBP for year in years}
    level = pd.Series(levels).reindex(pd.MultiIndex.from_frame(rows[["setting", "year"]])).to_numpy()
    return rows.assign(days=(rows["end"] - rows["start"]).dt.days, weekly_fee=base * level * rows["times"])


def price_level(setting: str, year: int) -> float:
    """The setting's price in a financial year (ending 31 March `year`) against 2017/18.

    >>> price_level("external residential", 2018), round(price_level("external residential", 2017), 4)
    (1.0, 0.9662)
    """
    before, after = YEARLY_RISE.get(setting, OTHER_RISE)
    return float((1 + (after if year > BASE_YEAR else before)) ** (year - BASE_YEAR))


def _steered(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with steered settings' fees scaled so that their mean net of contributions is the known one.

    The mean is over child-weeks of 2017/18, or of the last year where that is not covered. Fees are then whole pence.
    """
    year = _steering_year(rows)
    fee = rows["weekly_fee"]
    for setting in STEERED:
        those = rows["setting"].eq(setting)
        then = rows[those & rows["year"].eq(year)]
        net = (then["weekly_fee"] * (1 - then["health_part"] - then["education_part"]) * then["days"]).sum()
        if net > 0:
            wanted = WEEKLY_GBP[setting] * price_level(setting, year) * then["days"].sum()
            fee = fee.mask(those, fee * wanted / net)
    return rows.assign(weekly_fee=fee.round(2))


def _steering_year(rows: pd.DataFrame) -> int:
    """The year whose prices are known, 2017/18, or the nearest the rows cover."""
    return int(np.clip(BASE_YEAR, rows["year"].min(), rows["year"].max()))


def _extra_support(rows: pd.DataFrame, chance: np.random.Generator) -> pd.DataFrame:
    """Support billed beside the fee (staff, transport, therapy) on some external residential rows.

    So much of it that spend ÷ children there on 31 March ÷ 52.14 is the known price a week, where fees alone fall
    short because fewer children were there on average than on that day. Earlier years bear less, later ones as much.
    """
    home, chosen = rows["setting"].eq(STEERED[0]), chance.random(len(rows)) < EXTRA_ROWS
    year = _steering_year(rows)
    grown = (1 + EXTRA_GROWTH * (rows["year"] - year)).clip(0, 1)
    part = pd.Series(chance.uniform(*EXTRA_PART, len(rows)), index=rows.index) * (home & chosen) * grown
    then = rows["year"].eq(year) & home
    on_the_day = rows[then & rows["end"].eq(pd.Timestamp(year, 4, 1))]
    claimed = len(on_the_day) * WEEKLY_GBP[STEERED[0]] * price_level(STEERED[0], year) * CLAIMED_WEEKS
    fees, drawn = rows.loc[then, "amount"].sum(), (rows["amount"] * part)[then].sum()
    short = float(np.clip(claimed / fees - 1, 0, MOST_EXTRA)) if fees > 0 else 0.0
    amount = (rows["amount"] * part * (short * fees / drawn if drawn > 0 else 0.0)).round(2)
    extra = rows.assign(amount=amount, weekly_fee=np.nan, health=0.0, education=0.0, kind=EXTRA)
    return extra[amount > 0]


def _as_file(rows: pd.DataFrame, council: Council) -> pd.DataFrame:
    """The rows as text under the council's own column names; columns it has no name for are left out."""
    names = council.payment_columns
    last_day = rows["end"] - DAY if names.end_is == "last day paid" else rows["end"]
    money = {name: rows[name].map("{:.2f}".format) for name in ("weekly_fee", "health", "education", "amount")}
    ours = {
        "child": rows["child"],
        "start": as_text(rows["start"]),
        "end": as_text(last_day),
        "setting": rows["setting"],
        "provider": rows["provider_name"],
        "provider_urn": rows["urn"],
        "platform": rows["platform"],
        "weekly_fee": money["weekly_fee"].mask(rows["weekly_fee"].isna(), ""),
        "health": money["health"].mask(rows["health"].eq(0), ""),
        "education": money["education"].mask(rows["education"].eq(0), ""),
        "amount": money["amount"].mask(rows["typed_as_text"], "£" + rows["amount"].map("{:,.2f}".format)),
        "kind": rows["kind"],
    }
    beside = {
        "placement_start": as_text(rows["placement_start"]),
        "placement_end": as_text(rows["placement_end"]),
        "financial_year": rows["year"].map(lambda year: f"{year - 1}/{year % 100:02d}"),
    }
    mapped = {getattr(names, field): column for field, column in ours.items() if getattr(names, field)}
    return pd.DataFrame({**beside, **mapped})[_column_names(council)].astype("str")


def _column_names(council: Council) -> list[str]:
    """The file's columns in order: those the council maps, under its names, and then the others."""
    mapped = [name for field in FIELDS if (name := getattr(council.payment_columns, field))]
    return [*mapped, *(name for name in BESIDE if name not in mapped)]
