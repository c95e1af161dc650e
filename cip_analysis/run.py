"""Open a run: every record a notebook needs, read once, from the settings file it names.

A notebook's first step is `county = open_run(run, returns=returns, payments=payments, audience=audience)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import pandas as pd

from cip_analysis.contracts import empty_table
from cip_analysis.councils import boundaries_in_words, read_council
from cip_analysis.demand.capacity import Capacity, count_capacity, state_capacity
from cip_analysis.impact.claim_evidence import Evidence
from cip_analysis.impact.claims import Claims, reconcile_claims
from cip_analysis.ledgers import Findings, Treatments
from cip_analysis.records import COMPARATOR_COLUMNS, PAYMENT_COLUMNS, Comparators, Episodes, Payments, Returns
from cip_analysis.returns.capacity import read_capacity
from cip_analysis.returns.checks import check_returns
from cip_analysis.returns.episodes import build_episodes
from cip_analysis.returns.finance import read_payments
from cip_analysis.returns.payments.against_stays import check_against_stays
from cip_analysis.returns.payments.matching import match_payments
from cip_analysis.returns.published import read_published
from cip_analysis.returns.reference.indices import COLUMNS as INDEX_COLUMNS
from cip_analysis.returns.reference.indices import read_indices
from cip_analysis.returns.reference.national import COLUMNS, RECORD_COLUMNS, read_national, read_record
from cip_analysis.returns.reference.not_yet import last_published, no_episodes, no_returns
from cip_analysis.returns.ssda903 import read_returns
from cip_analysis.scenario_settings import Scenario
from cip_analysis.settings import Council, Disclosure, Judgement, find_root, read_assumptions, read_settings
from cip_analysis.settings import Run as RunSettings


class RunError(ValueError):
    """A run names data that are not there, or an audience nobody has."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run with its data read: what every notebook starts from.

    A run without returns (none have been loaded yet) has empty ones: see `has_returns` and `publicly.py`.

    settings, council, assumptions: as the settings files say. disclosure: the rule for this audience.
    returns, findings: what was sent, and what is wrong with it.
    episodes, treatments: the histories built from it, and the ledger of every altered row.
    payments: matched to stays, with findings and treatments of their own; no rows where the run has no file.
    comparators: published statistics for the council, its neighbours, region and country.
    claims: what an earlier report stated, to be set beside the data; none where the run names no file.
    estimates: what the national panel taught of growth and drift (returns/reference/national.py); no rows where no
    file is named. record: how right each method was for every authority (the same). indices: dated price indices,
    every vintage (returns/reference/indices.py).
    capacity: the council's own carers and homes on the census date: from its capacity file, or as its settings state.
    scenarios: what might be decided or happen, each a set of levers, in the order the run names them.
    own_data: the returns are the run's own, not another folder named by a parameter.
    """

    settings: RunSettings
    council: Council
    assumptions: dict[str, Judgement]
    disclosure: Disclosure
    audience: str
    returns: Returns
    findings: Findings
    episodes: Episodes
    treatments: Treatments
    payments: Payments
    payment_findings: Findings
    payment_treatments: Treatments
    comparators: Comparators
    claims: Claims
    estimates: pd.DataFrame
    record: pd.DataFrame
    indices: pd.DataFrame
    capacity: Capacity
    scenarios: tuple[Scenario, ...]
    root: Path
    own_data: bool

    @property
    def has_returns(self) -> bool:
        """Whether any return has been loaded; without one only published figures can be told."""
        return bool(self.years)

    @property
    def as_at(self) -> date:
        """The last day the returns describe; without returns, the last 31 March published of the council."""
        return self.episodes.census_date

    @property
    def synthetic(self) -> bool:
        """Whether any figure rests on invented children."""
        return self.episodes.synthetic

    @property
    def has_payments(self) -> bool:
        """Whether there are payments to price with; otherwise prices are assumed, and the page says so."""
        return len(self.payments.table) > 0

    @property
    def years(self) -> tuple[int, ...]:
        """The collection years of the returns (year ending 31 March), ascending."""
        return self.returns.years

    @property
    def first_month(self) -> date:
        """The last day of the first month the returns describe."""
        return date(self.years[0] - 1, 4, 30)

    @property
    def closed_years(self) -> tuple[int, ...]:
        """The years of the returns that are over on the census date: an in-year extract's last is not among them."""
        return tuple(year for year in self.years if date(year, 3, 31) <= self.as_at)

    @property
    def last_year(self) -> int:
        """The last of the closed years.

        Raises RunError where none is over: an extract of part of one year has no yearly figures.
        """
        if not self.has_returns:
            return self.as_at.year
        if not self.closed_years:
            raise RunError(
                f"No collection year is over on the census date, {self.as_at}, so there are no yearly figures. "
                "Add a whole year of returns, or leave this page out of the pack."
            )
        return self.closed_years[-1]

    @property
    def report(self) -> str:
        """The earlier report whose claims are set beside the data, for a sentence."""
        return f"report to {self.claims.meeting}" if self.claims.claims else "earlier report (none was given)"

    @property
    def whose(self) -> str:
        """Whom the returns are of, to begin a sentence: another folder's are not the council's."""
        return self.council.name if self.own_data else "The council in the returns supplied"

    @property
    def source(self) -> str:
        """Where the county's own figures come from, for the foot of an exhibit."""
        if not self.has_returns:
            return "DfE, Children looked after in England"
        name = (
            f"{self.council.name}'s SSDA903 returns" if self.own_data else "SSDA903 returns supplied in another folder"
        )
        return f"{name}, years ending March {self.years[0]} to {self.years[-1]}"


