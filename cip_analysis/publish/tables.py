"""Released tables, charts and sentences as they stand on a page.

    table(stock, "Children looked after on 31 March by setting")
    exhibit(picture, stock, caption="Children looked after by setting", alt="Line chart. In-house foster homes …")
    say("Numbers rose {growth:+.0%} in seven years, to {children:,}.", growth=growth, children=latest)

What these show carries a mark that `page` looks for: a page takes nothing that has not come through here.
"""

from __future__ import annotations

import base64
import io
import numbers
import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from pandas.api import types as kinds
from PIL import Image

from cip_analysis.ledgers import judgements_asked
from cip_analysis.publish.products.columns import places_of, plain_text
from cip_analysis.publish.products.exhibits import EXHIBIT_TYPE, tell
from cip_analysis.publish.words import (
    NOT_AVAILABLE,
    WITHHELD,
    YEAR_COLUMNS,
    capital,
    day_in_words,
    figure_in_words,
    financial_year,
    foot_of,
    in_words,
    is_share,
    unit_of,
)
from cip_analysis.records import Released

MARK = "cip_released"
PIXELS_PER_INCH = 150
COLOURS = 256
WHITE, NEARLY_WHITE = 255, 254
LONG_WORDS = 60
MEANINGS = {WITHHELD: "withheld to protect children's privacy", NOT_AVAILABLE: "not available"}
TYPED_DIGIT = re.compile(r"\d")
DIGITS_ALLOWED = re.compile(
    r"\b(19|20)\d\d(/\d\d)?\b|\b\d{1,2} (January|February|March|April|May|June|July|August|September|October|November"
    r"|December)\b|\bper 10,000\b|\bparagraphs? \d+\b|\b(Table|Figure|section) \d+\b|\bunder 18\b|\b16\+"
)


class TableError(ValueError):
    """An exhibit or a sentence cannot be shown as it was asked for."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Something a notebook shows: its HTML, its words for a reader without pictures, and what it is made from.

    told: an exhibit's released table and words (products/exhibits.py); none for a sentence.
    """

    html: str
    words: str
    kind: str
    as_at: date | None = None
    synthetic: bool = False
    told: Mapping[str, Any] | None = None

    def _repr_mimebundle_(self, **_wanted: object) -> tuple[dict[str, Any], dict[str, Any]]:
        day = self.as_at.isoformat() if self.as_at else ""
        mark = {"kind": self.kind, "synthetic": self.synthetic, "as_at": day, "asked": list(judgements_asked())}
        carried = {EXHIBIT_TYPE: dict(self.told)} if self.told else {}
        return {"text/html": self.html, "text/plain": self.words, **carried}, {MARK: mark}

    def _repr_html_(self) -> str:
        return self.html


def table(released: Released, caption: str) -> Shown:
    """A released table for a page: caption, headings with their scope, [c] for what is withheld, its source beneath.

    Raises TableError where the table is not released, has no rows, or the caption is blank.
    """
    _accept(released, caption)
    body = _table_html(released, caption)
    html = f'<div class="exhibit exhibit-table">{body}{_foot_html(released)}</div>'
    told = tell(released, "table", caption)
    return Shown(html, f"Table: {caption}", "table", released.as_at, released.synthetic, told)


def exhibit(axes: Axes, released: Released, *, caption: str, alt: str) -> Shown:
    """A chart with its words for those who cannot see it, and its numbers folded beneath.

    axes: what a chart function returned for this same table. alt: what the chart shows and its main finding, in
    words. The picture is kept in the page itself.
    Raises TableError where the alt text or caption is missing, or the alt text says nothing but a word or the caption.
    """
    _accept(released, caption)
    if len(alt.split()) < 3 or alt.strip().lower() == caption.strip().lower():
        raise TableError(
            "A chart needs alt text that says what it shows and what it finds, not a single word and not its caption."
        )
    picture = base64.b64encode(_as_png(axes)).decode("ascii")
    html = (
        f'<figure class="exhibit exhibit-figure"><figcaption>{_escaped(caption)}</figcaption>'
        f'<img src="data:image/png;base64,{picture}" alt="{_escaped(alt)}">'
        f'<details class="numbers"><summary>Numbers behind the chart'
        f'<span class="hidden-words">: {_escaped(caption)}</span></summary>'
        f"{_table_html(released, caption)}{_foot_html(released)}</details></figure>"
    )
    told = tell(released, "figure", caption, alt)
    return Shown(html, f"Figure: {caption}. {alt}", "figure", released.as_at, released.synthetic, told)


