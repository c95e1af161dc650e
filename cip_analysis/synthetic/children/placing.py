"""Where invented children live, one placement after another until the period of care ends.

Each placement's kind is drawn by age, legal status, what came before, and how much of the county's care was then
bought from others; its length by England's published lengths for that kind, stretched for the settled child and
shortened for the unsettled one. Sources: DfE, Children looked after in England, years ending March 2018 and 2024
(placement by age, provider by placement, durations); the shares are judgements the steering then weighs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from cip_analysis.settings import Council
from cip_analysis.synthetic.chance import Flags, Numbers, Wholes, days_between, pick
from cip_analysis.synthetic.children.arrivals import Arrivals, day_number
from cip_analysis.synthetic.children.journeys import C1, C2, C2_AGAIN, E1, J1, Periods
from cip_analysis.synthetic.totals.targets import DURATION_GROUPS, NEW_GROUPS_FROM, STOCK, Targets

KINDS = (
    "U3",
    "U6",
    "U6",
    "K2",
    "H5",
    "P2",
    "P1",
    "R1",
    "S1",
    "K1",
    "R5",
    "R2",
    "R3",
    "Z1",
    "U1",
    "U4",
    "U4",
    "A6",
    "U5",
)
(KIN, OWN, AGENCY, HOME, SEMI, ALONE, PARENTS, CARE_HOME, SCHOOL, SECURE, PRISON, HOSPITAL, FAMILY_CENTRE, OTHER,
 KIN_LONG, OWN_LONG, AGENCY_LONG, ADOPTERS, TO_ADOPT) = range(19)  # fmt: skip
DRAWN_KINDS = OTHER + 1
FOSTER = (KIN, OWN, AGENCY, KIN_LONG, OWN_LONG, AGENCY_LONG, TO_ADOPT)
LONG_TERM: Mapping[int, int] = {KIN: KIN_LONG, OWN: OWN_LONG, AGENCY: AGENCY_LONG}
KIND_AGES = (1, 5, 10, 14.02, 15.02, 16.02)
YOUNGEST: Mapping[int, float] = {SEMI: 14.02, ALONE: 15.02, PRISON: 12.0}  # a week past the birthday the rules name
FIRST_SHARES = np.array(
    #  kin   own  agency home semi alone parents care school secure prison hosp. family other
    [
        [0.20, 0.66, 0.66, 0.00, 0.00, 0.00, 0.03, 0.00, 0.00, 0.00, 0.00, 0.03, 0.06, 0.000],
        [0.24, 0.66, 0.66, 0.00, 0.00, 0.00, 0.06, 0.00, 0.00, 0.00, 0.00, 0.01, 0.01, 0.000],
        [0.22, 0.67, 0.67, 0.03, 0.00, 0.00, 0.06, 0.01, 0.003, 0.00, 0.00, 0.01, 0.00, 0.002],
        [0.13, 0.62, 0.62, 0.15, 0.00, 0.00, 0.05, 0.015, 0.02, 0.002, 0.00, 0.01, 0.00, 0.005],
        [0.09, 0.50, 0.50, 0.26, 0.03, 0.00, 0.05, 0.015, 0.02, 0.01, 0.00, 0.01, 0.00, 0.01],
        [0.08, 0.46, 0.46, 0.26, 0.05, 0.05, 0.05, 0.015, 0.015, 0.01, 0.01, 0.01, 0.00, 0.01],
        [0.05, 0.28, 0.28, 0.13, 0.17, 0.26, 0.04, 0.01, 0.005, 0.01, 0.02, 0.015, 0.01, 0.02],
    ]
)
LATER_FACTORS = np.array([1.0, 1.0, 1.0, 2.2, 2.0, 2.6, 2.6, 1.2, 1.5, 1.2, 1.0, 0.4, 0.7, 1.2])
REMAND_SHARES = np.array([0.02, 0.15, 0.15, 0.12, 0.12, 0.05, 0.0, 0.0, 0.0, 0.16, 0.35, 0.0, 0.0, 0.0])
UNACCOMPANIED_SHARES = np.array([0.02, 0.40, 0.40, 0.05, 0.18, 0.36, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.01])
OLD_NAMES = ("placement: secure, children's homes and hostels", "placement: other in the community")
NEW_NAMES = ("placement: secure and children's homes", "placement: independent and semi-independent")
USUAL_SHARES: Mapping[int, float] = {HOME: 0.10, ALONE: 0.08, PARENTS: 0.018, CARE_HOME: 0.006, OTHER: 0.004}
STAYS_ALIKE = 3.0
BECOMES_LONG_TERM = 0.45
PROVIDERS = ("PR0", "PR1", "PR2", "PR3", "PR4", "PR5", "")
PROVIDER_SHARES = np.array(
    [
        [0, 1.0, 0, 0, 0, 0, 0], [0, 0.988, 0.012, 0, 0, 0, 0], [0, 0, 0, 0, 0.94, 0.06, 0],
        [0, 0, 0.02, 0, 0.93, 0.05, 0], [0, 0.10, 0, 0, 0.78, 0.12, 0], [0, 0.25, 0.03, 0.02, 0.60, 0.10, 0],
        [1.0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0.9, 0.1, 0], [0, 0, 0.1, 0, 0.7, 0.2, 0], [0, 0, 1.0, 0, 0, 0, 0],
        [0, 0, 0, 0.6, 0.4, 0, 0], [0, 0, 0, 1.0, 0, 0, 0], [0, 0, 0, 0, 0.9, 0.1, 0], [0, 0, 0, 0, 0, 0, 1.0],
        [0, 1.0, 0, 0, 0, 0, 0], [0, 0.988, 0.012, 0, 0, 0, 0], [0, 0, 0, 0, 0.94, 0.06, 0],
        [0, 0.70, 0.12, 0, 0, 0.18, 0], [0, 0.9, 0.04, 0, 0, 0.06, 0],
    ]
)  # fmt: skip
OWN_HOME_SHARE = 0.10
OWN_HOMES_CLOSED = day_number(2017, 6, 30)  # a council whose homes are all closed is taken to have closed them then
ALIKE = np.array(
    [[(kind in FOSTER) == (last in FOSTER) and (kind in FOSTER or kind == last) for kind in range(DRAWN_KINDS)]
     for last in range(len(KINDS))] + [[False] * DRAWN_KINDS]
)  # fmt: skip
UNSETTLED = 0.65
STRETCH: Mapping[str, float] = {
    "foster": 3.0,
    "secure and children's homes": 2.0,
    "independent and semi-independent": 2.0,
    "with parents": 1.4,
    "residential school": 1.5,
    "other residential": 1.4,
}
FIRST_IS_SHORTER = 0.42
MOST_PLACEMENTS = 40


@dataclass(frozen=True, slots=True)
class Placings:
    """Placements, one place in each array a placement, in the order (period, start).

    period: position in the periods. start, end: days into the period, end > start; the last ends with the period.
    kind: position in KINDS. provider: position in PROVIDERS. same_carer: follows another with the same carer.
    closes: ended because the council closed its own home.
    """

    period: Wholes
    start: Wholes
    end: Wholes
    kind: Wholes
    provider: Wholes
    same_carer: Flags
    closes: Flags

    def __len__(self) -> int:
        return len(self.period)


@dataclass(frozen=True, slots=True)
class _Going:
    """What a draw needs to know of each period, and of the market it is made in.

    birth, until: days; `until` is the last day before adopters or leaving. settled: stretches stays. fashion: how
    much likelier each drawn kind is in each year from `first_year`. homes_close: when own homes close. bands: by
    duration group, the least and greatest days of each band and its share.
    """

    periods: Periods
    birth: Wholes
    uasc: Flags
    until: Wholes
    settled: Numbers
    fashion: Numbers
    first_year: int
    homes_close: int
    bands: Mapping[str, tuple[Numbers, Numbers, Numbers]]


def place_children(
    arrivals: Arrivals, periods: Periods, targets: Targets, council: Council, chance: np.random.Generator
) -> Placings:
    """Every placement of every period of care."""
    going = _set_out(arrivals, periods, targets, council, chance)
    now = np.zeros(len(periods), dtype=np.int64)
    before = np.full(len(periods), -1)
    parts: list[Placings] = []
    active = np.flatnonzero(going.until > 0)
    for step in range(MOST_PLACEMENTS):
        part = _next_placements(going, active, now[active], before[active], chance)
        if step == MOST_PLACEMENTS - 1:
            part = _lasting(part, going.until[active])
        parts.append(part)
        now[active], before[active] = part.end, part.kind
        active = active[part.end < going.until[active]]
        if not len(active):
            break
    return _in_order([*parts, _adoptions(going, before, chance)])


def _set_out(
    arrivals: Arrivals, periods: Periods, targets: Targets, council: Council, chance: np.random.Generator
) -> _Going:
    years = range(int(targets.figures["year"].min()), int(targets.figures["year"].max()) + 1)
    length = (periods.end - periods.start).astype(np.float64)
    return _Going(
        periods=periods,
        birth=arrivals.birth[periods.child],
        uasc=arrivals.uasc[periods.child],
        until=np.minimum(length, periods.placed).astype(np.int64),
        settled=np.exp(UNSETTLED * chance.standard_normal(len(arrivals)))[periods.child],
        fashion=np.array([_fashion(targets, year) for year in years]),
        first_year=years[0],
        homes_close=day_number(2100, 1, 1) if any(home.open for home in council.capacity.homes) else OWN_HOMES_CLOSED,
        bands={group: _bands(targets, group) for group in set(DURATION_GROUPS.values())},
    )


def _fashion(targets: Targets, year: int) -> Numbers:
    """How much likelier each drawn kind is in one year than the shares above say, from that year's published stock.

    Fostering is divided between the council and agencies: what private provision leaves after homes and most of the
    supported accommodation.
    """
    homes, alone, parents, residential, other, foster, private, stock = (
        targets.nearest(measure, year)
        for measure in (
            *(NEW_NAMES if year >= NEW_GROUPS_FROM else OLD_NAMES),
            "placement: with parents",
            "placement: other residential",
            "placement: other",
            "placement: foster",
            "provider: private",
            STOCK,
        )
    )
    factors = np.ones(DRAWN_KINDS)
    factors[HOME] = np.clip(homes / stock / USUAL_SHARES[HOME], 0.5, 2.0)
    factors[[SEMI, ALONE]] = np.clip(alone / stock / USUAL_SHARES[ALONE], 0.5, 2.0)
    factors[PARENTS] = np.clip(parents / stock / USUAL_SHARES[PARENTS], 0.5, 6.0)
    factors[[CARE_HOME, HOSPITAL, FAMILY_CENTRE]] = np.clip(residential / stock / USUAL_SHARES[CARE_HOME], 0.5, 4.0)
    factors[OTHER] = np.clip(other / stock / USUAL_SHARES[OTHER], 0.1, 20.0)
    bought = np.clip((private - 0.95 * homes - 0.6 * alone) / max(1.0, foster), 0.05, 0.70)
    factors[OWN], factors[AGENCY] = 1 - bought, bought
    return factors


def _bands(targets: Targets, group: str) -> tuple[Numbers, Numbers, Numbers]:
    shares = targets.shares("placements ended", group)
    low, high, share = (shares[name].to_numpy(dtype=np.float64) for name in ("from", "below", "share"))
    return low, high, share


def _next_placements(
    going: _Going, active: Wholes, now: Wholes, before: Wholes, chance: np.random.Generator
) -> Placings:
    """The placement that follows `before` on day `now` of each active period."""
    age = (going.periods.start[active] + now - going.birth[active]) / 365.25
    kind = _settle_long_term(going, active, now, before, chance)
    same_carer = kind >= 0
    drawn = pick(chance, _weights(going, active, now, before, age))
    kind = np.where(same_carer, kind, drawn)
    days = np.where(before < 0, FIRST_IS_SHORTER, 1.0) * _days(going, active, kind, chance)
    days = np.maximum(1, np.round(days)).astype(np.int64)
    end = np.minimum(now + days, going.until[active])
    provider = pick(chance, PROVIDER_SHARES[kind])
    today = going.periods.start[active] + now
    in_own = (kind == HOME) & (chance.random(len(kind)) < OWN_HOME_SHARE) & (today < going.homes_close - 14)
    in_own &= before != HOME
    closing = in_own & (going.periods.start[active] + end > going.homes_close)
    return Placings(
        period=active,
        start=now,
        end=np.where(closing, going.homes_close - going.periods.start[active], end),
        kind=kind,
        provider=np.where(in_own, PROVIDERS.index("PR1"), provider),
        same_carer=same_carer,
        closes=closing,
    )


def _status_is(periods: Periods, which: Wholes, day: Wholes, status: int) -> Flags:
    """Whether `status` has begun by that day of the period, and no later one has."""
    begun = periods.begins[which] <= day[:, None]
    return begun[:, status] & ~begun[:, status + 1 :].any(axis=1)


def _settle_long_term(
    going: _Going, active: Wholes, now: Wholes, before: Wholes, chance: np.random.Generator
) -> Wholes:
    """The long-term kind where a foster placement under a care order is made permanent; -1 elsewhere."""
    permanent = np.array([LONG_TERM.get(kind, -1) for kind in range(len(KINDS))] + [-1])[before]
    order = _status_is(going.periods, active, now, C2) | _status_is(going.periods, active, now, C2_AGAIN)
    left = going.until[active] - now
    chosen = (permanent >= 0) & order & (left > 365) & (chance.random(len(active)) < BECOMES_LONG_TERM)
    return np.where(chosen, permanent, -1)


def _weights(going: _Going, active: Wholes, now: Wholes, before: Wholes, age: Numbers) -> Numbers:
    """How likely each kind is, a row a period."""
    weights = FIRST_SHARES[np.searchsorted(KIND_AGES, age, side="right")]
    weights = np.where((before >= 0)[:, None], weights * LATER_FACTORS, weights)
    weights = np.where(going.uasc[active][:, None], UNACCOMPANIED_SHARES, weights)
    remand = _status_is(going.periods, active, now, J1)
    weights = np.where(remand[:, None], REMAND_SHARES, weights)
    for kind, youngest in YOUNGEST.items():
        weights[:, kind] *= age >= youngest
    year = np.clip(_year(going.periods.start[active] + now) - going.first_year, 0, len(going.fashion) - 1)
    weights = weights * going.fashion[year]
    alike = ALIKE[before]
    weights = weights * np.where(alike, STAYS_ALIKE, 1.0)
    begins = going.periods.begins[active]
    ordered = _status_is(going.periods, active, now, C1) | _status_is(going.periods, active, now, C2)
    weights[:, PARENTS] *= ordered & np.isinf(begins[:, E1]) & (before != PARENTS)
    to_adoption = np.isfinite(going.periods.placed[active])
    fostered = np.isin(np.arange(DRAWN_KINDS), FOSTER)
    weights[to_adoption] *= fostered
    return weights


def _year(day: Wholes) -> Wholes:
    """The collection year (ending 31 March) of each day."""
    return (day.astype("datetime64[D]") - np.timedelta64(90, "D")).astype("datetime64[Y]").astype(np.int64) + 1971


def _days(going: _Going, active: Wholes, kind: Wholes, chance: np.random.Generator) -> Numbers:
    """How long each placement would last if the child stayed in care."""
    days = np.zeros(len(kind))
    for code in np.unique(kind):
        group = DURATION_GROUPS.get(KINDS[code], "other residential")
        low, high, share = going.bands[group]
        chosen = np.flatnonzero(kind == code)
        band = pick(chance, np.tile(share, (len(chosen), 1)))
        stretch = STRETCH.get(group, 1.0) * going.settled[active[chosen]] * (3.0 if code in LONG_TERM.values() else 1.0)
        days[chosen] = days_between(chance, low[band], high[band]) * stretch
    return days


def _lasting(part: Placings, until: Wholes) -> Placings:
    return replace(part, end=until, closes=np.zeros(len(part), dtype=bool))


def _adoptions(going: _Going, before: Wholes, chance: np.random.Generator) -> Placings:
    """The adopters' placement that ends each period in which the child is placed for adoption."""
    period = np.flatnonzero(np.isfinite(going.periods.placed))
    same_carer = going.periods.same_carer[period]
    provider = pick(chance, PROVIDER_SHARES[np.full(len(period), ADOPTERS)])
    return Placings(
        period=period,
        start=going.until[period],
        end=(going.periods.end - going.periods.start)[period],
        kind=np.full(len(period), ADOPTERS),
        provider=np.where(same_carer & (before[period] == OWN), PROVIDERS.index("PR1"), provider),
        same_carer=same_carer,
        closes=np.zeros(len(period), dtype=bool),
    )


def _in_order(parts: list[Placings]) -> Placings:
    """All parts as one, in the order (period, start); same-carer placements keep the provider before them."""
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in Placings.__dataclass_fields__}
    order = np.lexsort((joined["start"], joined["period"]))
    joined = {name: column[order] for name, column in joined.items()}
    for follows in np.flatnonzero(joined["same_carer"]):
        joined["provider"][follows] = joined["provider"][follows - 1]
    return Placings(**joined)
