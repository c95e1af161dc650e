"""Which councils a batch is for: authorities of the published figures, councils' settings files, or whole runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cip_analysis.councils import EVERY, find_authority, list_authorities
from cip_analysis.settings import Council, Run, SettingsError, read_settings

COMMENT = "#"


class BatchError(ValueError):
    """A batch was asked for that cannot be made."""


@dataclass(frozen=True, slots=True)
class Member:
    """One council of a batch.

    key: the name of its folder. name, region, code: of the council. overrides: what tells its pack from the others',
    as `name=value`. note: what a reader must know of its boundaries.
    """

    key: str
    name: str
    region: str
    code: str
    overrides: tuple[str, ...]
    note: str = ""


def read_members(root: Path, named: str) -> tuple[Member, ...]:
    """The councils of a file, or every authority whose children are published: `all`.

    named: `all`, or a text file, one council a line: an authority's code or name, a council's settings file, or a
    run's settings file (which brings its own returns); paths from the project's root, what follows # left out.
    Raises BatchError naming each line that is none of these, or that two lines are the same council.
    """
    if named == EVERY:
        held = [one for one in list_authorities(root) if one.last_year]
        return tuple(_authority(root, one.la_code) for one in held)
    try:
        lines = Path(named).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BatchError(
            f"{Path(named).name}: not to be read ({type(error).__name__}). Give a text file, one council a line, or "
            f"`{EVERY}` for every authority in the published figures."
        ) from None
    wanted = [(number, line.partition(COMMENT)[0].strip()) for number, line in enumerate(lines, 1)]
    members, faults = [], []
    for number, text in wanted:
        try:
            members += [_member(root, text)] if text else []
        except SettingsError as error:
            faults.append(f"line {number}: {error}")
    keys = [member.key for member in members]
    faults += [f"{key} is named twice" for key in sorted({key for key in keys if keys.count(key) > 1})]
    if faults or not members:
        raise BatchError(f"{Path(named).name}: {'; '.join(faults) or 'no council is named in it'}.")
    return tuple(members)


def _member(root: Path, text: str) -> Member:
    """What one line names."""
    if not text.endswith(".toml"):
        return _authority(root, text)
    try:
        run = read_settings(root / text, Run)
    except SettingsError:
        return _council(root, text, read_settings(root / text, Council))
    council = read_settings(root / run.council, Council) if run.council.endswith(".toml") else None
    key = Path(text).stem
    if council is None:
        found = find_authority(root, run.council)
        return Member(key, found.name, found.region, found.la_code, (f"run={text}",), found.note)
    return Member(key, council.name, council.region, council.la_code, (f"run={text}",))


def _council(root: Path, text: str, council: Council) -> Member:
    """A council by its settings file, for a run without returns."""
    note = next((one.note for one in list_authorities(root) if one.la_code == council.la_code), "")
    return Member(council.la_code, council.name, council.region, council.la_code, (f"council={text}",), note)


def _authority(root: Path, named: str) -> Member:
    """An authority by its code or name."""
    found = find_authority(root, named)
    return Member(found.la_code, found.name, found.region, found.la_code, (f"council={found.la_code}",), found.note)
