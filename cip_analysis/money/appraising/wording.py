"""What an appraisal says in words: titles and sentences, from figures that may be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cip_analysis.money.pricing.indices import year_name
from cip_analysis.money.saving.wording import in_millions
from cip_analysis.work_package_settings import WorkPackage

Figures = Mapping[str, float]
SURE, LIKELY = 0.9, 0.6
WITHHELD = "The package is for too few children to show what it is worth"


def say_worth(pounds_million: float) -> str:
    """What something is worth, as a sentence says it: worth so much, or costing so much more than it saves.

    >>> say_worth(4.28), say_worth(-6.98), say_worth(0.01)
    ('is worth £4.3 million', 'costs £7.0 million more than it saves', 'is worth next to nothing')
    """
    if pounds_million < 0 and in_millions(pounds_million * 1e6) != "next to nothing":
        return f"costs {in_millions(-pounds_million * 1e6)} more than it saves"
    return f"is worth {in_millions(pounds_million * 1e6)}"


def say_standing(chance_worse: float) -> str:
    """How an option stands to doing nothing, by the share of futures in which it is worse.

    >>> say_standing(0.03), say_standing(0.3), say_standing(0.5), say_standing(0.7), say_standing(0.99)
    ('almost surely better', 'probably better', 'about as good', 'probably worse', 'almost surely worse')
    """
    side, chance = ("worse", chance_worse) if chance_worse > 1 / 2 else ("better", 1 - chance_worse)
    if chance >= SURE:
        return f"almost surely {side}"
    return f"probably {side}" if chance >= LIKELY else "about as good"


def say_opened(packages: Sequence[WorkPackage]) -> str:
    """Which packages were opened, and over how many years they are weighed."""
    if len(packages) == 1:
        return f"Opened: {packages[0].title}, weighed over {packages[0].years} years from {_begins(packages[0])}"
    return f"Opened: {len(packages)} work packages, from {_begins(packages[0])}"


def _begins(package: WorkPackage) -> str:
    return year_name(package.first_year)


def say_answer(worth: pd.DataFrame, package: WorkPackage) -> str:
    """What the preferred option is worth, its range, and which option is worth most. worth: released.

    Columns as `telling.worth_of_options`. Says so where it may not be shown.
    """
    table = worth.set_index("option")
    preferred = package.named[package.preferred].title
    if preferred not in table.index or pd.isna(table["p50_worth_gbp_million"][preferred]):
        return WITHHELD + "."
    one = table.loc[preferred].to_dict()
    low, high = (in_millions(float(one[f"{end}_worth_gbp_million"]) * 1e6) for end in ("p10", "p90"))
    best = str(table["mean_worth_gbp_million"].astype("float64").idxmax())
    middle, stands = float(one["p50_worth_gbp_million"]), say_standing(float(one["chance_worse"]))
    said = (
        f"Over {package.years} years, “{preferred}” {say_worth(middle)} beside doing nothing (from {low} to {high} "
        f"eight times in ten). It is {stands} {'as' if stands.endswith('good') else 'than'} doing nothing."
    )
    if float(table["mean_worth_gbp_million"][best]) <= 0:
        return f"{said} No option here is worth more than doing nothing on average."
    if best == preferred:
        return f"{said} Of the options it is worth most on average."
    return f"{said} “{best}” is worth most on average."


def say_ranges(worth: pd.DataFrame) -> str:
    """Which option is worth most, for a chart's title. worth: as `say_answer`."""
    known = (
        worth.dropna(subset=["mean_worth_gbp_million"]).set_index("option")["mean_worth_gbp_million"].astype("float64")
    )
    if known.empty:
        return WITHHELD
    best = str(known.idxmax())
    if known.max() <= 0:
        return f"No option beats doing nothing on average; “{best}” comes nearest"
    return f"“{best}” is worth most: {in_millions(known.max() * 1e6)} on average"


