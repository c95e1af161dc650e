"""What every page of a pack has around it: its banner, its colours, its way round the pack, and its style sheet.

    html = lay_out("page.html.j2", cover, heading="Demand forecast", body=body, …)

The same parts give the same bytes. Source: WCAG 2.2 AA (Public Sector Bodies Accessibility Regulations 2018).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from cip_analysis.publish.words import day_in_words

TEMPLATES = Path(__file__).parents[1] / "template"
MOST_BYTES = 1_500_000
AUDIENCES = {"public": "Public version", "exempt": "Exempt version, not for publication"}
COLOUR = "#12436D"


class PageError(ValueError):
    """A notebook cannot become a page: what it shows did not come through the door, or cannot be read by everyone."""


@dataclass(frozen=True, slots=True)
class Link:
    """One place in the pack, as another links to it."""

    href: str
    words: str


@dataclass(frozen=True, slots=True)
class Cover:
    """What every page says about its pack. colour: the council's, on which white is readable (settings.Council)."""

    title: str
    council: str
    meeting: str
    status: str
    audience: str
    as_at: date | None
    synthetic: bool
    run_id: str
    code_version: str
    colour: str = COLOUR

    @property
    def audience_in_words(self) -> str:
        """Who may read it."""
        return AUDIENCES[self.audience]


def lay_out(template: str, cover: Cover, **parts: object) -> str:
    """One page from its template, whole.

    parts: what the template asks for; its `heading` names the page. Raises PageError where it weighs more than 1.5 MB.
    """
    said = [cover.council, cover.status.upper(), cover.audience_in_words]
    head = [*(["SYNTHETIC: invented data, not real children"] if cover.synthetic else []), *said]
    css = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    written = _environment().get_template(template)
    page = written.render(**parts, cover=cover, css=Markup(css), print_head=_css_text(" · ".join(head)))  # noqa: S704
    if (size := len(page.encode("utf-8"))) > MOST_BYTES:
        heading = parts.get("heading")
        raise PageError(f"{heading}: the page weighs {size / 1e6:.1f} MB, more than 1.5. Show fewer or smaller charts.")
    return page


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    environment.filters.update(day=day_in_words, css_text=_css_text, css_colour=_css_colour)
    return environment


def _css_colour(colour: str) -> Markup:
    """A colour as the style sheet takes it, and nothing else. Raises PageError where it is no such colour."""
    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", colour):
        raise PageError("The council's colour is written as # and six digits or letters from A to F, as #12436D.")
    return Markup(colour)  # noqa: S704  (letters and digits alone)


def _css_text(words: str) -> Markup:
    """Words inside a quoted string of the style sheet: letters, figures and plain punctuation only."""
    return Markup(re.sub(r"[^\w\s.,:;()·–&'’-]", "", words))  # noqa: S704  (nothing is left that could end a string)
