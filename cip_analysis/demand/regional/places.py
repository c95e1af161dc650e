"""Places in children's homes across a region beside the children expected to need one.

Homes are counted where they stand, children by the council that looks after them: most children in homes live outside
their own council's boundary, so a place in a council is not a place for it. Choices:
docs/decisions/0038-the-region-together.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cip_analysis.demand.accuracy.scores import Numbers
from cip_analysis.region_settings import Joined

COUNCIL_RUN = "Local authority"
OWN, OTHERS = "council_run_places", "other_places"
ENDS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}


class PlacesError(ValueError):
    """Places and children cannot be set beside each other."""


def count_places(homes: pd.DataFrame, councils: Mapping[str, str], joined: Sequence[Joined], year: int) -> pd.DataFrame:
    """Homes and places on 31 March `year`, a council a row in their order: homes, OWN, OTHERS and places.

    homes: columns of returns.reference.regions.HOME_COLUMNS. A council without a home is nought. Raises PlacesError
    for a year that is not held.
    """
    called = {part: one.code for one in joined for part in one.parts}
    there = homes[homes["year"] == year]
    if there.empty:
        held = f"{homes['year'].min()} to {homes['year'].max()}" if len(homes) else "none"
        raise PlacesError(f"No children's homes are held for 31 March {year}, but {held}. Add that year's rows.")
    coded = there.assign(code=there["area_code"].replace(called), own=there["sector"] == COUNCIL_RUN)
    sums = coded.pivot_table(index="code", columns="own", values="places", aggfunc="sum", fill_value=0)
    table = sums.reindex(index=list(councils), columns=[True, False], fill_value=0).set_axis([OWN, OTHERS], axis=1)
    counted = coded.groupby("code")["homes"].sum().reindex(list(councils), fill_value=0)
    return table.assign(homes=counted, places=table[OWN] + table[OTHERS])[["homes", OWN, OTHERS, "places"]]


def children_in_homes(looked_after: Numbers, share: Numbers) -> Numbers:
    """Children expected in homes in each draw, draws x councils. share: of children looked after, by draw."""
    return looked_after * share[:, None]


def beside_places(places: pd.DataFrame, in_homes: Numbers) -> pd.DataFrame:
    """Places beside the children expected in homes, a council a row and the region last, by code.

    places: as `count_places` gives it. in_homes: draws x councils, in its order. Columns: those of places, p10, p50 and
    p90 of children, and places_per_child at the median. The region's are of the draws' sums, not the sums of ends.
    """
    both = np.column_stack([in_homes, in_homes.sum(axis=1)])
    whole = places.sum().to_frame().T.set_axis([""], axis=0)
    told = pd.concat([places, whole])
    ends = {name: np.quantile(both, level, axis=0) for name, level in ENDS.items()}
    return told.assign(**ends, places_per_child=told["places"] / ends["p50"])
