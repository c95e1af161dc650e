"""The words that the analyst writes for a pack's front page: purpose, recommendations, risks, timetable, background.

They stand in a file of their own (`report` in the pack's settings), because no notebook can recommend. Each
recommendation names the exhibit or page it rests on; one that is not there stops the pack. Until somebody confirms the
file, with name and day, everything in it is marked as a draft (docs/decisions/0028-the-pages.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from cip_analysis.publish.report.layout import Link, PageError
from cip_analysis.publish.report.references import Places, find_place
from cip_analysis.settings import Settings, read_settings

Text = Annotated[str, Field(min_length=1)]
Level = Literal["low", "medium", "high"]


class Recommendation(Settings):
    """One thing recommended: who is to decide it and when, why, and on which exhibits or pages it rests."""

    recommendation: Text
    reason: Text
    decides: Text
    when: Text
    evidence: Annotated[tuple[str, ...], Field(min_length=1)]


class Risk(Settings):
    """One line of the risk register."""

    risk: Text
    likelihood: Level
    effect: Level
    mitigation: Text
    owner: Text
    evidence: tuple[str, ...] = ()


class Step(Settings):
    """One line of the timetable."""

    when: Text
    what: Text


class ReportWords(Settings):
    """All of it. Left blank, a part says that there is none.

    confirmed_by, confirmed: who stands by these words and since when; both or neither. purpose, resources, background:
    paragraphs. resource_pages: notebooks whose findings are told under resource implications.
    """

    confirmed_by: str = ""
    confirmed: date | None = None
    purpose: tuple[Text, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()
    risks: tuple[Risk, ...] = ()
    resources: tuple[Text, ...] = ()
    resource_pages: tuple[str, ...] = ()
    timetable: tuple[Step, ...] = ()
    background: tuple[Text, ...] = ()

    @property
    def is_blank(self) -> bool:
        """Whether nothing is written."""
        return not any(getattr(self, name) for name in type(self).model_fields)

    @model_validator(mode="after")
    def _confirmed_by_somebody(self) -> ReportWords:
        if bool(self.confirmed_by) != (self.confirmed is not None):
            raise ValueError("words are confirmed by somebody on a day: give confirmed_by and confirmed, or neither")
        return self


def read_report_words(root: Path, name: str) -> ReportWords:
    """The words in a file of the project; none where the pack names no file.

    Raises SettingsError naming the file and every key at fault.
    """
    return read_settings(root / name, ReportWords) if name else ReportWords()


def find_evidence(targets: Iterable[str], places: Places, what: str) -> tuple[Link, ...]:
    """The links that evidence means. what: the line it stands in, to name in PageError where one leads nowhere."""
    try:
        return tuple(find_place(target, places) for target in targets)
    except PageError as error:
        raise PageError(f"{what}: {error} Correct its evidence in the report's file, or add the page.") from None
