"""Settings files, read into frozen objects: a key that is unknown, missing or wrong is refused by name."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cip_analysis.ledgers import note_asked
from cip_analysis.typed_values import Colour, FinancialYear


class SettingsError(ValueError):
    """A settings file is missing, unreadable, or says something it may not."""


class Settings(BaseModel):
    """Common rules of every settings file: frozen, and no key that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Home(Settings):
    """One children's home the council runs."""

    name: str
    beds: Annotated[int, Field(gt=0)]
    open: bool
    note: str = ""


class Capacity(Settings):
    """What the council has of its own: carers and homes."""

    foster_carers: Annotated[int, Field(ge=0)]
    foster_carers_source: str
    homes: tuple[Home, ...] = ()


class PaymentColumns(Settings):
    """The council's own names for the columns of its placement payments file.

    Left blank, a column is not in the file. `child`, `start` and `amount` are always needed. `end_is` says what the
    end column means, because an exported period may stop on its last night or on the morning after.
    """

    child: str = "child_id"
    start: str = "period_start"
    end: str = "period_end"
    setting: str = "placement_type"
    provider: str = "provider_name"
    provider_urn: str = "provider_urn"
    platform: str = "procurement_platform"
    weekly_fee: str = "weekly_fee"
    health: str = "health_contribution"
    education: str = "education_contribution"
    amount: str = "amount"
    kind: str = "row_type"
    end_is: Literal["last day paid", "day after last paid"] = "last day paid"


class Conventions(Settings):
    """What stands behind a council's figures of money, in words for the foot of every page of costs."""

    vat: str = "as in the payments file: not adjusted"
    included: str = "fees, allowances, and support billed beside them"
    excluded: str = "social work, management, overheads and empty beds"


class Council(Settings):
    """A council: who it is, whom it is compared with, what it owns, how its files are laid out."""

    name: str
    code: str
    la_code: str
    region: str
    region_code: str
    neighbours: tuple[str, ...]
    neighbours_model: str
    weeks_per_year: Literal["52", "52.14", "52.18"] = "52.18"
    colour: Colour = "#12436D"
    capacity: Capacity
    payment_columns: PaymentColumns = PaymentColumns()
    conventions: Conventions = Conventions()


class Disclosure(Settings):
    """The disclosure rule for one audience: counts from 1 to threshold - 1 are withheld, others rounded to base.

    fewest_providers, fewest_children: a cost with fewer behind it is withheld; of children, as many as the threshold
    unless told.
    """

    threshold: Annotated[int, Field(ge=1)] = 5
    zeros_shown: bool = True
    rounding_base: Literal[1, 5, 10] = 5
    fewest_providers: Annotated[int, Field(ge=1)] = 2
    fewest_children: Annotated[int, Field(ge=1)] | None = None


class Database(Settings):
    """Where a run's returns come from a database: see docs/database.md. Never how to reach it, which is a secret.

    first_year: the first collection year it holds whole; six before the last unless told, as the standard keeps
    children known within six years. db_schema: the schema its tables stand in; the connection's own where blank.
    """

    first_year: int | None = None
    db_schema: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$|^$")] = ""


class Run(Settings):
    """One whole run: which council, which data, as at which day, how far ahead, from which seed.

    returns, payments, published, national, track_record, capacity: folders or files, from the project's root; blank
    where there is none. national: what the national panel tells of growth and its errors; track_record: how right each
    method was for every authority; capacity: the council's carers and homes.
    method: how starts are forecast, a name in demand/starts.py. scenarios: files of levers, in the order shown.
    stated_starts: children a year who will start, the unaccompanied apart, for the method "stated path" alone.
    history_years: how many years to the census rates of leaving and moving are estimated from; arrivals_years:
    those whose arrivals stand for the ones to come. duration_edges: days in care at which rates change; none where they
    do not depend on it (docs/decisions/0013).
    as_at: the day the returns describe; blank lets the reader work it out from the files. database: the returns are
    taken from one, into the folder that `returns` names.
    indices: file of dated price indices; general_index: the one by which prices are put in another year's £.
    without_payments: where a week's price comes from if there is no payments file. ledger_totals: what the council's
    general ledger says was paid in a financial year ("2017-18"), £, to reconcile the payments to.
    savings: file of savings claimed; budget: file of the year's budget; in_year: the run file that holds the year now
    running, for `cip monitor`.
    """

    title: str
    council: str
    returns: str
    payments: str = ""
    published: str = ""
    claims: str = ""
    national: str = ""
    track_record: str = ""
    capacity: str = ""
    indices: str = ""
    savings: str = ""
    budget: str = ""
    in_year: str = ""
    general_index: str = "GDP deflator"
    without_payments: Literal["assumptions", "section 251"] = "assumptions"
    ledger_totals: dict[FinancialYear, Annotated[float, Field(allow_inf_nan=False)]] = {}
    scenarios: tuple[str, ...] = ()
    method: str = "national panel"
    stated_starts: tuple[Annotated[float, Field(ge=0, allow_inf_nan=False)], ...] = ()
    history_years: Annotated[int, Field(gt=0, le=30)] = 4
    arrivals_years: Annotated[int, Field(gt=0, le=30)] = 2
    duration_edges: tuple[Annotated[int, Field(gt=0)], ...] = ()
    as_at: date | None = None
    database: Database | None = None
    synthetic_seed: int | None = None
    synthetic_first_year: int = 2011
    synthetic_last_year: int = 2018
    horizon_months: Annotated[int, Field(gt=0, le=240)] = 48
    draws: Annotated[int, Field(gt=0, le=100_000)] = 1000
    seed: Annotated[int, Field(ge=0)] = 20180706
    disclosure: dict[Literal["public", "exempt"], Disclosure] = {}

    def disclosure_for(self, audience: str) -> Disclosure:
        """The disclosure rule for one audience: this run's own, or the house's default.

        Raises SettingsError for an audience nobody has.
        """
        if audience not in ("public", "exempt"):
            raise SettingsError(f"{audience!r} is not an audience. Choose public or exempt.")
        return self.disclosure.get(audience, Disclosure())  # type: ignore[call-overload,no-any-return]


