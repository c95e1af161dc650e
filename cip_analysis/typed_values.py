"""Values that settings files hold as text, refused where they are not what they should be."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator


def _a_financial_year(typed: str) -> str:
    """The text of a financial year as this house types it; ValueError for two years that do not follow each other."""
    first, _, last = typed.partition("-")
    if not re.fullmatch(r"\d{4}-\d{2}", typed) or (int(first) + 1) % 100 != int(last):
        raise ValueError(f"{typed} is not a financial year: write it as 2017-18")
    return typed


FinancialYear = Annotated[str, AfterValidator(_a_financial_year)]


def contrast_with_white(colour: str) -> float:
    """How far a colour written #12436D stands from white: 1 for white itself, 21 for black. Source: WCAG 2.2, 1.4.3.

    >>> round(contrast_with_white("#12436D"), 1)
    10.2
    """
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


def _a_readable_colour(typed: str) -> str:
    """A colour that white can be read on; ValueError for one that it cannot, or that is none."""
    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", typed):
        raise ValueError(f"{typed} is not a colour: write # and six digits or letters from A to F, as #12436D")
    if (contrast := contrast_with_white(typed)) < 4.5:
        raise ValueError(f"white on {typed} has a contrast of {contrast:.1f} to 1; take a shade dark enough for 4.5")
    return typed


Colour = Annotated[str, AfterValidator(_a_readable_colour)]
