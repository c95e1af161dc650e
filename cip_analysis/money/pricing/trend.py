"""How fast prices rise in each setting and how sure that is; and how much dearer care is off the framework.

Regressions of the logarithm of the weekly fee, weighed by days, errors clustered by child, because one child's fees
are alike. Choices: docs/decisions/0017-prices.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from cip_analysis.codes import SETTINGS
from cip_analysis.money.spend import price_key
from cip_analysis.settings import Judgement

RISE = "price.rise"
MIX = ("platform", "age_band", "provider_size")
BESIDE_PLATFORM = ("financial_year", "age_band", "provider_size", "length")
FRAMEWORK = "framework"
FEWEST_CHILDREN, FEWEST_YEARS = 20, 3
EIGHTY = 1.2815515655446004
"""Standard deviations from the middle of a normal curve to either end of its central 80%."""
SEEN_COLUMNS = (
    "setting", "seen_log", "seen_log_se", "seen_rise", "seen_low_95", "seen_high_95", "scatter_sd", "years", "children",
)  # fmt: skip
BELIEVED_COLUMNS = ("rise_log", "rise_log_se", "rise", "rise_low_80", "rise_high_80", "weight_of_payments")
PREMIUM_COLUMNS: Mapping[str, str] = {
    "platform": "str", "compared": "str", "premium": "float64", "low_95": "float64", "high_95": "float64",
    "children": "int64", "weeks": "float64", "framework_children": "int64",
}  # fmt: skip
SAID_ALREADY = 1e-9
Matrix = NDArray[np.float64]


class TrendError(ValueError):
    """A trend of prices cannot be told or judged."""


@dataclass(frozen=True, slots=True)
class _Fit:
    """Coefficients of named columns, their covariance, and the degrees of freedom clusters leave."""

    names: tuple[str, ...]
    coefficients: Matrix
    covariance: Matrix
    freedom: int

    def of(self, name: str) -> tuple[float, float]:
        """One coefficient and its standard error."""
        at = self.names.index(name)
        return float(self.coefficients[at]), float(np.sqrt(self.covariance[at, at]))

    def interval(self, name: str) -> tuple[float, float]:
        """The 95% interval of one coefficient, by Student's t."""
        value, se = self.of(name)
        reach = float(special.stdtrit(self.freedom, 0.975)) * se
        return value - reach, value + reach


# ---- what the fees say ----------------------------------------------------------------------------------------


def price_trend(fees: pd.DataFrame) -> pd.DataFrame:
    """The rise a year of each setting's fees, of settings with 20 children and three years or more. No unit but years.

    fees: as `fees.fee_lines` gives them. log(weekly fee) on the year and the mix (platform, age band, provider size),
    weighed by days, errors clustered by child. Columns SEEN_COLUMNS: seen_log and seen_log_se in logarithms a year;
    seen_rise = exp(seen_log) - 1, with its 95% interval; scatter_sd, how far whole years lie about the line beyond
    what so few children would scatter anyway; years and children behind it.
    """
    rows = [_seen(setting, fees[fees["setting"].eq(setting)]) for setting in SETTINGS]
    kinds = dict.fromkeys(SEEN_COLUMNS, "float64") | {"setting": "str", "years": "int64", "children": "int64"}
    return pd.DataFrame([row for row in rows if row], columns=list(SEEN_COLUMNS)).astype(kinds)


def _seen(setting: str, fees: pd.DataFrame) -> dict[str, object]:
    """One setting's trend; nothing where too little is known."""
    children, years = fees["child"].nunique(), fees["financial_year"].nunique()
    if children < FEWEST_CHILDREN or years < FEWEST_YEARS:
        return {}
    line = fees[["financial_year"]].astype("float64") - float(fees["financial_year"].mean())
    fit = _fit(fees, pd.concat([line, _dummies(fees, MIX)], axis=1))
    (rise, se), (low, high) = fit.of("financial_year"), fit.interval("financial_year")
    return {
        "setting": setting, "seen_log": rise, "seen_log_se": se, "seen_rise": np.expm1(rise),
        "seen_low_95": np.expm1(low), "seen_high_95": np.expm1(high), "scatter_sd": _scatter(fees), "years": years,
        "children": children,
    }  # fmt: skip