def open_run(
    run: str,
    *,
    returns: str = "",
    payments: str = "",
    audience: Literal["public", "exempt"] | str = "public",
    council: str = "",
    check: bool = True,
) -> Run:
    """The run with its data read, checked and repaired.

    run: its settings file, from the project's root (as are the other paths); an absolute path serves too.
    returns: another folder of returns, in place of the run's own. Its census date is then worked out from its
    files, and the run's own payments, which belong to other children, are left out unless `payments` names some.
    council: an authority's code or name, for a run that names no returns, in place of the run's own council.
    check: hold the returns against the rules; where not, `findings` has only what was noticed in reading them.
    Raises RunError, SettingsError or the readers' own errors, each saying what to do.
    """
    root = find_root(Path.cwd())
    if (made := _ready.pop((root, run, returns, payments, audience, council, check), None)) is not None:
        return made
    return _open(root, (run, returns, payments, audience, council, check))


Asked = tuple[Path, str, str, str, str, str, bool]
Ahead = tuple[Asked, Run]
_ready: dict[Asked, Run] = {}


def read_ahead(
    *, root: str, run: str, returns: str = "", payments: str = "", audience: str = "public", council: str = ""
) -> Ahead | None:
    """A run opened before the notebooks that are about to ask for it; none where it cannot be: they will say why."""
    asked = (run, returns, payments, audience, council, True)
    with suppress(ValueError, OSError):
        return (Path(root), *asked), _open(Path(root), asked)
    return None


def keep_ahead(read: Ahead | None) -> None:
    """Have a run ready for the first call of `open_run` that asks for it, here and in every fork of this Python."""
    if read is not None:
        _ready[read[0]] = read[1]


def _open(root: Path, asked: tuple[str, str, str, str, str, bool]) -> Run:
    """The run read from its files."""
    run, returns, payments, audience, named, check = asked
    chosen = read_settings(root / run, RunSettings)
    council = read_council(root, _council_of(chosen, returns, named))
    own_data = not returns
    published = _read_comparators(root, chosen.published, council)
    if returns or chosen.returns:
        folder = _existing(root, returns or chosen.returns, "returns")
        sent = read_returns(folder, chosen.as_at if own_data else None)
    else:
        sent = no_returns(
            chosen.as_at or last_published(published, council, boundaries_in_words(root, council.la_code))
        )
    findings = sent.findings.join(check_returns(sent)) if check and sent.years else sent.findings
    episodes, treatments = build_episodes(sent) if sent.years else no_episodes(sent.census_date)
    treatments = sent.treatments.join(treatments)
    ledger = payments or (chosen.payments if own_data else "")
    paid, paid_findings, paid_treatments = _read_ledger(root, ledger, council, episodes)
    assumptions = read_assumptions(root / "config" / "assumptions.toml")
    return Run(
        settings=chosen,
        council=council,
        assumptions=assumptions,
        disclosure=chosen.disclosure_for(audience),
        audience=audience,
        returns=sent,
        findings=findings,
        episodes=episodes,
        treatments=treatments,
        payments=paid,
        payment_findings=paid_findings,
        payment_treatments=paid_treatments,
        comparators=published,
        claims=_read_claims(root, chosen.claims),
        estimates=_read_estimates(root, chosen.national),
        record=_read_record(root, chosen.track_record),
        indices=_read_indices(root, chosen.indices),
        capacity=_read_places(root, chosen.capacity if own_data else "", council, (episodes.census_date, assumptions)),
        scenarios=_read_scenarios(root, chosen.scenarios),
        root=root,
        own_data=own_data,
    )


