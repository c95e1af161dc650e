"""Who looks after the invented children, and where: carers, agencies, homes and their register numbers.

The county has one fixed market, drawn once from the seed: a home keeps its number and its place for ever, and a few
homes and agencies have most of the children. Numbers begin SC99, which the register does not use; places are
public buildings (places.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cip_analysis.settings import Council
from cip_analysis.synthetic.chance import Flags, Wholes
from cip_analysis.synthetic.children.places import other_places, own_places
from cip_analysis.synthetic.children.placing import (
    ADOPTERS,
    AGENCY,
    AGENCY_LONG,
    ALONE,
    CARE_HOME,
    FAMILY_CENTRE,
    HOME,
    KIN,
    KIN_LONG,
    KINDS,
    OWN,
    OWN_LONG,
    PARENTS,
    SCHOOL,
    SECURE,
    SEMI,
    TO_ADOPT,
)
from cip_analysis.synthetic.totals.counting import Pool

OWN_SERVICE = "SC990001"
OWN_HOME = "SC990002"
HOMES, AGENCIES, OTHERS = 45, 25, 12
HOME_SKEW, AGENCY_SKEW = 0.75, 0.95
WITH_NUMBER = frozenset(
    {KIN, OWN, AGENCY, HOME, SCHOOL, SECURE, FAMILY_CENTRE, KIN_LONG, OWN_LONG, AGENCY_LONG, ADOPTERS, TO_ADOPT}
)
INSIDE: Mapping[int, float] = {
    KIN: 0.75, KIN_LONG: 0.75, OWN: 0.93, OWN_LONG: 0.93, AGENCY: 0.50, AGENCY_LONG: 0.50, SEMI: 0.60, ALONE: 0.70,
    ADOPTERS: 0.35, TO_ADOPT: 0.60, CARE_HOME: 0.4,
}  # fmt: skip
HOMES_INSIDE = 0.33
REDRAWS = 12


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Postcode and register number of each placing; the number is blank where the return does not ask for one."""

    postcode: np.ndarray
    urn: np.ndarray


@dataclass(frozen=True, slots=True)
class _Bodies:
    """Homes or agencies: register number, place, and share of the children."""

    urn: np.ndarray
    postcode: np.ndarray
    share: np.ndarray


def family_places(council: Council) -> tuple[str, ...]:
    """Where families live: every second place of the authority, so that no home is also a carer's."""
    return own_places(council.code)[::2]


def carer_places(council: Council) -> tuple[str, ...]:
    """Where the authority's carers and homes are."""
    return own_places(council.code)[1::2]


def find_places(pool: Pool, home_postcode: np.ndarray, council: Council, market: np.random.Generator,
                chance: np.random.Generator) -> Whereabouts:  # fmt: skip
    """Where each placing is. No two placings in a row of one period share a postcode, unless they share the carer.

    home_postcode: each child's home, by position in the arrivals; a child with parents is there.
    market: chance for the county's fixed market. chance: for who goes where.
    """
    placings = pool.placings
    inside, outside = np.array(carer_places(council)), np.array(other_places(council.code))
    homes = _bodies(1000, HOMES, HOME_SKEW, (inside, outside), market)
    agencies = _bodies(2000, AGENCIES, AGENCY_SKEW, (inside, outside), market)
    postcode = np.empty(len(placings), dtype="<U8")
    urn = np.empty(len(placings), dtype="<U8")
    again = np.arange(len(placings))
    for _ in range(REDRAWS):
        postcode[again], urn[again] = _draw(pool, again, (inside, outside), (homes, agencies), chance)
        parents = placings.kind == PARENTS
        postcode[parents] = home_postcode[pool.periods.child[placings.period[parents]]]
        again = np.flatnonzero(_unmoved(pool, postcode) & ~parents)
        if not len(again):
            break
    for follows in np.flatnonzero(placings.same_carer):
        postcode[follows], urn[follows] = postcode[follows - 1], urn[follows - 1]
    return Whereabouts(postcode, urn)


def _bodies(
    base: int, count: int, skew: float, places: tuple[np.ndarray, np.ndarray], market: np.random.Generator
) -> _Bodies:
    inside, outside = places
    here = np.arange(count) % round(1 / HOMES_INSIDE) == 0
    postcode = np.where(here, market.choice(inside, count), market.choice(outside, count))
    share = (1.0 + np.arange(count)) ** -skew
    urn = np.array([f"SC99{base + number:04d}" for number in range(1, count + 1)])
    return _Bodies(urn, postcode, market.permutation(share / share.sum()))


def _draw(
    pool: Pool,
    which: Wholes,
    places: tuple[np.ndarray, np.ndarray],
    bodies: tuple[_Bodies, _Bodies],
    chance: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Postcode and number of some placings."""
    kind, provider = pool.placings.kind[which], pool.placings.provider[which]
    homes, agencies = bodies
    own = provider == 1
    near = chance.random(len(which)) < np.array([INSIDE.get(code, 0.25) for code in range(len(KINDS))])[kind]
    near |= own & ~np.isin(kind, (KIN, KIN_LONG, OWN, OWN_LONG, ADOPTERS, TO_ADOPT))
    postcode = np.where(near, chance.choice(places[0], len(which)), chance.choice(places[1], len(which))).astype("<U8")
    number = chance.integers(0, OTHERS, len(which))
    urn = np.array([f"SC99{3000 + code * OTHERS + one:04d}" for code in range(len(KINDS)) for one in range(OTHERS)])[
        kind * OTHERS + number
    ]
    urn = np.where(own, OWN_SERVICE, urn)
    bought = np.isin(kind, (AGENCY, AGENCY_LONG))
    urn[bought] = agencies.urn[chance.choice(len(agencies.urn), bought.sum(), p=agencies.share)]
    home = (kind == HOME) & ~own
    chosen = chance.choice(len(homes.urn), home.sum(), p=homes.share)
    urn[home], postcode[home] = homes.urn[chosen], homes.postcode[chosen]
    in_own = (kind == HOME) & own
    urn[in_own], postcode[in_own] = OWN_HOME, places[0][0]
    return postcode, np.where(np.isin(kind, list(WITH_NUMBER)), urn, "")


def _unmoved(pool: Pool, postcode: np.ndarray) -> Flags:
    """Placings that a new draw must move: same postcode as the one before in the same period."""
    period = pool.placings.period
    same = (np.diff(period, prepend=-1) == 0) & (np.append("", postcode[:-1]) == postcode)
    unmoved: Flags = same & ~pool.placings.same_carer
    return unmoved
