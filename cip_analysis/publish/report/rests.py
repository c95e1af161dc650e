"""The page on what the pack rests on: judgements, quality log, data, reconciliation, limits, words, sources, commands.

`render_rests(Rests(cover, …))` gives the page; `assumptions_as_text` the judgements used, for another pack to compare.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from cip_analysis.publish.page import PageSummary
from cip_analysis.publish.report.gathering import Repeated, Source, Used
from cip_analysis.publish.report.glossary import Term
from cip_analysis.publish.report.layout import Cover, Link, lay_out
from cip_analysis.settings import Judgement, Signature

RESTS = "about"
TITLE = "What this pack rests on"
ASSUMPTIONS = "assumptions.csv"
ROLES = {
    "commissioner": "asked for the analysis and uses it",
    "analyst": "did it, and answers for how it was done",
    "assurer": "checked it, and is not the analyst",
    "approver": "signs that it may be used",
}
HEADINGS = (
    ("assumptions", "Assumptions used"),
    ("quality", "Who answers for it"),
    ("data-quality", "How good the data are"),
    ("reconciliation", "Reconciliation"),
    ("limitations", "Limitations"),
    ("disclosure", "What is withheld, and why"),
    ("sources", "Sources"),
    ("glossary", "Words explained"),
    ("since", "What changed since the last pack"),
    ("again", "How to make it again"),
)


@dataclass(frozen=True, slots=True)
class Answerable:
    """One AQuA role, and who has signed for it, or that nobody has."""

    role: str
    duty: str
    signature: Signature


@dataclass(frozen=True, slots=True)
class Withheld:
    """How much is withheld: headings, a row a page, and the reasons for which nothing is."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    unmet: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Rests:
    """What the page is made of.

    unused: how many judgements of the file no page asked for. treatments, reconciliation: tables of other pages.
    statement: how much each notebook withholds and why, as protection.pack_wide.statement; none if it is not known.
    changes: the page on what moved since the last pack; none where the pack names no earlier one. facts: name and
    words of each line of how it was made. commands: to make it again, a line each.
    """

    cover: Cover
    pages: tuple[PageSummary, ...]
    used: tuple[Used, ...]
    unused: int
    quality: tuple[Signature, ...]
    treatments: tuple[Repeated, ...]
    reconciliation: tuple[Repeated, ...]
    limits: tuple[Repeated, ...]
    sources: tuple[Source, ...]
    terms: tuple[Term, ...]
    rule: str
    statement: pd.DataFrame | None
    changes: Link | None
    facts: tuple[tuple[str, str], ...]
    commands: tuple[str, ...]


def render_rests(rests: Rests) -> str:
    """The page, whole. Raises PageError where it weighs too much."""
    return lay_out(
        "about.html.j2", rests.cover, heading=TITLE, rests=rests, headings=HEADINGS,
        answerable=_answerable(rests.quality), withheld=_withheld(rests),
        notes=[said for page in rests.pages for said in page.data_quality],
    )  # fmt: skip


def _answerable(quality: Sequence[Signature]) -> list[Answerable]:
    """Every AQuA role, those the pack does not name too: a role left out is a role nobody has signed for."""
    signed = {signature.role: signature for signature in quality}
    return [Answerable(role, duty, signed.get(role, Signature(role=role))) for role, duty in ROLES.items()]  # type: ignore[call-overload]


def _withheld(rests: Rests) -> Withheld | None:
    """The statement in words; none where there is none. A reason for which nothing is withheld has no column."""
    if rests.statement is None:
        return None
    statement = rests.statement.set_index("notebook")
    reasons = [str(name) for name in statement.columns if name not in ("cells", "withheld")]
    met = [name for name in reasons if statement[name].any()]
    titles = {page.href.removesuffix(".html"): page.title for page in rests.pages} | {"all": "Whole pack"}
    shown = statement[["cells", "withheld", *met]]
    rows = [(titles.get(str(name), str(name)), *(f"{count:,}" for count in row))
            for name, row in zip(shown.index, shown.to_numpy(dtype="int64").tolist(), strict=True)]  # fmt: skip
    unmet = tuple(name[0].lower() + name[1:] for name in reasons if name not in met)
    return Withheld(("Page", "Cells", "Withheld", *met), tuple(rows), unmet)


def assumptions_as_text(used: Sequence[Used]) -> str:
    """The judgements used as comma-separated values, for another pack to be compared with."""
    names = [name for name in Judgement.model_fields if name != "value"]
    written = io.StringIO(newline="")
    lines = csv.writer(written, lineterminator="\n")
    lines.writerow(["name", "value", *names])
    for one in used:
        told = one.judgement.model_dump(mode="json")
        lines.writerow([one.name, *(told[name] for name in ("value", *names))])
    return written.getvalue()