def _scatter(fees: pd.DataFrame) -> float:
    """The sd of whole years about the straight line, in logarithms, beyond their own sampling error; nought at least.

    With y the years' effects, V their covariance and M the matrix that takes out a line:
    (y'M y - trace(M V)) ÷ (years - 2) is on average the variance sought.
    """
    years = sorted(fees["financial_year"].unique())
    effects = _dummies(fees, ("financial_year",), every=True)
    fit = _fit(fees, pd.concat([effects, _dummies(fees, MIX)], axis=1))
    own = np.arange(len(years))
    line = np.column_stack([np.ones(len(years)), np.asarray(years, dtype="float64") - years[0]])
    taken = np.eye(len(years)) - line @ np.linalg.pinv(line)
    strayed = taken @ fit.coefficients[own]
    beyond = strayed @ strayed - np.trace(taken @ fit.covariance[np.ix_(own, own)])
    return float(np.sqrt(max(0.0, beyond / (len(years) - 2))))


def _dummies(fees: pd.DataFrame, names: tuple[str, ...], every: bool = False) -> pd.DataFrame:
    """A column of noughts and ones for each value of each name but its commonest, which the others stand against."""
    parts = [pd.DataFrame(index=fees.index)]
    for name in names:
        values = fees[name].value_counts().sort_index().sort_values(ascending=False, kind="stable").index
        kept = sorted(values) if every else list(values[1:])
        parts.append(pd.DataFrame({f"{name}: {value}": fees[name].eq(value).astype("float64") for value in kept}))
    return pd.concat(parts, axis=1)


def _fit(fees: pd.DataFrame, columns: pd.DataFrame) -> _Fit:
    """log(weekly fee) on a constant and the columns by least squares weighed by days, errors clustered by child.

    Columns that those before them already say (of one platform only, of a band nobody is in) are left out. Source of
    the covariance: K.-Y. Liang and S. L. Zeger, 1986, times G ÷ (G - 1) × (n - 1) ÷ (n - k) for G children.
    """
    design = columns.assign(constant=1.0)
    every, weights = design.to_numpy(dtype="float64"), fees["days"].to_numpy(dtype="float64")
    kept = _independent(every.T @ (every * weights[:, None]))
    matrix, logs = every[:, kept], np.log(fees["weekly_fee_gbp"].to_numpy(dtype="float64"))
    inverse = np.linalg.inv(matrix.T @ (matrix * weights[:, None]))
    coefficients = inverse @ (matrix.T @ (weights * logs))
    groups, children = pd.factorize(fees["child"])
    pulls = np.zeros((len(children), len(kept)))
    np.add.at(pulls, groups, matrix * (weights * (logs - matrix @ coefficients))[:, None])
    count, freedom = len(matrix), len(children) - 1
    small = len(children) / freedom * (count - 1) / max(count - len(kept), 1)
    moved = pulls @ inverse
    return _Fit(tuple(design.columns[kept]), coefficients, small * moved.T @ moved, freedom)


def _independent(products: Matrix) -> list[int]:
    """Positions of columns that say something those kept before them do not, from all columns' products."""
    kept: list[int] = []
    for place, own in enumerate(products.diagonal()):
        with_kept = products[kept, place]
        said = with_kept @ np.linalg.solve(products[np.ix_(kept, kept)], with_kept) if kept else 0.0
        if own - said > SAID_ALREADY * max(own, 1.0):
            kept.append(place)
    return kept


# ---- what is believed ahead -----------------------------------------------------------------------------------


