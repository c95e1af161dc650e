"""Inputs spoiled at random, the same ones for the same seed, and the readers that must say so and never fall over.

A target is a kind of file, a few good ones to start from, and what reads it. An input is a good one with a handful of
changes: bytes flipped, cut, repeated or swapped for awkward ones; cells and lines moved, lost or doubled; another
encoding; parts of a spreadsheet's archive changed and zipped again. Nothing but the errors that a reader documents may
come of it, and no error may name a child.
"""

from __future__ import annotations

import io
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from builders import ROOT
from returns.damage import YEARS, as_workbook, as_xml, healthy

from cip_analysis.bidder_settings import Bids
from cip_analysis.budget_settings import Budget
from cip_analysis.contract_settings import Contract
from cip_analysis.contracts import RecordError
from cip_analysis.equality_settings import EqualityFile, Views
from cip_analysis.evaluation_settings import REGISTER, EvaluationPlan
from cip_analysis.impact.claims import Claims
from cip_analysis.returns.capacity import CapacityFileError, read_capacity
from cip_analysis.returns.checks import check_returns
from cip_analysis.returns.episodes import build_episodes
from cip_analysis.returns.finance import read_payments
from cip_analysis.returns.payments.delivered import DeliveredError, read_delivered
from cip_analysis.returns.payments.files import PaymentError
from cip_analysis.returns.published import PublishedError, read_published
from cip_analysis.returns.reference.postcodes import PostcodeFileError, read_postcodes
from cip_analysis.returns.ssda903 import ReturnError, read_returns
from cip_analysis.savings_settings import Savings
from cip_analysis.scenario_settings import Scenario
from cip_analysis.settings import Council, Pack, PaymentColumns, Run, SettingsError, read_settings
from cip_analysis.work_package_settings import WorkPackage

CANARY = "7Q4Z431"
"""The identifier of a child in every good file of children: no error may hold it."""

