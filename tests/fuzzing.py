"""Inputs spoiled at random, the same ones for the same seed, and the readers that must say so and never fall over.

A target is a kind of file, a few good ones to start from, and what reads it. An input is a good one with a handful of
changes: bytes flipped, cut, repeated or swapped for awkward ones; cells and lines moved, lost or doubled; another
encoding; parts of a spreadsheet's archive changed and zipped again. Nothing but the errors that a reader documents may
come of it, and no error may name a child.
"""

from __future__ import annotations

import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from builders import ROOT
from returns.damage import YEARS, as_workbook, as_xml, healthy
from spoiling import spoil, spoil_archive

from cip_analysis.bidder_settings import Bids
from cip_analysis.budget_settings import Budget
from cip_analysis.contract_settings import Contract
from cip_analysis.contracts import RecordError
from cip_analysis.equality_settings import EqualityFile, Views
from cip_analysis.evaluation_settings import REGISTER, EvaluationPlan
from cip_analysis.impact.claims import Claims
from cip_analysis.ledgers import Findings
from cip_analysis.returns.capacity import CapacityFileError, read_capacity
from cip_analysis.returns.checks import check_returns
from cip_analysis.returns.episodes import build_episodes
from cip_analysis.returns.finance import read_payments
from cip_analysis.returns.payments.delivered import DeliveredError, read_delivered
from cip_analysis.returns.payments.files import PaymentError
from cip_analysis.returns.published import PublishedError, read_published
from cip_analysis.returns.reference.comparisons import ComparisonFileError, read_comparison_trials
from cip_analysis.returns.reference.evaluations import EvaluationFileError, read_trials
from cip_analysis.returns.reference.filed_accounts import AccountsFileError, read_accounts
from cip_analysis.returns.reference.indices import IndexFileError, read_indices
from cip_analysis.returns.reference.national import NationalFileError, read_national, read_record
from cip_analysis.returns.reference.postcodes import PostcodeFileError, read_postcodes
from cip_analysis.returns.reference.regions import RegionFileError, read_homes, read_lessons, read_region_record
from cip_analysis.returns.ssda903 import ReturnError, read_returns
from cip_analysis.savings_settings import Savings
from cip_analysis.scenario_settings import Scenario
from cip_analysis.settings import Council, Pack, PaymentColumns, Run, SettingsError, read_settings
from cip_analysis.work_package_settings import WorkPackage

CANARY = "7Q4Z431"
"""The identifier of a child in every good file of children: no error may hold it."""


@dataclass(frozen=True, slots=True)
class Target:
    """One reader.

    good: file name -> what a good one holds. read: given the file; gives back the findings, where it has any. errors:
    what it may raise. folder: it reads a folder of files, so that many spoiled ones may be read together, which is
    how a hundred thousand are tried in an hour.
    """

    name: str
    good: Callable[[], Mapping[str, bytes]]
    read: Callable[[Path], object]
    errors: tuple[type[Exception], ...]
    zipped: bool = False
    folder: bool = False


# ---- good files -------------------------------------------------------------------------------------------------


@contextmanager
def _some_returns(change: Callable[[Path], object] | None = None) -> Iterator[Path]:
    """A year of a healthy folder, short enough to be read fast, its last child called the canary."""
    with tempfile.TemporaryDirectory() as made:
        folder = healthy(Path(made))
        for year in YEARS[:-1]:
            shutil.rmtree(folder / str(year))
        for path in folder.rglob("*.csv"):
            lines = path.read_text().splitlines()
            path.write_text("\n".join([*lines[:6], *lines[-2:]]).replace("739431", CANARY) + "\n")
        if change:
            change(folder)
        yield folder / str(YEARS[-1])


@cache
def csv_returns() -> Mapping[str, bytes]:
    with _some_returns() as folder:
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@cache
def xml_returns() -> Mapping[str, bytes]:
    with _some_returns(lambda folder: as_xml(folder, YEARS[-1])) as folder:
        return {"return.xml": (folder / "return.xml").read_bytes()}