def believed_trend(
    seen: pd.DataFrame, assumptions: Mapping[str, Judgement], shock_sd: Mapping[str, float]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The rise a year ahead in every setting: what payments show, leaning on the judgement as far as they are unsure.

    seen: as `price_trend` gives it. shock_sd: setting -> how far a price strays from its trend in a year (log points).
    The judgement `price.rise-<setting>` is its value, and its range low to high holds the rise four times in five. What
    n years show of the rise to come is unsure by their sampling error and by chance of those years: variance =
    seen_log_se² + shock_sd² × `walk_slope_variance(n)`. The two are weighed by 1 ÷ variance.
    Columns setting, BELIEVED_COLUMNS, then those seen, blank where there are too few. Notes name the settings judged.
    """
    prior = _judged(assumptions)
    table = prior.merge(seen, on="setting", how="left")
    unsure = table["seen_log_se"] ** 2 + table["setting"].map(shock_sd) ** 2 * walk_slope_variance(table["years"])
    told = (1 / unsure).fillna(0.0)
    judged = 1 / table["judged_se"] ** 2
    rise = (told * table["seen_log"].fillna(0.0) + judged * table["judged_log"]) / (told + judged)
    se = 1 / np.sqrt(told + judged)
    believed = table.assign(
        rise_log=rise, rise_log_se=se, rise=np.expm1(rise), rise_low_80=np.expm1(rise - EIGHTY * se),
        rise_high_80=np.expm1(rise + EIGHTY * se), weight_of_payments=told / (told + judged),
    )  # fmt: skip
    few = believed.loc[believed["seen_log"].isna(), "setting"].tolist()
    note = f"The price rise is a judgement, for want of payments for enough children and years: {', '.join(few)}."
    columns = ["setting", *BELIEVED_COLUMNS, *SEEN_COLUMNS[1:]]
    return believed[columns], (note,) if few else ()


def walk_slope_variance(years: pd.Series) -> pd.Series:
    """The variance of the slope of a line through so many years of a random walk whose yearly step has variance 1.

    By hand, of three years: the slope is half the sum of two steps, so ½. Source: least squares on a cumulative sum,
    6 (n² + 1) ÷ (5 n (n² - 1)).
    """
    return 6 * (years**2 + 1) / (5 * years * (years**2 - 1))


def _judged(assumptions: Mapping[str, Judgement]) -> pd.DataFrame:
    """Each setting's judged rise in logarithms, and the standard deviation that its range stands for."""
    keys = {setting: f"{RISE}-{price_key(setting)}" for setting in SETTINGS}
    if missing := [key for key in keys.values() if key not in assumptions]:
        raise TrendError(f"The assumptions have no {', '.join(missing)}. Add them to config/assumptions.toml.")
    if fixed := [key for key in keys.values() if assumptions[key].low == assumptions[key].high]:
        raise TrendError(f"{', '.join(fixed)}: low and high are the same, and no rise is that sure. Give a range.")
    judged = [assumptions[key] for key in keys.values()]
    spread = [(np.log1p(one.high) - np.log1p(one.low)) / (2 * EIGHTY) for one in judged]
    return pd.DataFrame(
        {"setting": list(keys), "judged_log": [np.log1p(one.value) for one in judged], "judged_se": spread}
    )


# ---- off the framework ----------------------------------------------------------------------------------------


def framework_premium(fees: pd.DataFrame, setting: str) -> pd.DataFrame:
    """How much dearer each other way of buying is than the framework, as it stands and for like children.

    fees: as `fees.fee_lines` gives them. Columns PREMIUM_COLUMNS: `compared` is "as billed" or "like for like" (same
    year, age band, provider size and length of stay); premium = exp(difference in mean log fee) - 1, weighed by days,
    with its 95% interval; children and weeks bought that way, and children on the framework. No rows where fewer than
    two children are on either side. Like for like is only in what the payments tell: need is not among it.
    """
    own = fees[fees["setting"].eq(setting)]
    children = own.groupby("platform")["child"].nunique()
    enough = [str(name) for name in children.index if children[name] >= 2]
    others = [name for name in enough if name != FRAMEWORK] if FRAMEWORK in enough else []
    if not others:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in PREMIUM_COLUMNS.items()})
    own = own[own["platform"].isin([FRAMEWORK, *others])]
    ways = pd.DataFrame({name: own["platform"].eq(name).astype("float64") for name in others})
    fits = {
        "as billed": _fit(own, ways),
        "like for like": _fit(own, pd.concat([ways, _dummies(own, BESIDE_PLATFORM)], axis=1)),
    }
    rows = [
        {
            "platform": name, "compared": how, "premium": np.expm1(fit.of(name)[0]),
            "low_95": np.expm1(fit.interval(name)[0]), "high_95": np.expm1(fit.interval(name)[1]),
            "children": children[name], "weeks": own.loc[own["platform"].eq(name), "days"].sum() / 7,
            "framework_children": children[FRAMEWORK],
        }
        for name in others for how, fit in fits.items()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(PREMIUM_COLUMNS))