def reconcile_report(run: Run) -> pd.DataFrame:
    """Every claim of the earlier report that the run names, beside what the data say; no rows where it names none.

    Columns as `impact.claims.reconcile_claims` gives them. Returns that are not the run's own are left out of it: the
    report speaks of the council, and other children prove nothing about it.
    """
    episodes = run.episodes if run.own_data else None
    payments = run.payments if run.own_data and run.has_payments else None
    evidence = Evidence(run.council, run.comparators, run.disclosure, episodes, payments)
    return reconcile_claims(run.claims, evidence)


def _council_of(chosen: RunSettings, returns: str, named: str) -> str:
    """The council asked for: the run's own unless the run has no returns to tie it to one."""
    if named and (returns or chosen.returns):
        raise RunError(
            "A council can be chosen by its code only in a run without returns, because returns are of one council. "
            "Name it in the run's settings, or use config/runs/published-only.toml."
        )
    return named or chosen.council


def _read_claims(root: Path, name: str) -> Claims:
    """The earlier report's claims; none where the run names no file of them."""
    if not name:
        return Claims(report="", meeting="", day=date.min, claims=())
    return read_settings(_existing(root, name, "claims"), Claims)


def _read_scenarios(root: Path, names: Sequence[str]) -> tuple[Scenario, ...]:
    """The scenarios in the order named; two of one name could not be told apart in a table, and are refused."""
    scenarios = tuple(read_settings(_existing(root, name, "scenario"), Scenario) for name in names)
    called = [scenario.name for scenario in scenarios]
    if repeated := sorted({name for name in called if called.count(name) > 1}):
        raise RunError(f"More than one scenario is called {', '.join(repeated)}. Name each once in the run's settings.")
    return scenarios


def _read_estimates(root: Path, name: str) -> pd.DataFrame:
    """What the national panel taught; no rows where the run names no file of it."""
    if not name:
        return pd.DataFrame({column: [] for column in COLUMNS})
    return read_national(_existing(root, name, "national estimates"))


def _read_record(root: Path, name: str) -> pd.DataFrame:
    """How right national forecasts have been; no rows where the run names no file of it."""
    if not name:
        return pd.DataFrame({column: [] for column in RECORD_COLUMNS})
    return read_record(_existing(root, name, "track record"))


def _read_indices(root: Path, name: str) -> pd.DataFrame:
    """Dated price indices; no rows where the run names no file of them."""
    if not name:
        return pd.DataFrame({column: [] for column in INDEX_COLUMNS})
    return read_indices(_existing(root, name, "price indices"))


def _read_places(root: Path, name: str, council: Council, known: tuple[date, dict[str, Judgement]]) -> Capacity:
    """The council's own places on a day, known: that day and the judgements that stand in where there is no file."""
    if not name:
        return state_capacity(council.capacity, *known)
    return count_capacity(read_capacity(_existing(root, name, "capacity file")), known[0])


def _read_ledger(
    root: Path, ledger: str, council: Council, episodes: Episodes
) -> tuple[Payments, Findings, Treatments]:
    """The payments matched to stays, what is wrong with them, and what was done; nothing where there is no file."""
    if not ledger:
        return Payments(empty_table(PAYMENT_COLUMNS)), Findings.of([]), Treatments.of([])
    paid, findings, treatments = read_payments(_existing(root, ledger, "payments"), council.payment_columns)
    matched, met = match_payments(paid, episodes)
    return matched, findings.join(check_against_stays(matched, episodes)), treatments.join(met)


def _read_comparators(root: Path, published: str, council: Council) -> Comparators:
    """The published statistics, the council and its region called as the council's file calls them; none if blank."""
    if not published:
        return Comparators(empty_table(COMPARATOR_COLUMNS).assign(published=pd.Series(dtype="datetime64[us]")))
    comparators = read_published(_existing(root, published, "published statistics"))
    table = comparators.table
    names = {council.la_code: council.name, council.region_code: council.region}
    called = table["area_code"].map(names).fillna(table["area"]).astype("str")
    return Comparators(table.assign(area=called), comparators.neighbours)


def _existing(root: Path, name: str, what: str) -> Path:
    """The path of a file or folder that must be there."""
    path = root / name
    if not path.exists():
        raise RunError(
            f"No {what} at {name}. Check the path in the run's settings; "
            "the invented county is made by `make data` (or `cip synthesise`)."
        )
    return path