@cache
def excel_returns() -> Mapping[str, bytes]:
    with _some_returns(lambda folder: as_workbook(folder, YEARS[-1])) as folder:
        return {"return.xlsx": (folder / "return.xlsx").read_bytes()}


def _settings(*folders: str) -> Callable[[], Mapping[str, bytes]]:
    return cache(
        lambda: {
            f"{folder}--{path.name}": path.read_bytes()
            for folder in folders
            for path in sorted((ROOT / "config" / folder).glob("*.toml"))
            if path.name != REGISTER
        }
    )


def _of_reference(name: str, lines: int = 40) -> Callable[[], Mapping[str, bytes]]:
    return cache(lambda: {name: b"\n".join((ROOT / "data/reference" / name).read_bytes().splitlines()[:lines]) + b"\n"})


@cache
def accounts() -> Mapping[str, bytes]:
    return {"accounts.csv": (ROOT / "config/bidders/invented-accounts.csv").read_bytes()}


BIDDERS = ("Bidder A", "Bidder B", "Bidder C", "Bidder D")
PAYMENTS = (
    "child_id,period_start,period_end,placement_type,provider_name,provider_urn,procurement_platform,weekly_fee,"
    "health_contribution,education_contribution,amount,row_type\n"
    f"{CANARY},01/04/2017,30/04/2017,Residential,Provider A,SC1,framework,3500,0,0,15000.00,fee\n"
    '70001,2017-05-01,2017-05-31,Fostering,"Provider, B",,spot,"£1,050.50",,,4654.21,fee\n'
    "70002,01/06/2017,30/06/2017,Fostering,Provider B,,spot,1050.50,100,,-200.00,credit\n"
)
CAPACITY = (
    "name,kind,places,opened,closed,reason\nHousehold 1,foster household,2,12/09/1996,08/01/2014,moved\n"
    "Four beds,children's home,4,2015-04-01,,\n"
)
DELIVERED = (
    "claim,child,start,end,from_setting,to_setting,weekly_saving,evidence\n"
    f"reunification,{CANARY},01/05/2017,,external residential,not in care,3500.00,panel\n"
)
KINDS = {
    "runs": Run, "councils": Council, "packs": Pack, "scenarios": Scenario, "claims": Claims, "budgets": Budget,
    "contracts": Contract, "equality": EqualityFile, "evaluations": EvaluationPlan, "savings": Savings,
    "views": Views, "work_packages": WorkPackage, "bidders": Bids,
}  # fmt: skip


def _read_all(path: Path) -> Findings:
    """Returns read, checked and repaired."""
    returns = read_returns(path.parent)
    broken = check_returns(returns)
    build_episodes(returns)
    return returns.findings.join(broken)


def _read_kind(path: Path) -> object:
    return read_settings(path, KINDS[path.name.partition("--")[0]])


