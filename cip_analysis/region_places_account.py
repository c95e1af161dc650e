"""Places in a region's children's homes, and beds that its councils commission together, as a page tells them (14).

    made = commission(county, ahead, "5, 10, 20, 40", "", 2)
    list_beds(made)

Choices: docs/decisions/0038-the-region-together.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cip_analysis.demand.accuracy.scores import Numbers
from cip_analysis.demand.inputs import stream
from cip_analysis.demand.regional import beds, places
from cip_analysis.money.own.judged import draw_judgement, held_judgements
from cip_analysis.region_account import Ahead, RegionRun

IN_HOMES, FOR_SUCH_BEDS, USABLE = "region.share-in-homes", "region.share-for-such-beds", "capacity.home-beds-usable"
TOGETHER_WORD, ALONE_WORD = "together", "each council its own"
MOST_BEDS, MOST_SIZES = 500, 6


class RegionPlacesError(ValueError):
    """Beds or councils were asked for that cannot be told."""


def list_places(county: RegionRun, ahead: Ahead, years: int) -> pd.DataFrame:
    """Places in children's homes beside children expected in them so many years on, the region last.

    Columns: council, homes, council_run_places, other_places, now_in_homes (at the likeliest share), p10_in_homes,
    p50_in_homes, p90_in_homes and places_per_child (to two places). Councils that have come apart are told as one,
    as the forecast is.
    """
    share = _judged(county, IN_HOMES)
    counted = places.count_places(county.homes, county.region.councils, county.region.joined, county.origin)
    told = places.beside_places(counted, places.children_in_homes(ahead.together.councils[:, :, years - 1], share))
    now = ahead.base.stock * county.judgements[IN_HOMES].value
    names = {**county.region.councils, "": county.region.name}
    shown = told.assign(
        council=[names[str(code)] for code in told.index], now_in_homes=np.append(now, now.sum()).round()
    )
    ends = {f"{name}_in_homes": shown[name].round() for name in places.ENDS}
    whole = {name: shown[name].astype("int64") for name in ("homes", places.OWN, places.OTHERS)}
    columns = ["council", "homes", places.OWN, places.OTHERS, "now_in_homes", *ends, "places_per_child"]
    ratio = shown["places_per_child"].round(2)
    return shown.assign(**ends, **whole, places_per_child=ratio)[columns].reset_index(drop=True)


def places_grown(county: RegionRun) -> tuple[int, float]:
    """The first year whose places are held, and the growth of the region's places from then to the origin, a share."""
    codes = {part for one in county.region.joined for part in one.parts} | set(county.codes)
    there = county.homes[county.homes["area_code"].isin(codes) & (county.homes["year"] <= county.origin)]
    summed = there.groupby("year")["places"].sum()
    return int(summed.index[0]), float(summed.iloc[-1] / summed.iloc[0] - 1)


def title_places(table: pd.DataFrame) -> str:
    """Which council has most and fewest places a child, for a title. table: as `list_places`, the region last."""
    each, whole = table.iloc[:-1].set_index("council")["places_per_child"], table.iloc[-1]
    return (
        f"The region has {whole['places_per_child']:.1f} places for each child its councils will have in homes; "
        f"{each.idxmax()} {each.max():.1f}, {each.idxmin()} {each.min():.1f}"
    )


def own_places_in_words(table: pd.DataFrame) -> str:
    """How the region's places divide between those councils run and others, in a sentence. table: as `list_places`."""
    whole = table.iloc[-1]
    own, others = int(whole[places.OWN]), int(whole[places.OTHERS])
    return (
        f"Of {own + others:,} places councils run {own:,} ({own / (own + others):.0%}), against "
        f"{whole['p50_in_homes']:.0f} children expected in homes, eight times in ten "
        f"{whole['p10_in_homes']:.0f} to {whole['p90_in_homes']:.0f}. Councils' own would "
        f"hold {own / whole['p50_in_homes']:.0%} of them; the rest depend on places open to any council in the country."
    )


@dataclass(frozen=True, slots=True, eq=False)
class Commissioned:
    """Beds by number, together and each council its own. need: children for such beds on a day, draws x councils."""

    sizes: tuple[int, ...]
    together: tuple[beds.Filled, ...]
    alone: tuple[beds.Filled, ...]
    need: Numbers
    usable: Numbers
    names: tuple[str, ...]


def commission(county: RegionRun, ahead: Ahead, asked: str, councils: str, years: int) -> Commissioned:
    """What beds would be filled if these councils commissioned them together, and each its share alone.

    asked: numbers of beds, as "5, 10, 20". councils: names with commas between, blank for all. years: on from the
    origin. Raises RegionPlacesError for a number, a name or a year that cannot be.
    """
    sizes, chosen = _sizes(asked), _chosen(county, councils)
    if not 1 <= years <= ahead.together.region.shape[1]:
        raise RegionPlacesError(f"{years} years ahead cannot be told: give 1 to {ahead.together.region.shape[1]}.")
    share = _judged(county, IN_HOMES) * _judged(county, FOR_SUCH_BEDS)
    need = ahead.together.councils[:, chosen, years - 1] * share[:, None]
    usable = _judged(county, USABLE)
    pooled, apart = [], []
    for size in sizes:
        shares = beds.divide_beds(size, ahead.base.stock[chosen])
        pooled.append(beds.fill(size, need.sum(axis=1), usable, stream(county.settings.seed, f"{size} beds together")))
        apart.append(beds.fill_alone(shares, need, usable, stream(county.settings.seed, f"{size} beds apart")))
    names = tuple(county.region.councils[county.codes[place]] for place in chosen)
    return Commissioned(sizes, tuple(pooled), tuple(apart), need, usable, names)


