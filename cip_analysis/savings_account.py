"""A run's savings: its claims played forward on the forecast's own draws, priced, and told in tables shaped for a page.

    saved = savings_run(county, ahead)          # none where the run names no file of savings
    list_claims(saved); compare_stated(saved, 2021); tell_profile(saved, 6_470_000)

Every claim is played alone and after those before it in the order of allocation, and kept by content, so that nobody
waits twice. Choices: docs/decisions/0021-savings-ledger.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from cip_analysis.costs import prices_ahead
from cip_analysis.demand.levers.context import LeverError
from cip_analysis.forecasts import KEPT, Ahead, played_from, player_of
from cip_analysis.ledgers import Findings, once
from cip_analysis.money.pricing.paths import PricePaths
from cip_analysis.money.saving import telling
from cip_analysis.money.saving.ledger import Ledger, keep_ledger, merge_levers
from cip_analysis.money.saving.plan import PLAN, likely_plan, lower_prices, monthly_pence, plan_claim, track
from cip_analysis.money.savings import (
    ALL_KINDS,
    Delivered,
    Terms,
    count_delivered,
    likely_savings,
    profile_savings,
    terms_of,
)
from cip_analysis.money.spend import price_projection, whole_years
from cip_analysis.projections import Projection
from cip_analysis.records import SPEND_COLUMNS, Spend
from cip_analysis.returns.payments.delivered import read_delivered
from cip_analysis.run import Run, open_run
from cip_analysis.savings_settings import Claim, Savings
from cip_analysis.scenario_settings import Scenario
from cip_analysis.settings import read_settings
from cip_analysis.store import fingerprint, keep_table

Named = Mapping[str, tuple[Scenario, ...]]


class SavingsAccountError(ValueError):
    """A claim rests on levers that act on other children than it names."""


@dataclass(frozen=True, slots=True, eq=False)
class Saved:
    """What the run's claims save.

    settings: the file of them. claims: those that could be played, in the order of allocation. ledger: of them.
    plan: month by month (money/saving/plan.py). likely: what of the ledger is likely to come, with costs. terms: how.
    """

    settings: Savings
    claims: tuple[Claim, ...]
    ledger: Ledger
    plan: pd.DataFrame
    likely: pd.DataFrame
    terms: Terms


# ---- playing ----------------------------------------------------------------------------------------------------


def read_claims(run: Run) -> tuple[Savings, dict[str, tuple[Scenario, ...]]] | None:
    """The run's file of savings and the scenarios each claim rests on; none where the run names no file.

    Raises SettingsError naming the file and key at fault; SavingsAccountError where a lever acts beyond its claim.
    """
    if not run.settings.savings:
        return None
    savings = read_settings(run.root / run.settings.savings, Savings)
    named = {
        claim.key: tuple(read_settings(run.root / path, Scenario) for path in claim.levers) for claim in savings.claims
    }
    for claim in savings.claims:
        refuse_beyond(claim, named[claim.key])
    return savings, named


def refuse_beyond(claim: Claim, scenarios: Sequence[Scenario]) -> None:
    """Refuse a claim whose levers act on ages it does not name, or take weeks from settings it does not name."""
    for lever in (lever for scenario in scenarios for lever in scenario.levers):
        ages = set(getattr(lever, "ages", ())) or (set(claim.ages) and {"every age"})
        source = getattr(lever, "from_setting", "") or getattr(lever, "filled_from", "")
        beyond = [*sorted(ages - set(claim.ages) if claim.ages else []),
                  *([source] if source and claim.settings and source not in claim.settings else [])]  # fmt: skip
        if beyond:
            raise SavingsAccountError(
                f"{claim.key}: its lever on {lever.what} acts on {', '.join(beyond)}, which the claim does not name. "
                "Name them in the claim, or give it another lever."
            )


def savings_run(run: Run, ahead: Ahead) -> Saved | None:
    """What the run's claims save, priced at the run's prices ahead; none where there are none to play (`why_none`).

    ahead: a forecast by the run's own method, over any draws and months. Another folder's children are not those the
    claims were made of, in number or in year, so nothing is played on them.
    """
    told = read_claims(run) if run.own_data else None
    return None if told is None else play_savings(run, ahead, told, prices_ahead(run, ahead))


def play_savings(run: Run, ahead: Ahead, told: tuple[Savings, Named], paths: PricePaths) -> Saved:
    """The claims played and priced, kept by content. told: as `read_claims` gives it.

    A claim whose levers need what the run has not is left out of the ledger, and says so in its `left_out`.
    """
    savings, named = told
    name = fingerprint("savings", played_from(run, ahead), savings, dict(named), paths)
    folder = run.root / KEPT
    build = once(lambda: _build(run, ahead, savings, named, paths))
    kept = keep_table(folder, f"{name}-ledger", lambda: build()[0].table)
    plan = keep_table(folder, f"{name}-plan", lambda: build()[1])
    facts = keep_table(folder, f"{name}-facts", lambda: _facts_of(build()[0]))
    ledger = _with_facts(kept, facts, ahead.baseline.synthetic)
    claims = tuple(claim for claim in savings.in_order if claim.key in ledger.order)
    terms = terms_of(run.assumptions, ahead.seed)
    return Saved(savings, claims, ledger, plan, likely_savings(ledger, claims, terms), terms)


def _build(run: Run, ahead: Ahead, savings: Savings, named: Named, paths: PricePaths) -> tuple[Ledger, pd.DataFrame]:
    """The ledger, and the plan month by month, of every claim that can be played."""
    if not whole_years(ahead.baseline):
        why = "No financial year is projected whole, so no saving can be priced: lengthen the horizon."
        return replace(_nothing(ahead, paths), left_out=(why,)), pd.DataFrame(columns=PLAN)
    seed, play = ahead.seed, _player(run, ahead, named)
    baseline = price_projection(ahead.baseline, paths, seed)
    before = ahead.baseline, monthly_pence(ahead.baseline, paths, seed)
    alone: dict[str, Spend] = {}
    running: dict[str, Spend] = {}
    plans, played, left_out, notes = [], list[Claim](), list[str](), list[str]()
    for claim in savings.in_order:
        try:
            by_itself, with_it = play([claim]), play([*played, claim])
        except LeverError as error:
            left_out.append(f"Left out: {claim.title}. {error}")
            continue
        played.append(claim)
        lowered = lower_prices(paths, played)
        alone[claim.key] = price_projection(by_itself, lower_prices(paths, [claim]), seed)
        running[claim.key] = price_projection(with_it, lowered, seed)
        after = with_it, monthly_pence(with_it, lowered, seed)
        plans.append(plan_claim(claim, before, after))
        before = after
        notes += [note for note in by_itself.notes if note not in ahead.baseline.notes]
    ledger = keep_ledger(baseline, alone, running)
    plan = pd.concat(plans, ignore_index=True) if plans else pd.DataFrame(columns=PLAN)
    return replace(ledger, left_out=tuple(left_out), notes=tuple(dict.fromkeys([*notes, *paths.notes]))), plan


def _player(run: Run, ahead: Ahead, named: Named) -> Callable[[Sequence[Claim]], Projection]:
    """What plays some claims together on the baseline's draws."""
    play = player_of(run, ahead)

    def played(claims: Sequence[Claim]) -> Projection:
        """The baseline under the levers of these claims."""
        return play(merge_levers(claims, named, "-".join(["savings", *(claim.key for claim in claims)])))

    return played


