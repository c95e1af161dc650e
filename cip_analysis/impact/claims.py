"""What a report claimed, beside what the data say: one row a claim, its difference, and why.

The claims are a settings file (config/claims); how each is checked is in `impact.claim_checks`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import date
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field

from cip_analysis.impact.claim_checks import CHECKS
from cip_analysis.impact.claim_evidence import AGREES, DIFFERS, NO_DATA, NONE_HELD, STATUSES, UNCHECKED, Evidence, Found
from cip_analysis.settings import Settings

COLUMNS = (
    "claim", "paragraph", "stated", "found", "difference", "unit", "why", "source", "status", "what_would_settle_it",
    "matters", "reading",
)  # fmt: skip


class ClaimsError(ValueError):
    """A claim asks for a check nobody has written, or gives it less than it needs."""


class Claim(Settings):
    """One thing a report states, in our own words, and how it is to be checked.

    stated: the figure, blank where the claim has none. tolerance: how far off still agrees; blank is half of the
    last digit stated. check: a name in claim_checks.CHECKS; at: what that check needs to know.
    settled_by: what would decide it where the data held cannot. matters: its place among the claims that matter most
    to a decision, nought for the rest; reading: what it means for that decision if its status is `reading_when`.
    """

    key: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    paragraph: Annotated[int, Field(gt=0)]
    claim: str
    stated: float | None = None
    unit: str = ""
    tolerance: Annotated[float, Field(ge=0)] | None = None
    check: str
    at: Mapping[str, str | int | float] = Field(default_factory=dict)
    settled_by: str = ""
    notes: str = ""
    matters: Annotated[int, Field(ge=0)] = 0
    reading: str = ""
    reading_when: Literal["agrees", "differs"] = "differs"


class Claims(Settings):
    """The claims of one report."""

    report: str
    meeting: str
    day: date
    claims: tuple[Claim, ...]


def reconcile_claims(claims: Claims, evidence: Evidence) -> pd.DataFrame:
    """Every claim beside what the data held say of it, in the report's order.

    Columns: claim, paragraph, stated, found, difference (found - stated), unit, why, source, status (one of
    STATUSES), what_would_settle_it, matters, reading (blank unless the claim came out as the reading supposes).
    `found` is blank where nothing held speaks to the claim.
    Counts from the council's own returns are rounded by the disclosure rule of `evidence` before they get here.
    Raises ClaimsError naming a check that does not exist, or what a check was not told.
    """
    ordered = sorted(claims.claims, key=lambda claim: claim.paragraph)
    table = pd.DataFrame([_row(claim, evidence) for claim in ordered], columns=list(COLUMNS))
    return table.astype({"stated": "float64", "found": "float64", "difference": "float64"})


def claims_in_words(reconciled: pd.DataFrame) -> pd.DataFrame:
    """The reconciliation for a page: figures with their units, the paragraph with its claim, the source with its why.

    Columns: claim, report_says, data_say, difference, why (and, where the data held cannot check the claim, what
    would settle it), status.
    """
    units = reconciled["unit"]
    blanks = {"stated": "in words", "found": "nothing held", "difference": "not measured"}
    written = {
        name: [_written(value, unit, blank, signed=name == "difference")
               for value, unit in zip(reconciled[name], units, strict=True)]
        for name, blank in blanks.items()
    }  # fmt: skip
    says = pd.Series(written["found"], index=reconciled.index)
    table = reconciled.assign(
        claim=reconciled["claim"] + " (paragraph\N{NO-BREAK SPACE}" + reconciled["paragraph"].astype("str") + ")",
        report_says=written["stated"],
        data_say=says.mask(reconciled["found"].isna() & (reconciled["status"] != UNCHECKED), "see why"),
        difference=written["difference"],
        why=[_reasons(row) for row in reconciled.to_dict("records")],
    )
    return table[["claim", "report_says", "data_say", "difference", "why", "status"]]


def _reasons(row: dict[Hashable, object]) -> str:
    """Why, with its source, and what would settle a claim that the data held cannot check."""
    parts = [] if row["why"] == NO_DATA else [str(row["why"])]
    if row["source"] != NONE_HELD:
        parts.append(f"Source: {row['source']}.")
    if row["status"] == UNCHECKED and row["what_would_settle_it"]:
        parts.append(f"What would settle it: {row['what_would_settle_it']}.")
    return " ".join(parts)


def what_matters_most(reconciled: pd.DataFrame) -> pd.DataFrame:
    """The claims that matter most to a decision and came out as their reading supposes, in that order, for a page.

    Columns: what_it_means, claim, report_says, data_say.
    """
    read = reconciled[reconciled["reading"] != ""].sort_values("matters")
    named = claims_in_words(read).assign(what_it_means=read["reading"])
    return named[["what_it_means", "claim", "report_says", "data_say"]]


def count_statuses(reconciled: pd.DataFrame) -> dict[str, int]:
    """How many claims have each status, noughts included."""
    counts = reconciled["status"].value_counts()
    return {status: int(counts.get(status, 0)) for status in STATUSES}


def _row(claim: Claim, evidence: Evidence) -> dict[str, object]:
    if claim.check not in CHECKS:
        raise ClaimsError(f"{claim.key}: no check is called {claim.check!r}. It is one of {', '.join(sorted(CHECKS))}.")
    try:
        found = CHECKS[claim.check](claim.at, claim.stated, evidence)
    except KeyError as missing:
        raise ClaimsError(f"{claim.key}: the check {claim.check} needs {missing} under `at`.") from None
    status = found.status or _status(claim, found)
    return {
        "claim": claim.claim,
        "paragraph": claim.paragraph,
        "stated": claim.stated,
        "found": found.value,
        "difference": _difference(claim, found),
        "unit": claim.unit,
        "why": f"{found.why} {claim.notes}".strip(),
        "source": found.source,
        "status": status,
        "what_would_settle_it": claim.settled_by,
        "matters": claim.matters,
        "reading": claim.reading if status == claim.reading_when else "",
    }


def _difference(claim: Claim, found: Found) -> float | None:
    if claim.stated is None or found.value is None:
        return None
    gap = found.value - claim.stated
    return 0.0 if abs(gap) <= found.rounding / 2 else gap


def _status(claim: Claim, found: Found) -> str:
    """Agrees within the tolerance, and within the rounding that disclosure put on what was found."""
    if claim.stated is None or found.value is None:
        return UNCHECKED
    tolerance = half_last_digit(claim.stated) if claim.tolerance is None else claim.tolerance
    gap = abs(found.value - claim.stated)
    return AGREES if gap <= max(tolerance, found.rounding / 2) + 1e-9 else DIFFERS


def half_last_digit(stated: float) -> float:
    """Half of one in the last digit a figure was stated to.

    >>> half_last_digit(51), half_last_digit(40.5), half_last_digit(6.47)
    (0.5, 0.05, 0.005)
    """
    text = f"{stated:g}"
    places = len(text.split(".")[1]) if "." in text else 0
    return float(0.5 / 10**places)


def _written(value: float, unit: str, blank: str, signed: bool) -> str:
    """A figure with its unit, as a reader says it; `blank` where there is none."""
    if pd.isna(value):
        return blank
    if unit == "year":
        return f"{value:.0f}"
    places = next(digits for digits in (0, 1, 2) if digits == 2 or abs(value - round(value, digits)) < 0.005)
    if "million" not in unit:
        places = min(places, 1)
    if signed and abs(value) < 0.5 / 10**places:
        return "0"
    sign = "−" if value < 0 else "+" if signed else ""
    if unit == "£ million":
        return f"{sign}£{abs(value):,.{places}f}m"
    if abs(value) == 1:
        unit = unit.removesuffix("s")
    return f"{sign}{abs(value):,.{places}f}{'' if unit.startswith('%') else ' '}{unit}".strip()
