"""What stands in for a council's returns before it has loaded any: records with no rows, and the day they are as at."""

from __future__ import annotations

from datetime import date

from cip_analysis.contracts import empty_table
from cip_analysis.ledgers import Findings, Treatments
from cip_analysis.records import EPISODE_COLUMNS, LEGAL_COLUMNS, Comparators, Episodes, Returns
from cip_analysis.returns.published import LOOKED_AFTER, PublishedError
from cip_analysis.settings import Council

LINE = {"CHILD": "text?", "file": "text", "row": "whole", "year": "whole"}


def no_returns(day: date) -> Returns:
    """Returns in which nothing was sent, as at a day."""
    return Returns({"episodes": empty_table(LINE)}, day, Findings.of([]), Treatments.of([]))


def no_episodes(day: date) -> tuple[Episodes, Treatments]:
    """The histories of no children, as at a day, and a ledger of nothing."""
    return Episodes(empty_table(EPISODE_COLUMNS), empty_table(LEGAL_COLUMNS), day), Treatments.of([])


def last_published(comparators: Comparators, council: Council, note: str = "") -> date:
    """The last 31 March at which the council's children looked after were published.

    note: what is known of its boundaries, for the message.
    Raises PublishedError where they never were.
    """
    counted = comparators.table[comparators.table["measure"].eq(LOOKED_AFTER) & comparators.table["value"].notna()]
    own = counted[counted["area_code"].eq(council.la_code)]
    if own.empty:
        raise PublishedError(
            f"No published count of {council.name}'s children looked after is held, and none of its returns: there is "
            f"nothing to tell yet. {note}{' ' if note else ''}Name a newer file under `published` in the run's "
            "settings (data/reference/README.md), or load the council's returns."
        )
    return date(int(own["year"].max()), 3, 31)