def list_beds(made: Commissioned) -> pd.DataFrame:
    """Each number of beds, together and apart: commissioned (in words), expected_filled, p10 and p90 (children in them
    on a day), share_filled, empty_places, share_turned_away, at_most.
    """
    rows = []
    for pair in zip(made.together, made.alone, strict=True):
        for one, word in zip(pair, (TOGETHER_WORD, ALONE_WORD), strict=True):
            low, high = one.range_80
            filled = float(one.filled.mean())
            rows.append({
                "commissioned": f"{one.beds} beds, {word}", "expected_filled": filled, "p10": low, "p50": _middle(one),
                "p90": high, "share_filled": one.chance_filled, "empty_places": one.beds - filled,
                "share_turned_away": _turned_away(one, made), "filled_at_most": float(one.at_most.mean()),
            })  # fmt: skip
    return pd.DataFrame(rows)


def gained(made: Commissioned) -> pd.DataFrame:
    """What pooling gains by number of beds: beds, more_children (in them on a day), need_lost_share (what share of the
    need distance could take before nothing is gained).
    """
    rows = [
        (pooled.beds, float(pooled.filled.mean() - apart.filled.mean()),
         beds.need_lost_to_distance(pooled, apart, made.need.sum(axis=1), made.usable))
        for pooled, apart in zip(made.together, made.alone, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["beds", "more_children", "need_lost_share"])


def title_beds(made: Commissioned) -> str:
    """What pooling does at the largest number of beds, for a title."""
    pooled, apart = made.together[-1], made.alone[-1]
    return (
        f"Of {pooled.beds} beds {pooled.filled.mean():.1f} would be filled on average if commissioned together, "
        f"{apart.filled.mean():.1f} if apart"
    )


def beds_in_words(made: Commissioned) -> str:
    """What the fewest and the most beds come to, together and apart, in sentences."""
    told = [
        f"Of {pooled.beds} beds commissioned together {pooled.filled.mean():.1f} would hold a child on an average day "
        f"(eight times in ten {pooled.range_80[0]:.0f} to {pooled.range_80[1]:.0f}); of as many commissioned apart, "
        f"{apart.filled.mean():.1f}."
        for pooled, apart in (
            (made.together[0], made.alone[0]),
            (made.together[-1], made.alone[-1]),
        )
    ]
    return " ".join(told[: len(made.sizes)])


def distance_in_words(made: Commissioned) -> str:
    """How much need distance could take before pooling gains nothing, in a sentence."""
    table = gained(made)
    first, last = table.iloc[0], table.iloc[-1]
    return (
        f"A joint home is further away for many. Commissioning together stays ahead until distance loses "
        f"{first['need_lost_share']:.0%} of those who would have come to {first['beds']:.0f} beds, or "
        f"{last['need_lost_share']:.0%} of those who would have come to {last['beds']:.0f}."
    )


def need_in_words(made: Commissioned) -> str:
    """How many children would want such a bed, in a phrase."""
    low, middle, high = np.quantile(made.need.sum(axis=1), [0.1, 0.5, 0.9])
    return f"{middle:.0f} children on a day, eight futures in ten {low:.0f} to {high:.0f}"


def list_judgements(county: RegionRun) -> pd.DataFrame:
    """The judgements drawn here: judgement (what it is of), value, low, high, source."""
    held = held_judgements(county.judgements, [IN_HOMES, FOR_SUCH_BEDS, USABLE])
    rows = [(one.unit, f"{one.value:.1%}", f"{one.low:.1%}", f"{one.high:.1%}", one.source) for one in held.values()]
    return pd.DataFrame(rows, columns=["judgement", "likeliest", "low_end", "high_end", "source"])


def _turned_away(one: beds.Filled, made: Commissioned) -> float:
    """Of all who come for a bed in all futures, the share that finds none."""
    need = made.need.sum(axis=1)
    return float((one.turned_away * need).sum() / need.sum())


def _middle(one: beds.Filled) -> float:
    return float(np.median(one.at_a_moment))


def _judged(county: RegionRun, name: str) -> Numbers:
    """A judgement, draw by draw."""
    held = held_judgements(county.judgements, [name])[name]
    return draw_judgement(held, name, county.settings.draws, county.settings.seed)


def _sizes(asked: str) -> tuple[int, ...]:
    """Numbers of beds from a parameter."""
    parts = [part.strip() for part in asked.split(",") if part.strip()]
    sizes = tuple(int(part) for part in parts if part.isdigit())
    if (
        len(sizes) != len(parts)
        or not 1 <= len(sizes) <= MOST_SIZES
        or not all(1 <= each <= MOST_BEDS for each in sizes)
    ):
        raise RegionPlacesError(
            f'{asked!r} are no numbers of beds: give one to {MOST_SIZES} whole numbers from 1 to {MOST_BEDS}: "5, 10".'
        )
    return tuple(sorted(set(sizes)))


def _chosen(county: RegionRun, councils: str) -> list[int]:
    """Places of the councils named, all where none is."""
    wanted = [part.strip() for part in councils.split(",") if part.strip()]
    held = list(county.region.councils.values())
    if unknown := [name for name in wanted if name not in held]:
        raise RegionPlacesError(f"The region has no {', '.join(unknown)}. It has {', '.join(held)}.")
    return [held.index(name) for name in dict.fromkeys(wanted)] or list(range(len(held)))