def nothing(why: str) -> Shown:
    """What stands where an exhibit would be if there were anything to show: a sentence that says why there is not.

    Raises TableError where no reason is given.
    """
    if not why.strip():
        raise TableError("Where there is nothing to show, say why.")
    return Shown(f'<p class="said">{escape(why, quote=False)}</p>', why, "sentence")


def say(template: str, **values: object) -> None:
    """A paragraph with numbers in it, none of them typed: {name} or {name:,.1f} stand where the numbers go.

    values: a number, a date or a few words for every name, and no more. A blank number is said as [c].
    Years, days of a month, "per 10,000" and paragraph numbers may be typed; any other digit is refused.
    Raises TableError naming what is typed, missing, left over, or not a number.
    """
    pieces = list(string.Formatter().parse(template))
    typed = DIGITS_ALLOWED.sub("", "".join(text for text, _name, _how, _as in pieces))
    if found := TYPED_DIGIT.search(typed):
        words = next(word for word in typed.split() if found.group() in word)
        raise TableError(f"{words!r} is typed in the sentence. Let a cell work it out, and name it in braces.")
    named = {name for _text, name, _how, _as in pieces if name is not None}
    if named != set(values):
        missing, extra = sorted(named - set(values)), sorted(set(values) - named)
        raise TableError(f"The sentence lacks {missing or 'nothing'} and does not use {extra or 'nothing'}.")
    sentence = "".join(
        text + (_in_sentence(name, values[name], how or "") if name is not None else "")
        for text, name, how, _as in pieces
    )
    shown = Shown(f'<p class="said">{escape(sentence, quote=False)}</p>', sentence, "sentence")
    bundle, metadata = shown._repr_mimebundle_()
    display(bundle, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]


def _in_sentence(name: str, value: object, how: str) -> str:
    """One value of a sentence, as the template asks for it."""
    if isinstance(value, str):
        return format(plain_text(value), how)
    if isinstance(value, date):
        return format(value, how) if how else day_in_words(value)
    if value is pd.NA or value is None or (isinstance(value, float | np.floating) and np.isnan(value)):
        return WITHHELD
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real):
        raise TableError(f"{name} is {type(value).__name__}; a sentence takes a number, a date or words.")
    try:
        return format(value, how or ",").replace("-", "−")
    except ValueError:
        raise TableError(f"{name} cannot be written as {how!r}.") from None


def _accept(released: Released, caption: str) -> None:
    if not isinstance(released, Released):
        raise TableError(
            f"A table to show must be released, not a {type(released).__name__}. Pass it through `release` first."
        )
    if not caption.strip():
        raise TableError("A table or chart needs a caption.")
    if released.table.empty:
        raise TableError(f"{caption}: there are no rows to show.")


# ---- pictures ---------------------------------------------------------------------------------------------------


def _as_png(axes: Axes) -> bytes:
    """The figure as a small PNG, the same bytes each time: no date, no version, a palette without dithering."""
    figure = axes.get_figure(root=True)
    if figure is None:
        raise TableError("The axes belong to no figure.")
    figure.set_dpi(PIXELS_PER_INCH)
    figure.set_facecolor("white")
    canvas, kept = FigureCanvasAgg(figure), io.BytesIO()
    # Drawn once: `savefig` draws twice, and packs the picture before its colours are counted.
    canvas.draw()  # type: ignore[no-untyped-call]
    drawn: np.ndarray = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    with Image.fromarray(drawn) as picture:
        # By cells of like colours: eight times as quick as by medians, and no dot moves by more than 16 of 255.
        flat = picture.convert("RGB").quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        flat.putpalette([WHITE if part >= NEARLY_WHITE else part for part in flat.getpalette() or []])
        flat.save(kept, format="png", compress_level=6)  # 9 saves a twentieth and takes eight times as long
    return kept.getvalue()


