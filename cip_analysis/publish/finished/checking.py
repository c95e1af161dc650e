"""The audit of a finished pack: the same numbers everywhere, nothing withheld that can be worked out, nobody named.

    audit = audit_pack(folder, exhibits, rule, secrets)      # raises AuditError, and the pack is not put in its place

It reads what a reader has, the finished files, and the exhibits only to know which cells are withheld.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cip_analysis.publish.finished.agreement import compare, is_figures
from cip_analysis.publish.finished.attack import attack_sums, system_of
from cip_analysis.publish.finished.grids import read_grids
from cip_analysis.publish.finished.listed import attack_listed
from cip_analysis.publish.finished.passages import passages_of
from cip_analysis.publish.finished.products import attack_products
from cip_analysis.publish.finished.reading import ReadingError, formats_there, read_tables
from cip_analysis.publish.finished.secrets import Secrets, search
from cip_analysis.publish.finished.sums import find_sums
from cip_analysis.publish.products.exhibits import Exhibit
from cip_analysis.publish.protection.earlier import EarlierError
from cip_analysis.settings import Disclosure

MOST_TOLD = 12
REFUSED = "The finished pack was not put in its place."


class AuditError(ValueError):
    """A finished pack may not go out: its files disagree, give something away, or name somebody."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What the audit of a pack looked at, all of it found well.

    tables: how many exhibits were read back from each format. cells: compared with what was released. withheld: cells
    marked [c]. tried: withheld cells, on the pages and in the pack's own list, that were tried. sums: found among the
    figures. secrets: values searched for; passages: the texts they were searched for in.
    """

    tables: dict[str, int]
    cells: int
    withheld: int
    tried: int
    sums: int
    secrets: int
    passages: int

    @property
    def in_words(self) -> str:
        """The audit as the pack says it."""
        read = ", ".join(f"{number} from {kind}" for kind, number in self.tables.items()) or "none"
        return (
            f"Every table was read back from the finished files ({read}) and {self.cells:,} cells agreed with what was "
            f"released. {self.withheld:,} cells are withheld; each was tried with {self.sums:,} sums found among the "
            f"figures, and with products and ratios: none could be worked out. {self._search}"
        )

    @property
    def _search(self) -> str:
        if not self.secrets:
            return "No return or payment was read, so there was no identifier to search for."
        return (
            f"{self.secrets:,} identifiers, birth dates, postcodes, pupil numbers and names were searched for in "
            f"{self.passages:,} texts of the files: none was found."
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """The half of an audit that is about figures; the names are those of Audit."""

    tables: dict[str, int]
    cells: int
    withheld: int
    tried: int
    sums: int


@dataclass(frozen=True, slots=True)
class Searched:
    """Files in which no secret was found. files: place in the pack -> SHA-256. passages: how many texts they hold."""

    files: Mapping[str, str]
    passages: int


def audit_pack(folder: Path, exhibits: Sequence[Exhibit], rule: Disclosure, secrets: Secrets) -> Audit:
    """What the audit of a finished folder looked at: its figures, then its words.

    exhibits: every figure and table, in the pack's order. rule: that it was released under. secrets: of the run's
    returns and payments (secrets.read_secrets).
    Raises AuditError naming exhibits, cells by column and row, and files; never a number, a name or a secret.
    """
    figures = audit_figures(folder, exhibits, rule)
    return whole(figures, secrets, audit_words(folder, exhibits, secrets))


def audit_figures(folder: Path, exhibits: Sequence[Exhibit], rule: Disclosure) -> Figures:
    """The tables of pages, comma-separated files, workbook and Word document read back, compared and attacked.

    It reads no PDF, which may still be printing. Raises AuditError.
    """
    try:
        printed, listed = read_tables(folder, exhibits), attack_listed(folder, rule)
    except (ReadingError, EarlierError) as error:
        raise AuditError(f"{REFUSED} {error}") from None
    compared = compare(printed, formats_there(folder), exhibits)
    _refuse("Its files do not agree with what was released", [fault.words for fault in compared.faults])
    grids = read_grids(printed, exhibits, rule)
    sums = find_sums(grids)
    found = [*attack_sums(system_of(grids, sums), rule), *attack_products(grids, rule), *listed.recovered]
    _refuse("Cells that are withheld can be worked out", [one.words for one in dict.fromkeys(found)])
    withheld = sum(exhibit.released.withheld_count for exhibit in exhibits)
    tried = sum(int(grid.hidden.sum()) for grid in grids) + listed.tried
    return Figures(dict(compared.tables), compared.cells, withheld, tried, len(sums) + listed.sums)


def audit_words(
    folder: Path, exhibits: Sequence[Exhibit], secrets: Secrets, before: Searched | None = None
) -> Searched:
    """Every text of every file searched for secrets. Raises AuditError.

    before: an earlier search of the folder; a file that it searched and that has not changed since is left out.
    """
    now = {path.relative_to(folder).as_posix(): _digest(path) for path in folder.rglob("*") if path.is_file()}
    known = {name for name, digest in now.items() if before and before.files.get(name) == digest}
    looked = list(passages_of(folder, but=known)) if secrets.count else []
    leaks = search(looked, replace(secrets, figures=_figures(exhibits)))
    _refuse("It says who somebody is", [f"{leak.where}: {leak.what}" for leak in leaks])
    return Searched(now, len(looked) + (before.passages if before else 0))


def whole(figures: Figures, secrets: Secrets, searched: Searched) -> Audit:
    """The audit of a pack from its two halves."""
    told = (figures.tables, figures.cells, figures.withheld, figures.tried, figures.sums)
    return Audit(*told, secrets.count, searched.passages)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _refuse(what: str, found: Sequence[str]) -> None:
    """Refuse the pack where anything was found, telling the first few."""
    if found:
        more = f"\n… and {len(found) - MOST_TOLD} more" if len(found) > MOST_TOLD else ""
        raise AuditError(
            f"{REFUSED} {what}, in {len(found)} places:\n"
            + "\n".join(found[:MOST_TOLD])
            + f"{more}\nMend the notebook's declarations (measure, labels, bases), or withhold more, and render again."
        )


def _figures(exhibits: Sequence[Exhibit]) -> frozenset[str]:
    """Every whole number that the pack's exhibits show as a figure, written plainly."""
    found: set[str] = set()
    for exhibit in exhibits:
        table = exhibit.released.table
        for name in table.columns:
            if is_figures(str(name), table[name]):
                found |= {f"{value:.0f}" for value in table[name].dropna().astype("float64")}
    return frozenset(found)
