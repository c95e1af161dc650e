"""Judge the invented county's returns by the statutory rules, in the judge's own environment.

Usage: python validate_synthetic.py COUNTY_FOLDER YEAR [--ruleset 2023] [--may-fail later-codes]

COUNTY_FOLDER is what `cip synthesise` wrote; the returns of YEAR and of the year before are given to the validator
together. Exit 0 when no rule fails but those listed for a reason, 1 when one does or cannot be run, 2 on a wrong
call. It runs where the csc-validator-be-903 package is installed (see validator.txt: Python 3.11, pandas 1.5), and so
imports nothing of this project.
docs/decisions/0006-statutory-validator.md says what is listed and why.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import warnings
from pathlib import Path
from typing import Any

# Rules whose codes changed after the year judged: allowed to fail only where --may-fail later-codes is given.
LATER_CODES = {
    "149": "REC: special guardianship was E43 and E44 until 2017/18; E45 to E48 replaced them from 2018/19.",
}


def main() -> int:
    """Judge, print one line a failing rule, and say whether the county passes."""
    arguments = _arguments()
    logging.disable(logging.INFO)
    warnings.simplefilter("ignore")
    failed, crashed, skipped, run = judge(arguments.county, arguments.year, arguments.ruleset)
    listed = LATER_CODES if arguments.may_fail == "later-codes" else {}
    for rule, (rows, message) in sorted(failed.items()):
        print(f"{'listed ' if rule in listed else 'FAILED '} {rule}: {rows} rows. {message}")
    for rule in crashed:
        print(f"CRASHED {rule}: the rule could not be run on these files.")
    print(f"skipped {', '.join(sorted(skipped)) or 'none'}: they need Ofsted's lists of providers, or the XML form.")
    wrong = (set(failed) | set(crashed)) - set(listed)
    print(
        f"{arguments.year - 1}/{arguments.year % 100:02d}: {run} rules of {arguments.ruleset} run, "
        f"{len(failed)} failed, {len(wrong)} of them not listed."
    )
    return 1 if wrong else 0


def judge(county: Path, year: int, ruleset: int) -> tuple[dict[str, tuple[int, str]], list[str], list[str], int]:
    """Rules failed (rows and message), rules that could not run, rules skipped for want of tables, rules run.

    Each rule is given tables of its own: as published they share them, rule 365 writes an end date into every open
    episode, and what later rules find then depends on the order in which a disk lists the rules' files.
    """
    from lac_validator import lac_validator
    from lac_validator.rules.ruleset_utils import get_year_ruleset

    lac_validator.copy_datastore = _own_copy
    registry = get_year_ruleset(str(ruleset))
    returns = county / "returns"
    files = [*_uploads(returns / str(year), "This year"), *_uploads(returns / str(year - 1), "Prev year")]
    authority = json.loads((county / "manifest.json").read_text(encoding="utf-8"))["council_code"]
    metadata = {"collectionYear": str(year), "localAuthority": authority}
    validator = lac_validator.LacValidator(metadata=metadata, files=files, registry=registry, selected_rules=None)
    failed: dict[str, tuple[int, str]] = {}
    for name, table in validator.ds_results.items():
        if name == "metadata":
            continue
        for column in table.columns[table.columns.str.startswith("ERR_")]:
            code = column.removeprefix("ERR_")
            rows = int(table[column].eq(True).sum()) + failed.get(code, (0, ""))[0]
            if rows:
                failed[code] = (rows, str(registry[code].message))
    return failed, list(validator.fails), list(validator.skips), len(validator.dones)


def _own_copy(tables: dict[str, Any]) -> dict[str, Any]:
    """Every table copied through and through; what is said of the return itself is passed on as it is."""
    return {name: table if name == "metadata" else table.copy(deep=True) for name, table in tables.items()}


def _uploads(folder: Path, which: str) -> list[dict[str, object]]:
    """Every CSV of a year as the validator takes them: name, bytes, and which year it is."""
    paths = sorted(folder.glob("*.csv"))
    if not paths:
        print(f"{folder.name}: no returns of that year. Make the county first, for that year and the year before.")
        sys.exit(2)
    return [{"name": path.name, "description": which, "file_content": path.read_bytes()} for path in paths]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("county", type=Path, help="folder of the invented county")
    parser.add_argument("year", type=int, help="collection year (year ending 31 March)")
    parser.add_argument("--ruleset", type=int, default=2023, help="rules of this collection year; 2023 is the earliest")
    parser.add_argument("--may-fail", choices=["nothing", "later-codes"], default="nothing")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
