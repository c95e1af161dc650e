"""What makes a bed of the council's own comparable with one that is bought, and what others published of the two."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from cip_analysis.money.homes import break_even_from_unit_cost, say_break_even


@dataclass(frozen=True, slots=True)
class PublishedPair:
    """What somebody published of a week in homes of its own and a week bought, and how we read it.

    own_gbp, external_gbp: £ a child-week. at_occupancy: what own_gbp is understood to be reckoned at: `reading` says
    whether it was stated or is ours.
    """

    area: str
    year: str
    own_gbp: float
    external_gbp: float
    at_occupancy: float
    reading: str

    @property
    def break_even(self) -> float:
        """Break-even occupancy, all of the unit cost taken as fixed."""
        return break_even_from_unit_cost(self.own_gbp, self.at_occupancy, self.external_gbp)


PER_BED = "our reading: it is a cost per bed, as if every one were filled"
PUBLISHED = (
    PublishedPair("England", "2018/19", 4_750, 3_970, 0.85, "stated: homes 85% full"),
    PublishedPair("Lincolnshire", "2024/25", 4_083, 6_147, 1.0, PER_BED),
    PublishedPair("Derbyshire", "not stated", 3_642, 6_744, 1.0, PER_BED),
)
"""Each in the prices of its own year. Their break-evens are published as 102%, 66% and 54%."""


def published_table() -> pd.DataFrame:
    """Published weeks in homes of one's own beside weeks bought, with break-even occupancies: all plain.

    Columns area, year, own_weekly_cost_gbp, external_weekly_price_gbp, at_occupancy_share, break_even_share, verdict,
    how_read.
    """
    rows = [
        (pair.area, pair.year, pair.own_gbp, pair.external_gbp, pair.at_occupancy, pair.break_even,
         say_break_even(pair.break_even), pair.reading)
        for pair in PUBLISHED
    ]  # fmt: skip
    columns = ["area", "year", "own_weekly_cost_gbp", "external_weekly_price_gbp", "at_occupancy_share",
               "break_even_share", "verdict", "how_read"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def same_basis_table() -> pd.DataFrame:
    """What is in a fee and in a bed of the council's own, so that the two are compared like with like: all plain.

    Columns what, in_a_fee, in_a_bed_of_our_own.
    """
    rows = [
        ("Care staff, day and night", "in", "in"),
        ("Managers and overheads", "in: the provider's", "in: the service's and the council's"),
        ("Food, clothing, activities", "in", "in: the part that goes with each child"),
        ("Beds left empty", "in: spread over the provider's fees", "in: fixed costs are spread over weeks lived there"),
        ("The building", "in: rent or capital", "in: a yearly charge on its capital, owned or not"),
        ("Profit", "in, where there is one", "none"),
        ("Education and therapy on the site", "in where the fee holds them, less what schools and health pay", "out"),
        ("Social work and reviews", "out: the council pays them either way", "out: the council pays them either way"),
        ("Finding and watching over places", "out: small, the council pays", "in overheads: inspection and the like"),
        ("Value added tax", "none is added: care by a registered provider is exempt, so what providers cannot recover "
         "is in the fee", "none: councils recover it on what they buy for a home"),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["what", "in_a_fee", "in_a_bed_of_our_own"])
