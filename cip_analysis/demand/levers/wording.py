"""A lever in words, for a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from cip_analysis.scenario_settings import (
    ConvergeLever,
    DivertingLever,
    LeavingLever,
    Lever,
    MovingLever,
    PlacesLever,
    RateLever,
    StartsLever,
    UnaccompaniedLever,
)


def describe_lever(lever: Lever) -> str:
    """What a lever does and when, in one line.

    >>> describe_lever(StartsLever(begins=date(2018, 10, 1), factor=0.9, ages=("10 to 15",)))
    'starts × 0.9, aged 10 to 15, from 1 October 2018'
    """
    said = PHRASES[type(lever)](lever)
    when = f", from {_day(lever.begins)}"
    if lever.full_by and lever.full_by > lever.begins:
        when += f", in full by {_day(lever.full_by)}"
    return said + when + (f", until {_day(lever.until)}" if lever.until else "")


def _starts(lever: StartsLever) -> str:
    return f"starts × {lever.factor:g}{_aged(lever.ages)}{_for_needs(lever.needs)}"


def _unaccompanied(lever: UnaccompaniedLever) -> str:
    if lever.factor is not None:
        return f"unaccompanied starts × {lever.factor:g}"
    if lever.children_at_once is not None:
        return f"unaccompanied children up to {lever.children_at_once:g}"
    return f"unaccompanied children up to {lever.share_of_children:.2%} of children"


def _leaving(lever: LeavingLever) -> str:
    ways = " or ".join(lever.ways_out) or "leaving care"
    return f"{ways}{_listed('from', lever.settings)}: {_rate(lever)}{_aged(lever.ages)}"


def _moving(lever: MovingLever) -> str:
    return f"moves from {lever.from_setting} to {lever.to_setting}: {_rate(lever)}{_aged(lever.ages)}"


def _diverting(lever: DivertingLever) -> str:
    return f"{lever.share:.0%} of placements in {lever.from_setting} made in {lever.to_setting}"


def _places(lever: PlacesLever) -> str:
    done = "opened, filled from" if lever.in_all > 0 else "closed, placements made in"
    return f"{abs(lever.in_all):g} places in {lever.setting} {done} {lever.filled_from}"


def _converge(lever: ConvergeLever) -> str:
    share = {"full": "all", "estimated": "the usual share"}.get(str(lever.share))
    return f"{share or f'{lever.share:.0%}'} of the gap to neighbours closed"


PHRASES: Mapping[type[Lever], Callable[..., str]] = {
    StartsLever: _starts,
    UnaccompaniedLever: _unaccompanied,
    LeavingLever: _leaving,
    MovingLever: _moving,
    DivertingLever: _diverting,
    PlacesLever: _places,
    ConvergeLever: _converge,
}


def _rate(lever: RateLever) -> str:
    if lever.factor is not None:
        return f"× {lever.factor:g}"
    if lever.children_a_year is not None:
        return f"{lever.children_a_year:g} more children a year"
    return f"{lever.added_rate_a_year:g} more a child a year"


def _aged(ages: Sequence[str]) -> str:
    return f", aged {' or '.join(ages)}" if ages else ""


def _for_needs(needs: Sequence[str]) -> str:
    """The needs, or how many where that would be long."""
    return _listed("for", needs) if len(needs) < 3 else f", for {len(needs)} of the needs recorded"


def _listed(word: str, names: Sequence[str]) -> str:
    return f" {word} {' or '.join(names)}" if names else ""


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