def _nothing(ahead: Ahead, paths: PricePaths) -> Ledger:
    """A ledger of no claims."""
    empty = Spend(pd.DataFrame({name: [] for name in SPEND_COLUMNS}), paths.price_base, paths.basis)
    return replace(keep_ledger(empty, {}, {}), synthetic=ahead.baseline.synthetic)


def _facts_of(ledger: Ledger) -> pd.DataFrame:
    """What a ledger says beside its table, as a table: fact, words."""
    said = {"order": ledger.order, "left out": ledger.left_out, "note": ledger.notes,
            "price base": (ledger.price_base,), "basis": (ledger.basis,)}  # fmt: skip
    facts = [(fact, words) for fact, every in said.items() for words in every]
    return pd.DataFrame(facts, columns=["fact", "words"], dtype="str")


def _with_facts(table: pd.DataFrame, facts: pd.DataFrame, synthetic: bool) -> Ledger:
    """The ledger again from what `_facts_of` made of it."""
    said = {fact: tuple(facts.loc[facts["fact"].eq(fact), "words"]) for fact in ("order", "left out", "note")}
    base, basis = (str(facts.loc[facts["fact"].eq(fact), "words"].iloc[0]) for fact in ("price base", "basis"))
    return Ledger(table, said["order"], base, basis, said["left out"], said["note"], synthetic)


