"""What a ledger of savings says in words: titles and sentences, from figures that may be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd

from cip_analysis.money.saving.telling import TOTAL

Figures = Mapping[str, float]
NEXT_TO_NOTHING = 50_000


def in_millions(pounds: float) -> str:
    """£ as a sentence says it, to a tenth of a million; less than half of that is next to nothing.

    >>> in_millions(6_470_000), in_millions(-54_000), in_millions(20_000), in_millions(54e6)
    ('£6.5 million', '−£0.1 million', 'next to nothing', '£54.0 million')
    """
    if abs(pounds) < NEXT_TO_NOTHING:
        return "next to nothing"
    return f"{'−' if pounds < 0 else ''}£{abs(pounds) / 1e6:,.1f} million"


def in_exact_millions(pounds: float) -> str:
    """£ that someone set, with no more places than they have.

    >>> in_exact_millions(6_470_000), in_exact_millions(54_000_000)
    ('£6.47 million', '£54 million')
    """
    return f"£{f'{pounds / 1e6:,.2f}'.rstrip('0').rstrip('.')} million"


def say_range(low: float, high: float) -> str:
    """Two ends of a range of £, in a sentence.

    >>> say_range(6_000, 1_458_000), say_range(1_010_000, 1_020_000)
    ('between next to nothing and £1.5 million', 'about £1.0 million')
    """
    ends = in_millions(low), in_millions(high)
    if ends[0] == ends[1]:
        return ends[0] if abs(low) < NEXT_TO_NOTHING else f"about {ends[0]}"
    return f"between {ends[0]} and {ends[1]}"


def say_answer(whole: Figures, year: str, target_gbp: float) -> str:
    """What all claims are likely to save net against the target, and how far a poor case falls short."""
    low, middle, high = (whole[f"{point}_saving_gbp"] for point in ("p10", "p50", "p90"))
    short = whole["shortfall_at_p10_gbp"]
    said = (
        f"In {year} all the claims together are likely to save {in_millions(middle)} after their running costs "
        f"({say_range(low, high)} eight times in ten), against a target of {in_exact_millions(target_gbp)}."
    )
    if middle <= -NEXT_TO_NOTHING:
        said = (
            f"In {year} all the claims together are likely to cost {in_millions(-middle)} more to run than they save "
            f"(a saving {say_range(low, high)} eight times in ten), against a target of "
            f"{in_exact_millions(target_gbp)}."
        )
    return said + (
        f" A poor case falls {in_millions(short)} short of it." if short else " Even a poor case reaches it."
    )


def say_spread(spread: pd.DataFrame, year: str) -> str:
    """Which claim saves most, for a title. spread: as `telling.spread_claims`, released."""
    known = spread.dropna()
    each = known[known["claim"].str.endswith(": in the ledger") & ~known["claim"].str.startswith("All claims")]
    if each.empty:
        return "Too few children to show what each claim saves"
    middles = each.set_index("claim")["p50_saving_gbp_million"].astype(float)
    most = str(middles.idxmax()).removesuffix(": in the ledger")
    return f"{most} would save most in {year}: about {in_millions(middles.max() * 1e6)} if in full"


def say_double(weighed: pd.DataFrame, year: str) -> str:
    """How much would have been counted twice. weighed: as `telling.weigh_claims`, released."""
    total = weighed.set_index("claim").loc[TOTAL]
    alone, double, left = (float(total[name]) * 1e6 for name in list(total.index) if name.endswith("_gbp_million"))
    if pd.isna(alone):
        return "Too few children to show what is counted twice."
    said = f"Added up as if each were alone, the claims would come to {in_millions(alone)} in {year}"
    if abs(double) < 5_000:
        return f"{said}, and next to nothing of it is counted twice."
    if double < 0:
        return f"{said}; together they would save more, {in_millions(left)}, as one makes room for another."
    together = f"together they would save {in_millions(left)}"
    return f"{said}. Of that, {in_exact_millions(double)} is counted twice and is taken out: {together}."


def say_profile(whole: Figures, year: str, target_gbp: float) -> str:
    """Where the likely saving of the target's year lies, for a title."""
    likely = say_range(whole["p10_saving_gbp"], whole["p90_saving_gbp"])
    return f"Likely net saving in {year}: {likely}, against a target of {in_exact_millions(target_gbp)}"


def say_cashable(row: pd.DataFrame, year: str) -> str:
    """What is cashable, from the released row of the profile; none where no claim is, or it is withheld."""
    if row.empty:
        return f"None of it is cashable: no budget line falls by it in {year}."
    if row[["p10_saving_gbp_million", "p90_saving_gbp_million"]].isna().to_numpy().any():
        return "What is cashable rests on too few children to show."
    ends = [float(row[f"{point}_saving_gbp_million"].iloc[0]) * 1e6 for point in ("p10", "p90")]
    return f"Of it, what is cashable in {year} is {say_range(*ends)} eight times in ten; only that can be spent again."


def say_plan(lines: pd.DataFrame) -> str:
    """Where the plan ends, for a title. lines: as `telling.plan_lines`, released."""
    last = lines[lines["month"].eq(lines["month"].max())].set_index("line")["saving_gbp"].sort_values()
    if last.isna().any():
        return "Too few children to show the plan"
    ends = [round(float(end), -3) + 0.0 for end in (last.iloc[0], last.iloc[-1])]
    low, high = (f"{'−' if end < 0 else ''}£{abs(end):,.0f}" for end in ends)
    return f"The plan grows to between {low} and {high} a month by {lines['month'].max():%B %Y}"


def say_register(delivered: bool, own_data: bool, named: bool, until: date) -> str:
    """Why nothing is set beside the plan; blank where something is."""
    if delivered:
        return f"No line of the register counts in a month up to {until.day} {until:%B %Y}."
    if named and not own_data:
        return "The register of savings delivered is the council's, and these are other children, so it is left aside."
    return (
        "No register of savings delivered is held, so there is only the plan. The board can begin one from "
        "docs/savings_register_template.csv and name it in the savings file."
    )


def say_finding(whole: Figures, year: str, target_gbp: float, net: pd.DataFrame) -> str:
    """The page in three sentences. net: as `telling.net_claims`, released."""
    share = whole["mean_saving_gbp"] / target_gbp
    likely = say_range(whole["p10_saving_gbp"], whole["p90_saving_gbp"])
    first = (
        f"The claims on care placements are likely to bring {likely} a year by {year}, net of what they "
        f"cost: on average {max(share, 0):.0%} of {in_exact_millions(target_gbp)}."
    )
    known = net[net["claim"].ne(TOTAL)].dropna().set_index("claim")["net_gbp_million"].astype(float)
    losing = [str(name) for name in known.index[known < 0]]
    return f"{first} {_losing(losing)}".strip()


def _losing(names: Sequence[str]) -> str:
    """Which claims cost more than they bring, in a sentence; blank where none does."""
    if not names:
        return ""
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    costs, brings = ("costs", "it brings") if len(names) == 1 else ("cost", "they bring")
    return f"{listed} {costs} more than {brings} by then, on average."