class Judgement(Settings):
    """One assumption: its value and range, and who answers for it."""

    value: float
    unit: str
    low: float
    high: float
    source: str
    as_of: date
    owner: str

    @model_validator(mode="after")
    def _in_range(self) -> Judgement:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"value {self.value:g} lies outside its own range {self.low:g} to {self.high:g}")
        return self


class Signature(Settings):
    """One AQuA role in the quality log, and who signed for it."""

    role: Literal["commissioner", "analyst", "assurer", "approver"]
    name: str = ""
    signed: date | None = None
    comments: str = ""


class Pack(Settings):
    """An evidence pack: which notebooks, in which order, for which audience.

    earlier: folders of packs released before, from the project's root, whose numbers are out and bind this pack's.
    previous: folder of the pack that this one follows, to tell what moved since. report: file of the words the analyst
    writes for the front page (`ReportWords`). glossary: file of words explained. Each from the project's root; blank
    where there is none.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    title: str
    meeting: str
    run: str
    status: Literal["draft", "final"] = "draft"
    audience: Literal["public", "exempt"] = "public"
    notebooks: tuple[str, ...]
    parameters: dict[str, str | int | float | bool] = {}
    earlier: tuple[str, ...] = ()
    previous: str = ""
    report: str = ""
    glossary: str = ""
    quality: tuple[Signature, ...] = ()
    timeout_seconds: Annotated[int, Field(gt=0)] = 300


AnySettings = TypeVar("AnySettings", bound=Settings)


def read_settings(path: Path, kind: type[AnySettings]) -> AnySettings:
    """One settings file as a frozen object.

    Raises SettingsError naming the file and every key at fault.
    """
    try:
        return kind.model_validate(_read_toml(path))
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc']) or 'file'}: {_in_words(fault)}"
            for fault in error.errors(include_url=False)
        )
        raise SettingsError(
            f"{path.name}: {faults}. Correct the file; docs/data_dictionary.md lists its keys."
        ) from None


class Judgements(dict[str, Judgement]):
    """The judgements by name; that one was asked for is noted (ledgers.judgements_asked).

    To list or to hash them all asks for none.
    """

    def __getitem__(self, name: str) -> Judgement:
        """The judgement of that name, noted as asked for."""
        held = super().__getitem__(name)
        note_asked([name])
        return held

    def get(self, name: str, default: Any = None) -> Any:
        """The judgement of that name, noted as asked for, or the default where there is none."""
        return self[name] if self.keys() >= {name} else default

    def __missing__(self, name: str) -> Judgement:
        """Refuse a name that none has. Raises SettingsError."""
        raise SettingsError(f"The assumptions have no {name}. Add it, with range, source and owner, to their file.")


def read_assumptions(path: Path) -> Judgements:
    """Every judgement by its dotted name, e.g. "weekly_price.kinship"."""

    class _Assumptions(Settings):
        judgements: dict[str, dict[str, Judgement]]

    raw = {"judgements": _read_toml(path)}
    try:
        groups = _Assumptions.model_validate(raw).judgements
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'][1:])}: {_in_words(fault)}"
            for fault in error.errors(include_url=False)
        )
        raise SettingsError(f"{path.name}: {faults}.") from None
    return Judgements({f"{group}.{name}": held for group, names in groups.items() for name, held in names.items()})


def find_root(start: Path) -> Path:
    """The project's root at or above `start`: the folder that holds `config/` and `notebooks/`.

    Raises SettingsError where there is none.
    """
    for folder in (start, *start.parents):
        if (folder / "config" / "councils").is_dir() and (folder / "notebooks").is_dir():
            return folder
    raise SettingsError(
        f"No project found at or above the folder {start.name!r}: it has no config/councils and notebooks. "
        "Start from a folder inside the project."
    )


def _read_toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(f"{path.name}: no such settings file. Check the path given.") from None
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise SettingsError(f"{path.name}: cannot be opened ({reason}). Give a settings file.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path.name}: not readable as UTF-8 text. Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path.name}: not valid TOML: {error}.") from None


def _in_words(fault: object) -> str:
    """A validation fault in plain words."""
    kind, message = fault["type"], fault["msg"]  # type: ignore[index]
    if kind == "extra_forbidden":
        return "not a known key"
    if kind == "missing":
        return "missing"
    if kind == "union_tag_not_found":
        return "`what` is missing"
    if kind == "union_tag_invalid":
        known = fault["ctx"]  # type: ignore[index]
        return f"{known['tag']!r} is not known; there are: {known['expected_tags']}"
    return str(message).removeprefix("Value error, ")