# ---- what has been delivered ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Tracked:
    """The plan by month and, where there is a register of savings delivered, what it comes to beside the plan.

    planned: as `money.saving.plan.likely_plan`. delivered: the register held against the returns; none where the
    savings file names no register. beside: as `money.saving.plan.track`; no rows without a register. findings: what is
    wrong with the register's lines. known_until: the last day the returns it was held against describe.
    """

    planned: pd.DataFrame
    delivered: Delivered | None
    beside: pd.DataFrame
    findings: Findings
    known_until: date


def track_run(run: Run, saved: Saved) -> Tracked:
    """The plan of the run's ledger, and its register of savings delivered where the savings file names one.

    The register is held against the returns of the run that `in_year` names, where one is, because savings are
    delivered after the run's own returns end; otherwise against the run's own. Another folder's children are not in the
    council's register, which is then left aside.
    Raises DeliveredError where the register cannot be read.
    """
    planned = likely_plan(saved.plan, saved.claims, saved.terms)
    if not saved.settings.delivered or not run.own_data:
        return Tracked(planned, None, planned.iloc[:0], Findings.of([]), run.as_at)
    later = run.settings.in_year
    episodes = open_run(later, check=False).episodes if later else run.episodes
    register, findings = read_delivered(run.root / saved.settings.delivered, saved.settings.order)
    delivered = count_delivered(register, episodes, saved.settings.in_order)
    return Tracked(planned, delivered, track(planned, delivered.monthly()), findings, episodes.census_date)


# ---- for a page -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """A ledger of savings in tables shaped for a page (money/saving/telling.py): of one financial year, but `profile`.

    year: the target's, or the last the ledger holds. now: claim's key -> children behind it. profile: as
    `telling.show_profile`, with the fewest children behind a claim of each kind.
    whole: the profile's row of the year for all kinds together: column -> figure.
    """

    year: int
    now: dict[str, int]
    weighed: pd.DataFrame
    spread: pd.DataFrame
    weeks: pd.DataFrame
    net: pd.DataFrame
    stated: pd.DataFrame
    profile: pd.DataFrame
    whole: dict[str, float]


def tell_savings(saved: Saved | None, ahead: Ahead, target_gbp: float) -> Told | None:
    """The run's savings against a target of so many £ a year; none where there is no claim to tell of."""
    if saved is None or not saved.claims:
        return None
    ledger, likely, claims = saved.ledger, saved.likely, saved.claims
    years = sorted(int(year) for year in likely["financial_year"].unique())
    wanted = saved.settings.target
    year = wanted.financial_year if wanted and wanted.financial_year in years else years[-1]
    now = telling.count_now(ahead.baseline, claims)
    fewest = {kind: min(now[claim.key] for claim in claims if claim.kind == kind) for kind in likely["kind"].unique()}
    profile = profile_savings(likely, target_gbp)
    profile = profile.assign(children_now=profile["kind"].map(fewest | {ALL_KINDS: now[telling.TOTAL]}))
    here = profile[profile["financial_year"].eq(year)].set_index("kind")
    return Told(
        year=year,
        now=now,
        weighed=telling.weigh_claims(ledger, claims, year, now),
        spread=telling.spread_claims(ledger, claims, year, now),
        weeks=telling.weigh_weeks(ledger, claims, year, now),
        net=telling.net_claims(likely, ledger, claims, year, now),
        stated=telling.compare_stated(likely, claims, year, now),
        profile=telling.show_profile(profile),
        whole={name: float(here[name][ALL_KINDS]) for name in here.columns if name != "kind"},
    )


def why_none(run: Run, saved: Saved | None) -> str:
    """Why there is no ledger to show, in a sentence; blank where there is one."""
    if saved is not None:
        return "" if saved.claims else " ".join(saved.ledger.left_out) or "The file of savings names no claim."
    if run.settings.savings and not run.own_data:
        return (
            f"The claims on file are {run.council.name}'s, of its own children. These returns are of other children, "
            "so nothing is played on them."
        )
    return "The run names no file of savings claimed, so there is no ledger to show."