TOKENS = (
    b"",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b'"',
    b'""',
    b"'",
    b",",
    b";",
    b"\t",
    b"\n",
    b"\r\n",
    b"\r",
    b"<",
    b">",
    b"&",
    b"&lol;",
    b"]]>",
    b"<!--",
    b"<![CDATA[",
    b"</",
    b"=1+1",
    b"@SUM(A1)",
    b"-",
    b"0",
    b"-1",
    b"1e308",
    b"NaN",
    b"inf",
    b"9" * 40,
    b"31/02/2016",
    b"2016-02-31",
    b"01/01/0001",
    b"31/12/9999",
    b"00/00/0000",
    b"29/02/2015",
    b"12:61",
    b"null",
    b"None",
    b"true",
    b"\xc3\x28",
    "\u202e".encode(),
    "\u0000".encode(),
    "\ufffd".encode(),
    "é".encode("latin-1"),
    b"X1",
    b"CHILD",
    b"DECOM",
    b"[",
    b"]",
    b"{",
    b"}",
    b"=",
    b"#",
    b"\\",
    b"\\u0000",
    b"2018-03-31T00:00:00Z",
    b"1_000",
    b"0x1F",
    b" " * 300,
    b"A" * 5_000,
    b"%s%n",
    b"../../x",
    b"\x1a",
    b"\x7f",
)
ENCODINGS = ("utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "utf-8-sig", "cp037")


@dataclass(frozen=True, slots=True)
class Target:
    """One reader. good: file name -> what a good one holds. read: given the file. errors: what it may raise."""

    name: str
    good: Callable[[], Mapping[str, bytes]]
    read: Callable[[Path], object]
    errors: tuple[type[Exception], ...]
    zipped: bool = False


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


def _read_all(path: Path) -> None:
    """Returns read, checked and repaired."""
    returns = read_returns(path.parent)
    check_returns(returns)
    build_episodes(returns)


def _read_kind(path: Path) -> object:
    return read_settings(path, KINDS[path.name.partition("--")[0]])


TARGETS = {
    target.name: target
    for target in (
        Target("csv", csv_returns, _read_all, (ReturnError,)),
        Target("xml", xml_returns, _read_all, (ReturnError,)),
        Target("excel", excel_returns, _read_all, (ReturnError,), zipped=True),
        Target("toml", _settings(*KINDS), _read_kind, (SettingsError,)),
        Target(
            "payments",
            lambda: {"payments.csv": PAYMENTS.encode()},
            lambda path: read_payments(path, PaymentColumns()),
            (PaymentError,),
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
        files[name] = _spoil_archive(raw, chance)
    else:
        files[name] = _spoil(raw, chance)
    return files, name


def _spoil(raw: bytes, chance: np.random.Generator) -> bytes:
    for _ in range(1 + int(chance.geometric(0.45))):
        raw = WAYS[int(chance.integers(len(WAYS)))](raw, chance)
    return raw[:200_000]


def _place(raw: bytes, chance: np.random.Generator) -> int:
    return int(chance.integers(len(raw) + 1))


def _flip(raw: bytes, chance: np.random.Generator) -> bytes:
    changed = bytearray(raw)
    for _ in range(int(chance.integers(1, 5))):
        if changed:
            changed[int(chance.integers(len(changed)))] = int(chance.integers(256))
    return bytes(changed)


def _insert(raw: bytes, chance: np.random.Generator) -> bytes:
    place = _place(raw, chance)
    return raw[:place] + TOKENS[int(chance.integers(len(TOKENS)))] + raw[place:]


def _cut(raw: bytes, chance: np.random.Generator) -> bytes:
    first, last = sorted((_place(raw, chance), _place(raw, chance)))
    return raw[:first] + raw[last:] if chance.random() < 0.7 else raw[:last]


def _repeat(raw: bytes, chance: np.random.Generator) -> bytes:
    first, last = sorted((_place(raw, chance), _place(raw, chance)))
    return raw[:last] + raw[first:last] * int(chance.integers(1, 4)) + raw[last:]


def _lines(raw: bytes, chance: np.random.Generator) -> bytes:
    lines = raw.split(b"\n")
    first, second = (int(chance.integers(len(lines))) for _ in range(2))
    way = int(chance.integers(4))
    if way == 0:
        lines[first], lines[second] = lines[second], lines[first]
    elif way == 1:
        del lines[first]
    elif way == 2:
        lines.insert(second, lines[first])
    else:
        lines[first] = lines[first][: int(chance.integers(len(lines[first]) + 1))]
    return b"\n".join(lines)


def _cell(raw: bytes, chance: np.random.Generator) -> bytes:
    """One cell, between commas, brackets or quotes, swapped for an awkward one or for another cell."""
    marks = [place for place, byte in enumerate(raw) if byte in b',<>"=\n']
    if len(marks) < 4:
        return raw
    first = int(chance.integers(len(marks) - 1))
    if chance.random() < 0.5:
        other = int(chance.integers(len(marks) - 1))
        cell = raw[marks[other] + 1 : marks[other + 1]]
    else:
        cell = TOKENS[int(chance.integers(len(TOKENS)))]
    return raw[: marks[first] + 1] + cell + raw[marks[first + 1] :]


def _encode(raw: bytes, chance: np.random.Generator) -> bytes:
    text = raw.decode("utf-8", "replace")
    return text.encode(ENCODINGS[int(chance.integers(len(ENCODINGS)))], "replace")


def _ends(raw: bytes, chance: np.random.Generator) -> bytes:
    return raw.replace(b"\n", (b"\r\n", b"\r", b"\n\n", b" \n", b";\n")[int(chance.integers(5))])


def _split(raw: bytes, chance: np.random.Generator) -> bytes:
    return raw.replace(b",", (b";", b"\t", b"|", b",,", b" , ")[int(chance.integers(5))])


WAYS = (_flip, _insert, _cut, _repeat, _lines, _lines, _cell, _cell, _cell, _encode, _ends, _split)


def _spoil_archive(raw: bytes, chance: np.random.Generator) -> bytes:
    """A spreadsheet with a part of its archive spoiled, lost, or called by another's name."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    names = sorted(parts)
    chosen = names[int(chance.integers(len(names)))]
    if chance.random() < 0.5:
        chosen = next(name for name in names if "worksheets/sheet" in name)
    way = chance.random()
    if way < 0.85:
        parts[chosen] = _spoil(parts[chosen], chance)
    elif way < 0.93:
        del parts[chosen]
    else:
        parts[names[int(chance.integers(len(names)))]] = parts[chosen]
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return made.getvalue()


# ---- trying -----------------------------------------------------------------------------------------------------


def fault_of(target: Target, seed: int, folder: Path) -> str:
    """What came of one input that may not: an error nobody documents, or a child named; blank where all is well."""
    files, name = spoiled(target, seed)
    for path in folder.iterdir():
        path.unlink()
    for file, raw in files.items():
        (folder / file).write_bytes(raw)
    try:
        target.read(folder / name)
    except target.errors as error:
        return f"names a child: {type(error).__name__}" if CANARY in str(error) else ""
    except RecursionError:
        return "RecursionError"
    except Exception as error:  # noqa: BLE001  (the whole point: nothing else may come)
        import traceback

        last = traceback.extract_tb(error.__traceback__)[-1]
        ours = [each for each in traceback.extract_tb(error.__traceback__) if "cip_analysis" in each.filename]
        where = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else f"{Path(last.filename).name}"
        return f"{type(error).__name__} at {where}"
    return ""
