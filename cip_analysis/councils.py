"""A council by its settings file or, before it has one, by the code of an authority whose figures are published."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from cip_analysis.settings import Capacity, Council, SettingsError, read_settings

AUTHORITIES = Path("data") / "reference" / "authorities.csv"
EVERY = "all"
UNKNOWN_CARERS = "not known: no council file has been written yet"


@dataclass(frozen=True, slots=True)
class Authority:
    """One authority of the published figures: its codes, its region, its statistical neighbours.

    la_code: three digits, which outlive boundary changes; code: of the Office for National Statistics. first_year,
    last_year: years ending 31 March for which its children are published in this project's table; nought where none
    is. note: what a reader must know of its boundaries; blank where nothing.
    """

    la_code: str
    code: str
    name: str
    region: str
    region_code: str
    first_year: int
    last_year: int
    neighbours: tuple[str, ...]
    neighbours_model: str
    note: str = ""


def list_authorities(root: Path) -> tuple[Authority, ...]:
    """Every authority of data/reference/authorities.csv, in the order of their codes.

    Raises SettingsError where the table is not there or is not whole.
    """
    try:
        with (root / AUTHORITIES).open(encoding="utf-8", newline="") as sheet:
            return tuple(_authority(row) for row in csv.DictReader(sheet))
    except FileNotFoundError:
        raise SettingsError(f"{AUTHORITIES.name}: not there. Restore it from the repository.") from None
    except (KeyError, ValueError):
        raise SettingsError(f"{AUTHORITIES.name}: not whole. Restore it from the repository.") from None


def find_authority(root: Path, named: str) -> Authority:
    """The authority of a three-digit code, an ONS code or a name. Raises SettingsError where there is none."""
    wanted = named.strip().casefold()
    found = [one for one in list_authorities(root) if wanted in (one.la_code, one.code.casefold(), one.name.casefold())]
    if not found or not wanted:
        raise SettingsError(
            f"No authority has the code or name {named!r}. Give three digits (855), an ONS code (E10000018) or the "
            f"name as {AUTHORITIES.name} has it, or a council's settings file that ends in .toml."
        )
    return found[0]


def read_council(root: Path, named: str) -> Council:
    """A council from its settings file (a path from the root that ends in .toml), or from an authority's code or name.

    One made from a code owns nothing that is known, and is set beside the published neighbours of its authority.
    Raises SettingsError where there is no such file or authority.
    """
    if named.endswith(".toml"):
        return read_settings(root / named, Council)
    found = find_authority(root, named)
    return Council(
        name=found.name,
        code=found.code or found.la_code,
        la_code=found.la_code,
        region=found.region,
        region_code=found.region_code,
        neighbours=found.neighbours,
        neighbours_model=found.neighbours_model,
        capacity=Capacity(foster_carers=0, foster_carers_source=UNKNOWN_CARERS),
    )


def boundaries_in_words(root: Path, la_code: str) -> str:
    """What a reader must know of an area's boundaries; blank where nothing, or where no such authority is held."""
    return next((one.note for one in list_authorities(root) if one.la_code == la_code), "")


def council_file(root: Path, named: str) -> Path:
    """The file a council is read from, whichever way it is named."""
    return root / (named if named.endswith(".toml") else AUTHORITIES)


def _authority(row: dict[str, str]) -> Authority:
    return Authority(
        la_code=row["la_code"],
        code=row["code"],
        name=row["name"],
        region=row["region"],
        region_code=row["region_code"],
        first_year=int(row["first_year"] or 0),
        last_year=int(row["last_year"] or 0),
        neighbours=tuple(row["neighbours"].split()),
        neighbours_model=row["neighbours_model"],
        note=row["note"],
    )