def say_many(worth: pd.DataFrame) -> str:
    """How many packages' preferred options are worth more than doing nothing, for a chart's title. worth: released."""
    known = worth.dropna()
    above = int((known["p50_worth_gbp_million"].astype("float64") > 0).sum())
    if known.empty:
        return WITHHELD
    if above in (0, len(known)):
        return f"{'Every' if above else 'No'} preferred option is worth more than doing nothing in the middle future"
    return f"{above} of {len(known)} preferred options are worth more than doing nothing in the middle future"


def say_tornado(shown: pd.DataFrame) -> str:
    """What moves worth most, for a chart's title. shown: as `telling.show_tornado`, released."""
    known = shown.dropna()
    if known.empty:
        return WITHHELD
    first = str(known["judgement"].iloc[0])
    return f"Its worth hangs most on this: {first[:1].lower()}{first[1:]}"


def say_switching(shown: pd.DataFrame) -> str:
    """How far the judgements stand from where the preferred option stops, or starts, being worth it."""
    turning = shown[~shown["worth_is_nought_at"].str.startswith("nowhere")]
    if turning.empty:
        return "Nothing judged here would turn its worth from gain to loss, or back, within what was looked at."
    said = [
        f"{name[:1].lower()}{name[1:]} at {at} (likeliest {likeliest})"
        for name, at, likeliest in zip(
            turning["judgement"], turning["worth_is_nought_at"], turning["likeliest"], strict=True
        )
    ]
    return f"With all else at its likeliest, it breaks even with: {'; '.join(said)}."


def say_budget(years: pd.DataFrame, title: str, last_known: int) -> str:
    """What an option does to the budget at once and in the last year forecast. years: released, of one option."""
    table = years.set_index("in_the_year")["p50_budget_gbp_million"].astype("float64")
    at = year_name(last_known)
    if at not in table.index or np.isnan(table[at]):
        return WITHHELD + "."
    gains = [year for year, value in table.items() if value > 0]
    moved = table[at]
    said = f"In {at} “{title}” {'spares' if moved > 0 else 'costs'} the budget {in_millions(abs(moved) * 1e6)}"
    first = (
        f"the first year in which it spares the budget anything is {gains[0]}"
        if gains
        else "in no year does it spare anything"
    )
    return f"{said}; {first}."


def say_all(worth: pd.DataFrame, packages: Sequence[WorkPackage]) -> str:
    """The answer of one package, or of all of them: worth, as `telling.worth_of_options` with `package`, released."""
    if len(packages) == 1:
        return say_answer(worth, packages[0])
    preferred = [package.named[package.preferred].title for package in packages]
    return say_compared(worth[worth["option"].isin(preferred)])


def say_together(shown: pd.DataFrame) -> str:
    """How much of what packages save apart they count twice, in the last year. shown: released."""
    last = shown.iloc[-1]
    if shown.iloc[[-1]].isna().to_numpy().any():
        return WITHHELD + "."
    twice = float(last["counted_twice_gbp_million"]) * 1e6
    if twice <= 0:
        return f"In {last['in_the_year']} the packages together save what they save apart, so little is counted twice."
    alone, joint = (in_millions(float(last[f"{which}_gbp_million"]) * 1e6) for which in ("counted_alone", "together"))
    return (
        f"In {last['in_the_year']} the preferred options would take {alone} off what care costs if each were alone, "
        f"and {joint} together: {in_millions(twice)} would be counted twice, so their worth must not be added up."
    )


def say_compared(worth: pd.DataFrame) -> str:
    """Which packages' preferred options are probably better than doing nothing, and which not. worth: released."""
    known = worth.dropna(subset=["chance_worse"])
    if known.empty:
        return WITHHELD + "."
    better = known.loc[known["chance_worse"] < 1 - LIKELY, "package"].tolist()
    worse = known.loc[known["chance_worse"] > LIKELY, "package"].tolist()
    parts = [_listed(better, "probably better"), _listed(worse, "probably worse")]
    rest = [name for name in known["package"] if name not in (*better, *worse)]
    parts.append(_listed(rest, "about as good as it"))
    return f"Beside doing nothing: {'; '.join(part for part in parts if part)}."


def _listed(names: Sequence[str], standing: str) -> str:
    if not names:
        return ""
    joined = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return f"{joined} {'are' if len(names) > 1 else 'is'} {standing}"
