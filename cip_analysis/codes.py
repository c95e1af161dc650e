"""The statutory return's code lists, dated, and our groupings of them: the one place where codes get their names.

A code is valid in the collection years `first`..`last` (year ending 31 March, both included). A grouping that
reports across a change of codes says so through `CROSSWALKS`.
Source: DfE, Children looked after by local authorities in England: guide to the SSDA903 collection, 2010/11 to
2025/26, summarised in docs/data_dictionary.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """One code of the return: its name here and the collection years in which it may be used."""

    name: str
    first: int = 0
    last: int = 9999

    def valid_in(self, year: int) -> bool:
        """Whether the code may be used in the collection year ending 31 March `year`."""
        return self.first <= year <= self.last


def _codes(names: Mapping[str, str]) -> dict[str, Code]:
    return {code: Code(name) for code, name in names.items()}


START_REASONS: Mapping[str, Code] = _codes(
    {
        "S": "started to be looked after",
        "P": "placement changed",
        "L": "legal status changed",
        "T": "placement changed, same carer",
        "B": "placement, carer and legal status changed",
        "U": "placement and legal status changed, same carer",
    }
)
STARTS_A_PERIOD = "S"
MOVES_PLACEMENT = frozenset("PTBU")
KEEPS_CARER = frozenset("TU")

LEGAL_STATUSES: Mapping[str, Code] = _codes(
    {
        "C1": "interim care order",
        "C2": "full care order",
        "D1": "freeing order",
        "E1": "placement order",
        "V2": "section 20",
        "V3": "respite series, each stay",
        "V4": "respite series, agreement",
        "L1": "police protection",
        "L2": "emergency protection order",
        "L3": "child assessment order",
        "J1": "remand",
        "J2": "police custody accommodation",
        "J3": "youth rehabilitation order",
    }
)
RESPITE_STATUSES = frozenset({"V3", "V4"})
LEGAL_GROUPS: Mapping[str, str] = {
    "C1": "interim care order",
    "C2": "full care order",
    "D1": "freeing or placement order",
    "E1": "freeing or placement order",
    "V2": "section 20",
    "V3": "respite",
    "V4": "respite",
    "L1": "child protection",
    "L2": "child protection",
    "L3": "child protection",
    "J1": "youth justice",
    "J2": "youth justice",
    "J3": "youth justice",
}

NEEDS: Mapping[str, Code] = _codes(
    {
        "N1": "abuse or neglect",
        "N2": "child's disability",
        "N3": "parental illness or disability",
        "N4": "family in acute stress",
        "N5": "family dysfunction",
        "N6": "socially unacceptable behaviour",
        "N7": "low income",
        "N8": "absent parenting",
    }
)

PLACEMENTS: Mapping[str, Code] = {
    "A3": Code("placed for adoption with consent, current foster carer"),
    "A4": Code("placed for adoption with consent, not current foster carer"),
    "A5": Code("placed for adoption with placement order, current foster carer"),
    "A6": Code("placed for adoption with placement order, not current foster carer"),
    "H5": Code("semi-independent living", last=2025),
    "K1": Code("secure children's home"),
    "K2": Code("children's home"),
    "K3": Code("supported accommodation", first=2024),
    "P1": Code("with parents"),
    "P2": Code("independent living", last=2025),
    "P3": Code("residential employment"),
    "Q1": Code("foster carer, relative or friend", last=2015),
    "Q2": Code("foster carer, other", last=2015),
    "R1": Code("residential care home"),
    "R2": Code("health provision"),
    "R3": Code("family centre or mother and baby unit"),
    "R5": Code("young offender institution or prison"),
    "S1": Code("residential school"),
    "T0": Code("temporary, all types"),
    "T1": Code("temporary, hospital"),
    "T2": Code("temporary, holiday"),
    "T3": Code("temporary, carer on holiday"),
    "T4": Code("temporary, seven days or less"),
    "U1": Code("foster carer, relative or friend, long term"),
    "U2": Code("foster carer, relative or friend, for adoption"),
    "U3": Code("foster carer, relative or friend, other"),
    "U4": Code("foster carer, long term"),
    "U5": Code("foster carer, for adoption"),
    "U6": Code("foster carer, other"),
    "Z1": Code("other placement", last=2025),
    "Z11": Code("other placement, first kind", first=2026),
    "Z12": Code("other placement, second kind", first=2026),
    "Z13": Code("other placement, third kind", first=2026),
    "Z14": Code("other placement, fourth kind", first=2026),
}
TEMPORARY_PLACEMENTS = frozenset({"T0", "T1", "T2", "T3", "T4"})
FOSTER_PLACEMENTS = frozenset({"Q1", "Q2", "U1", "U2", "U3", "U4", "U5", "U6"})
ADOPTION_PLACEMENTS = frozenset({"A3", "A4", "A5", "A6"})

PROVIDERS: Mapping[str, Code] = _codes(
    {
        "PR0": "parent",
        "PR1": "own authority",
        "PR2": "other authority",
        "PR3": "other public",
        "PR4": "private",
        "PR5": "voluntary",
    }
)
PUBLIC_PROVIDERS = frozenset({"PR1", "PR2", "PR3"})
INDEPENDENT_PROVIDERS = frozenset({"PR4", "PR5"})

END_REASONS: Mapping[str, Code] = {
    "X1": Code("continues"),
    "E11": Code("adopted, not contested"),
    "E12": Code("adopted, consent dispensed with"),
    "E2": Code("died"),
    "E3": Code("care taken by another authority"),
    "E4A": Code("returned home, planned"),
    "E4B": Code("returned home, unplanned"),
    "E13": Code("left to live with relatives or friends"),
    "E41": Code("child arrangements order"),
    "E43": Code("special guardianship, former foster carer", last=2018),
    "E44": Code("special guardianship, other carer", last=2018),
    "E45": Code("special guardianship, former foster carer, relative or friend", first=2019),
    "E46": Code("special guardianship, former foster carer, not a relative", first=2019),
    "E47": Code("special guardianship, other carer, relative or friend", first=2019),
    "E48": Code("special guardianship, other carer, not a relative", first=2019),
    "E5": Code("independent living, supported"),
    "E6": Code("independent living, not supported"),
    "E7": Code("adult social care"),
    "E8": Code("any other reason"),
    "E9": Code("sentenced to custody"),
    "E14": Code("remand ended"),
    "E15": Code("age assessed as 18 or over"),
    "E16": Code("moved abroad"),
    "E17": Code("aged 18, stayed with carers"),
}
EPISODE_CONTINUES = "X1"

WAYS_OUT: tuple[str, ...] = (
    "returned home",
    "adopted",
    "special guardianship or child arrangements",
    "moved to relatives, abroad or another authority",
    "independence or adult services",
    "custody, or remand ended",
    "other or not recorded",
    "turned 18",
)
"""Our groups of reasons for leaving care; everyone who reaches their eighteenth birthday leaves by the last."""

END_REASON_WAYS: Mapping[str, str] = {
    **dict.fromkeys(("E11", "E12"), "adopted"),
    **dict.fromkeys(("E4A", "E4B"), "returned home"),
    **dict.fromkeys(("E41", "E43", "E44", "E45", "E46", "E47", "E48"), "special guardianship or child arrangements"),
    **dict.fromkeys(("E3", "E13", "E16"), "moved to relatives, abroad or another authority"),
    **dict.fromkeys(("E5", "E6", "E7", "E17"), "independence or adult services"),
    **dict.fromkeys(("E9", "E14"), "custody, or remand ended"),
    **dict.fromkeys(("E2", "E8", "E15"), "other or not recorded"),
}
WAY_OUT_OF: Mapping[str, str] = {END_REASONS[code].name: way for code, way in END_REASON_WAYS.items()}
"""Reason for leaving, by the name it has in our tables -> the way out."""

MOVE_REASONS: Mapping[str, Code] = {
    "CARPL": Code("care plan"),
    "CLOSE": Code("home closed or carer resigned"),
    "ALLEG": Code("allegation"),
    "STAND": Code("standards of care"),
    "APPRR": Code("approval removed"),
    "CREQB": Code("carer asked, behaviour"),
    "CREQO": Code("carer asked, other reason"),
    "CHILD": Code("child asked"),
    "LAREQ": Code("authority asked"),
    "PLACE": Code("placement no longer available"),
    "CUSTOD": Code("custody", first=2019),
    "OTHER": Code("other"),
}

SEXES: Mapping[str, Code] = {
    "1": Code("male", last=2024),
    "2": Code("female", last=2024),
    "M": Code("male", first=2025),
    "F": Code("female", first=2025),
    "U": Code("unknown", first=2025),
}

ETHNIC_GROUPS: Mapping[str, str] = {
    **dict.fromkeys(("WBRI", "WIRI", "WOTH", "WIRT", "WROM"), "White"),
    **dict.fromkeys(("MWBC", "MWBA", "MWAS", "MOTH"), "Mixed or multiple"),
    **dict.fromkeys(("AIND", "APKN", "ABAN", "AOTH", "CHNE"), "Asian or Asian British"),
    **dict.fromkeys(("BCRB", "BAFR", "BOTH"), "Black or Black British"),
    "OOTH": "Other",
    "REFU": "Refused or not known",
    "NOBT": "Refused or not known",
}

# ---- our groupings --------------------------------------------------------------------------------------------

SETTINGS: tuple[str, ...] = (
    "in-house foster",
    "independent foster",
    "kinship",
    "external residential",
    "in-house residential",
    "16+ supported",
    "with parents",
    "placed for adoption",
    "secure and health",
    "family centre",
    "other",
)
RESIDENTIAL_PLACEMENTS = frozenset({"K2", "R1", "P3", "S1"})
PLACEMENT_SETTINGS: Mapping[str, str] = {
    **dict.fromkeys(("U1", "U2", "U3", "Q1"), "kinship"),
    **dict.fromkeys(("K1", "R2", "R5"), "secure and health"),
    "R3": "family centre",
    **dict.fromkeys(("H5", "P2", "K3"), "16+ supported"),
    "P1": "with parents",
    **dict.fromkeys(("A3", "A4", "A5", "A6"), "placed for adoption"),
}


def setting_of(placement: str, provider: str) -> str:
    """Our setting for one placement code and provider code; "other" where the pair cannot be placed.

    A foster placement without a provider is "other": guessing whose it is would move money between settings.
    Temporary placements have no setting of their own: `returns.episodes` carries the one before.

    >>> setting_of("U6", "PR4"), setting_of("K2", "PR1"), setting_of("K2", "PR4"), setting_of("U6", "")
    ('independent foster', 'in-house residential', 'external residential', 'other')
    """
    if placement in ("U4", "U5", "U6", "Q2"):
        if provider in PUBLIC_PROVIDERS:
            return "in-house foster"
        return "independent foster" if provider in INDEPENDENT_PROVIDERS else "other"
    if placement in RESIDENTIAL_PLACEMENTS:
        return "in-house residential" if provider == "PR1" else "external residential"
    return PLACEMENT_SETTINGS.get(placement, "other")


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """A break in coding that a grouping spans: said wherever that setting is shown across `year`."""

    setting: str
    year: int
    note: str


CROSSWALKS: tuple[Crosswalk, ...] = (
    Crosswalk("16+ supported", 2024, "supported accommodation (K3) joins semi-independent and independent living"),
    Crosswalk("16+ supported", 2026, "semi-independent (H5) and independent living (P2) are no longer used"),
    Crosswalk("other", 2026, "the single code for other placements (Z1) is replaced by four"),
)


def crosswalks_between(first_year: int, last_year: int) -> tuple[Crosswalk, ...]:
    """The breaks in coding met by a series running from collection year `first_year` to `last_year`."""
    return tuple(walk for walk in CROSSWALKS if first_year < walk.year <= last_year)


AGE_BANDS: tuple[str, ...] = ("under 1", "1 to 4", "5 to 9", "10 to 15", "16 and over")
AGE_BAND_STARTS: tuple[int, ...] = (0, 1, 5, 10, 16)
AGE_UNKNOWN = "age not known"
ADULT_AGE = 18


def age_band(age_years: int) -> str:
    """The published age band of a whole age in years.

    >>> age_band(0), age_band(9), age_band(16)
    ('under 1', '5 to 9', '16 and over')
    """
    return AGE_BANDS[sum(age_years >= start for start in AGE_BAND_STARTS[1:])]


# ---- the tables of the return ---------------------------------------------------------------------------------

TABLES: Mapping[str, tuple[str, ...]] = {
    "header": ("CHILD", "SEX", "DOB", "ETHNIC", "UPN", "MOTHER", "MC_DOB"),
    "episodes": (
        "CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "DEC", "REC",
        "REASON_PLACE_CHANGE", "HOME_POST", "PL_POST", "URN",
    ),
    "uasc": ("CHILD", "SEX", "DOB", "DUC"),
    "reviews": ("CHILD", "DOB", "REVIEW", "REVIEW_CODE"),
    "oc2": (
        "CHILD", "DOB", "SDQ_SCORE", "SDQ_REASON", "CONVICTED", "HEALTH_CHECK", "IMMUNISATIONS", "TEETH_CHECK",
        "HEALTH_ASSESSMENT", "SUBSTANCE_MISUSE", "INTERVENTION_RECEIVED", "INTERVENTION_OFFERED",
    ),
    "oc3": ("CHILD", "DOB", "IN_TOUCH", "ACTIV", "ACCOM"),
    "ad1": (
        "CHILD", "DOB", "DATE_INT", "DATE_MATCH", "FOSTER_CARE", "NB_ADOPTR", "SEX_ADOPTR", "LS_ADOPTR",
    ),
    "placed_adoption": ("CHILD", "DOB", "DATE_PLACED", "DATE_PLACED_CEASED", "REASON_PLACED_CEASED"),
    "previous_permanence": ("CHILD", "DOB", "PREV_PERM", "LA_PERM", "DATE_PERM"),
    "missing": ("CHILD", "DOB", "MISSING", "MIS_START", "MIS_END"),
    "social_workers": ("CHILD", "DOB", "SW_ID", "SW_DECOM", "SW_DEC", "SW_REASON"),
}  # fmt: skip
REQUIRED_TABLES: tuple[str, ...] = ("episodes",)
DATE_COLUMNS = frozenset(
    {
        "DOB", "MC_DOB", "DECOM", "DEC", "DUC", "REVIEW", "DATE_INT", "DATE_MATCH", "DATE_PLACED",
        "DATE_PLACED_CEASED", "DATE_PERM", "MIS_START", "MIS_END", "SW_DECOM", "SW_DEC",
    }
)  # fmt: skip