# ---- tables as HTML ---------------------------------------------------------------------------------------------


def _table_html(released: Released, caption: str) -> str:
    """The table in a region that scrolls by itself and can be reached from the keyboard."""
    label = _escaped(f"Table, scrolls sideways: {caption}")
    head = "".join(_head(name, released) for name in released.table.columns)
    body = "".join(f"<tr>{row}</tr>" for row in _rows(released))
    kind = ' class="wordy"' if _is_wordy(released.table) else ""
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{label}"><table{kind}>'
        f"<caption>{_escaped(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _is_wordy(shown: pd.DataFrame) -> bool:
    """Whether a table holds sentences beside other columns, and so needs room to be read on a phone."""
    words = shown.select_dtypes(["object", "string"])
    return shown.shape[1] > 1 and bool(words.map(lambda cell: len(str(cell)) > LONG_WORDS).to_numpy().any())


def _head(name: str, released: Released) -> str:
    column = released.table[name]
    words, unit = in_words(name), unit_of(name, released) if _is_figures(name, column) else ""
    unit = "" if unit != "%" and unit.lower() in words.lower() else unit
    said = _escaped(words) + (f' <span class="unit">({escape(unit)})</span>' if unit else "")
    figures = ' class="figures"' if _is_figures(name, column) else ""
    return f'<th scope="col"{figures}>{said}</th>'


def _is_figures(name: str, column: pd.Series) -> bool:
    """Whether a column holds figures, and not years or words."""
    return kinds.is_numeric_dtype(column) and not kinds.is_bool_dtype(column) and name not in _YEARS


_YEARS = YEAR_COLUMNS | {"financial_year"}


def _rows(released: Released) -> Iterator[str]:
    cells = [_cells(released, name) for name in released.table.columns]
    heads = _row_heads(released.table)
    for row in zip(*cells, strict=True):
        yield "".join(
            f'<th scope="row">{words}</th>' if place < heads else f"<td{_class_of(words, figures)}>{words}</td>"
            for place, (words, figures) in enumerate(row)
        )


def _class_of(words: str, figures: bool) -> str:
    if words in MEANINGS:
        return ' class="figures marked"'
    return ' class="figures"' if figures else ""


def _row_heads(shown: pd.DataFrame) -> int:
    """How many leading columns name the rows: the first, unless it holds figures."""
    first = str(shown.columns[0])
    return 0 if _is_figures(first, shown[first]) else 1


def _cells(released: Released, name: str) -> list[tuple[str, bool]]:
    """A column's cells in words, each with whether it is a figure."""
    column, withheld = released.table[name], released.withheld[name]
    if not _is_figures(name, column):
        return [(WITHHELD if hidden else _label(name, value), False)
                for value, hidden in zip(column, withheld, strict=True)]  # fmt: skip
    known = column.to_numpy(dtype=float, na_value=np.nan) * (100 if is_share(name) else 1)
    places = places_of(name, released)
    return [
        (WITHHELD if hidden else NOT_AVAILABLE if np.isnan(value) else figure_in_words(value, places), True)
        for value, hidden in zip(known, withheld, strict=True)
    ]


def _label(name: str, value: object) -> str:
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return NOT_AVAILABLE
    if name == "financial_year" and isinstance(value, numbers.Integral):
        return financial_year(int(value))
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, date):
        return f"{value:%B %Y}" if name == "month" else day_in_words(value)
    return _escaped(capital(value))


def _escaped(words: str) -> str:
    """Words for a page: on one line, without marks that control how others are read, and nothing in them is a tag."""
    return escape(plain_text(words))


def _foot_html(released: Released) -> str:
    """Source, day and rule, and what the marks mean where there are any."""
    blank = (released.table.isna() & ~released.withheld).to_numpy().any()
    marks = [mark for mark, used in ((WITHHELD, released.withheld_count > 0), (NOT_AVAILABLE, bool(blank))) if used]
    key = "".join(f'<p class="key"><b>{mark}</b> {MEANINGS[mark]}</p>' for mark in marks)
    return f'{key}<p class="source">{_escaped(foot_of(released))}</p>'