TARGETS = {
    target.name: target
    for target in (
        Target("csv", csv_returns, _read_all, (ReturnError,), folder=True),
        Target("xml", xml_returns, _read_all, (ReturnError,), folder=True),
        Target("excel", excel_returns, _read_all, (ReturnError,), zipped=True, folder=True),
        Target("toml", _settings(*KINDS), _read_kind, (SettingsError,)),
        Target(
            "payments",
            lambda: {"payments.csv": PAYMENTS.encode()},
            lambda path: read_payments(path.parent, PaymentColumns())[1],
            (PaymentError,),
            folder=True,
        ),
        Target("published", _of_reference("comparators.csv"), read_published, (PublishedError, RecordError)),
        Target("authorities", _of_reference("authority_figures.csv"), read_published, (PublishedError, RecordError)),
        Target("capacity", lambda: {"capacity.csv": CAPACITY.encode()}, read_capacity, (CapacityFileError,)),
        Target(
            "delivered",
            lambda: {"delivered.csv": DELIVERED.encode()},
            lambda path: read_delivered(path, ["reunification"]),
            (DeliveredError,),
        ),
        Target("accounts", accounts, lambda path: read_accounts(path, BIDDERS), (AccountsFileError,)),
        Target("estimates", _of_reference("national_estimates.csv"), read_national, (NationalFileError,)),
        Target("scores", _of_reference("national_scorecard.csv"), read_record, (NationalFileError,)),
        Target("lessons", _of_reference("east_midlands_lessons.csv"), read_lessons, (RegionFileError,)),
        Target("region", _of_reference("region_scorecard.csv"), read_region_record, (RegionFileError,)),
        Target("homes", _of_reference("east_midlands_homes.csv"), read_homes, (RegionFileError,)),
        Target("indices", _of_reference("price_indices.csv"), read_indices, (IndexFileError,)),
        Target("trials", _of_reference("evaluation_scorecard.csv"), read_trials, (EvaluationFileError,)),
        Target(
            "comparisons", _of_reference("comparison_scorecard.csv"), read_comparison_trials, (ComparisonFileError,)
        ),
        Target("postcodes", _of_reference("public_place_postcodes.csv"), read_postcodes, (PostcodeFileError,)),
    )
}


# ---- spoiling ---------------------------------------------------------------------------------------------------


def spoiled(target: Target, seed: int) -> tuple[dict[str, bytes], str]:
    """A target's files with one of them spoiled, and that one's name. The same seed gives the same bytes."""
    chance = np.random.default_rng([seed, len(target.name), *target.name.encode()])
    files = dict(target.good())
    name = sorted(files)[int(chance.integers(len(files)))]
    raw = files[name]
    if target.zipped and chance.random() < 0.8:
        files[name] = spoil_archive(raw, chance)
    else:
        files[name] = spoil(raw, chance)
    return files, name


# ---- trying -----------------------------------------------------------------------------------------------------


def fault_of(target: Target, seed: int, folder: Path) -> str:
    """What came of one input that may not: an error nobody documents, or a child named; blank where all is well."""
    files, name = spoiled(target, seed)
    _empty(folder)
    for file, raw in files.items():
        (folder / file).write_bytes(raw)
    return _fault(target, folder / name)


def faults_of(target: Target, seeds: Sequence[int], folder: Path) -> dict[int, str]:
    """The faults of many inputs, by seed. Read together beside the good files where the reader reads a folder; where
    that shows a fault, each is read by itself, and one that only all of them show is the first seed's."""
    if not target.folder or len(seeds) == 1:
        return {seed: fault for seed in seeds if (fault := fault_of(target, seed, folder))}
    _empty(folder)
    for file, raw in target.good().items():
        (folder / file).write_bytes(raw)
    for seed in seeds:
        files, name = spoiled(target, seed)
        (folder / str(seed)).mkdir()
        (folder / str(seed) / name).write_bytes(files[name])
    together = _fault(target, folder / next(iter(target.good())))
    if not together:
        return {}
    alone = {seed: fault for seed in seeds if (fault := fault_of(target, seed, folder))}
    return alone or {seeds[0]: f"{together}, with the {len(seeds) - 1} seeds after it"}


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _fault(target: Target, path: Path) -> str:
    """What came of reading one file that may not."""
    try:
        found = target.read(path)
    except target.errors as error:
        return f"names a child: {type(error).__name__}" if CANARY in str(error) else ""
    except RecursionError:
        return "RecursionError"
    except Exception as error:  # noqa: BLE001  (the whole point: nothing else may come)
        last = traceback.extract_tb(error.__traceback__)[-1]
        ours = [each for each in traceback.extract_tb(error.__traceback__) if "cip_analysis" in each.filename]
        where = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else f"{Path(last.filename).name}"
        return f"{type(error).__name__} at {where}"
    named = isinstance(found, Findings) and CANARY in found.table.to_csv()
    return "names a child: findings" if named else ""
