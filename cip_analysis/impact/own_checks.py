"""Claims about the council's own children and money, checked against its returns and payments where they are held."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from cip_analysis.demand.others import value_of
from cip_analysis.demand.profile import children_on
from cip_analysis.impact.claim_evidence import AGREES, DIFFERS, NONE_HELD, UNCHECKED, At, Evidence, Found, in_words
from cip_analysis.money.spend import ON_A_STAY
from cip_analysis.settings import Disclosure

DAYS_A_WEEK = 7
INVENTED = "The returns and payments here are invented, so what they say is no evidence."


def children_in_setting(at: At, _stated: float | None, evidence: Evidence) -> Found:
    """Children in one setting on a day, by the council's own returns, rounded as the disclosure rule says."""
    day = date.fromisoformat(str(at["day"]))
    episodes, rule = evidence.episodes, evidence.disclosure
    if episodes is None or episodes.census_date < day:
        return Found(None, "The council's own returns for that day are not held.", NONE_HELD)
    children = int((children_on(episodes, day)["setting"] == at["setting"]).sum())
    if 0 < children < rule.threshold:
        return Found(None, f"Fewer than {rule.threshold} children, which may not be shown.", "SSDA903 returns")
    shown = (children + rule.rounding_base // 2) // rule.rounding_base * rule.rounding_base
    why = f"Counted at 31 March {day.year}" + (
        f", to the nearest {rule.rounding_base}." if rule.rounding_base > 1 else "."
    )
    rounding = rule.rounding_base if rule.rounding_base > 1 else 0
    return _of_our_own(Found(float(shown), why, "SSDA903 returns", rounding=rounding), episodes.synthetic)


def spend_in_setting(at: At, _stated: float | None, evidence: Evidence) -> Found:
    """What was paid for one setting in a financial year, £ million, with what it means a child a week."""
    children, stated_year = float(at["children"]), int(at["financial_year"])
    weekly = (_stated or 0.0) * 1e6 / children / float(evidence.council.weeks_per_year)
    why = f"If {children:.0f} is also the year's average, £{weekly:,.0f} a child a week."
    unit_cost = value_of(evidence.comparators, evidence.council.la_code, "residential_weekly_gbp", stated_year)
    if unit_cost is not None:
        why += f" The department's section 251 unit cost that year, on 31 March children, is £{unit_cost:,.0f}."
    paid = _paid(evidence, stated_year)
    mine = paid[paid["setting"] == at["setting"]]
    if mine.empty or mine["child"].nunique() < evidence.disclosure.threshold:
        return Found(None, f"No payments for {in_words(stated_year)} are held that may be shown. {why}", NONE_HELD)
    met = float(mine.loc[mine["match"].isin(ON_A_STAY), "amount_gbp"].sum()) / 1e6
    why += f" £{met:,.2f}m of it met a stay, which is what unit costs rest on."
    total = Found(float(mine["amount_gbp"].sum()) / 1e6, why, f"placement payments, {in_words(stated_year)}")
    return _of_our_own(total, bool(evidence.payments and evidence.payments.synthetic))


def independent_foster_ratio(at: At, _stated: float | None, evidence: Evidence) -> Found:
    """The cost of a week with an independent agency over a week in house, from payments."""
    weekly = _weekly_cost(_paid(evidence, int(at["financial_year"])), "setting", evidence.disclosure)
    both = [weekly.get(name) for name in ("independent foster", "in-house foster")]
    if both[0] is None or both[1] is None:
        return Found(None, "Payments for both kinds of fostering are not held, or are for too few to show.", NONE_HELD)
    why = (
        f"£{both[0]:,.0f} a week against £{both[1]:,.0f}: payments over days paid for, support and overheads left out."
    )
    found = Found(both[0] / both[1], why, f"placement payments, {in_words(int(at['financial_year']))}")
    return _of_our_own(found, bool(evidence.payments and evidence.payments.synthetic))


def off_framework_ratio(at: At, _stated: float | None, evidence: Evidence) -> Found:
    """The cost of a week bought off the framework over a week on it, in one setting, from payments."""
    paid = _paid(evidence, int(at["financial_year"]))
    weekly = _weekly_cost(paid[paid["setting"] == at["setting"]], "platform", evidence.disclosure)
    both = [weekly.get(name) for name in ("spot", "framework")]
    if both[0] is None or both[1] is None:
        return Found(
            None, "Payments that say how each placement was bought are not held, or are for too few to show.", NONE_HELD
        )
    why = (
        f"£{both[0]:,.0f} a week against £{both[1]:,.0f}, support beside the fee included. "
        "Children placed off the framework may need more."
    )
    status = AGREES if both[0] > both[1] else DIFFERS
    found = Found(both[0] / both[1], why, f"placement payments, {in_words(int(at['financial_year']))}", status)
    return _of_our_own(found, bool(evidence.payments and evidence.payments.synthetic))


def _of_our_own(found: Found, synthetic: bool) -> Found:
    """What the council's own data say; nothing, where they are invented."""
    if not synthetic:
        return found
    return Found(found.value, f"{found.why} {INVENTED}", f"{found.source} (SYNTHETIC)", UNCHECKED, found.rounding)


def _paid(evidence: Evidence, financial_year: int) -> pd.DataFrame:
    """The payments of one financial year; no rows where none are held."""
    if evidence.payments is None:
        return pd.DataFrame({"setting": [], "platform": [], "child": [], "provider": [], "amount_gbp": [], "match": []})
    table = evidence.payments.table
    return table[table["financial_year"] == financial_year]


def _weekly_cost(paid: pd.DataFrame, by: str, rule: Disclosure) -> Mapping[str, float]:
    """£ a week actually paid, by setting or platform, of those that may be shown.

    A group of fewer children than the rule's threshold, or bought from one provider alone, is left out: its mean is
    somebody's price. In-house care has one provider, the council, whose costs are public.
    """
    if paid.empty:
        return {}
    groups = paid.assign(days=_days_covered(paid, by)).groupby(by)
    sums = groups[["amount_gbp", "days"]].sum().assign(children=groups["child"].nunique())
    many = groups["provider"].nunique().ge(2) | sums.index.str.startswith("in-house") | (rule.threshold == 1)
    known = sums[(sums["days"] > 0) & (sums["children"] >= rule.threshold) & many]
    return {str(name): float(value) for name, value in (known["amount_gbp"] / known["days"] * DAYS_A_WEEK).items()}


def _days_covered(paid: pd.DataFrame, by: str) -> pd.Series:
    """The days each row is the first to pay for, of its child and group: support billed beside a fee adds none."""
    ordered = paid.sort_values([by, "child", "start", "end"])
    furthest = ordered["end"].groupby([ordered[by], ordered["child"]]).cummax()
    reached = furthest.groupby([ordered[by], ordered["child"]]).shift()
    fresh = ordered["start"].where(reached.isna() | (reached < ordered["start"]), reached)
    return (ordered["end"] - fresh).dt.days.clip(lower=0)
