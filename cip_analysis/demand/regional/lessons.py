"""What the panel teaches of regions and their councils at each origin: enough to forecast without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cip_analysis.demand.accuracy.scores import Numbers
from cip_analysis.demand.national.drivers import tell_drivers
from cip_analysis.demand.national.estimates import ESTIMATE_COLUMNS, lessons_of
from cip_analysis.demand.national.methods import drivers, missed_by
from cip_analysis.demand.national.panel import FEWEST_CHILDREN, Panel, panel_at
from cip_analysis.demand.regional.joining import add_regions, join_parts, members_known
from cip_analysis.demand.regional.reconcile import council_weights, shrunk_covariance
from cip_analysis.demand.regional.together import shared_terms
from cip_analysis.records import Comparators
from cip_analysis.region_settings import Joined

LESSON_COLUMNS = ("origin", "area_code", "term", "value")
PAST_WEIGHT = "weight by past errors"
SHRUNK = "correlations drawn to nought by"


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """What one origin teaches.

    regional: rows of ESTIMATE_COLUMNS, learned on whole regions, with what councils' errors share. areas: rows of
    LESSON_COLUMNS: the drivers of every council and region as known at the origin, each council's weight by past
    errors and, of a region, how far their correlations were drawn to nought. panel: of authorities, joined. members:
    by region.
    """

    regional: pd.DataFrame
    areas: pd.DataFrame
    panel: Panel
    members: Mapping[str, tuple[str, ...]]


def teach(figures: Comparators, regions: Mapping[str, Sequence[str]], joined: Sequence[Joined], origin: int) -> Taught:
    """Everything that one origin teaches, from the panel as known then.

    regions: a region's code -> its members' codes, as joined. A member with fewer than FEWEST_CHILDREN in any year is
    left out of its region. Raises PanelError, DriverError or JoiningError where too little is known.
    """
    panel = join_parts(panel_at(figures, origin), joined)
    members = {code: members_known(panel, names, FEWEST_CHILDREN) for code, names in regions.items()}
    whole = add_regions(panel, members)
    regional = [*lessons_of(whole), *shared_terms(panel, members, whole)]
    told = pd.DataFrame(regional, columns=list(ESTIMATE_COLUMNS))
    areas = [*_drivers_of(panel, members), *_drivers_of(whole, {code: (code,) for code in members})]
    areas += [row for code, names in members.items() for row in _weights(panel, whole, code, names)]
    listed = pd.DataFrame(areas, columns=list(LESSON_COLUMNS))
    return Taught(
        told[told["value"].notna()].reset_index(drop=True), listed[listed["value"].notna()].reset_index(drop=True),
        panel, members,
    )  # fmt: skip


def past_errors(panel: Panel, whole: Panel, region: str, members: Sequence[str]) -> Numbers:
    """One-year errors of a region and its councils, in children: a start year a row, the region first.

    Only start years that all of them know. They are errors of the rule as learned at the origin, as those of a fitted
    model are.
    """
    parts = [(whole, region), *((panel, code) for code in members)]
    columns = []
    for held, code in parts:
        missed = missed_by(held, drivers(held, 1), 1)
        columns.append((missed * held.children[missed.columns]).loc[code].to_numpy(dtype="float64"))
    errors = np.column_stack(columns)
    return np.asarray(errors[np.isfinite(errors).all(axis=1)])


def _weights(panel: Panel, whole: Panel, region: str, members: Sequence[str]) -> list[tuple[int, str, str, float]]:
    """Each council's weight by the region's past errors, and how far their correlations were drawn to nought."""
    covariance, drawn = shrunk_covariance(past_errors(panel, whole, region, members))
    weights = council_weights(covariance)
    rows = [(panel.origin, code, PAST_WEIGHT, float(weight)) for code, weight in zip(members, weights, strict=True)]
    return [*rows, (panel.origin, region, SHRUNK, drawn)]


def _drivers_of(panel: Panel, members: Mapping[str, Sequence[str]]) -> list[tuple[int, str, str, float]]:
    """The drivers of every member at the origin."""
    told = tell_drivers(panel)
    return [
        (panel.origin, code, name, float(values[panel.origin].astype("float64").to_dict()[code]))
        for names in members.values()
        for code in names
        for name, values in told.items()
    ]
