"""Kinds of damage a council's return arrives with: each takes a healthy folder and harms it in one way.

The healthy folder: 40 invented children over three collection years (ending March 2016 to 2018), one sub-folder a year.
Child k starts 23 days after child k - 1 and moves every few months, so every year is full of events without chance.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl
import pandas as pd
from builders import a_header, an_episode, write_table

YEARS = (2016, 2017, 2018)
CHILDREN = tuple(f"7{k:02d}431" for k in range(40))
STAYS = (("U6", "PR1"), ("U4", "PR4"), ("K2", "PR4"), ("U3", "PR1"), ("U6", "PR5"))
LONG_STAYER = CHILDREN[3]
MOVER = CHILDREN[6]
Row = dict[str, str]


def day(text: str) -> date:
    return date(*(int(part) for part in text.split("/")[::-1]))


def write_day(when: date | None) -> str:
    return f"{when:%d/%m/%Y}" if when else ""


def history(k: int) -> list[Row]:
    """One child's whole history, as rows with both dates."""
    start = date(2015, 5, 1) + timedelta(days=23 * k)
    stays = k % 4 + 2
    rows = []
    for stay in range(stays):
        end = start + timedelta(days=170 + 7 * (k % 5))
        place, provider = STAYS[(k + stay) % len(STAYS)]
        last = stay == stays - 1
        rows.append(
            an_episode(
                CHILD=CHILDREN[k], DECOM=write_day(start), RNE="P" if stay else "S", PLACE=place,
                PLACE_PROVIDER=provider, DEC=write_day(end), REC="E4A" if last else "X1",
                REASON_PLACE_CHANGE="" if last else "CARPL", HOME_POST="ZZ7 3QQ", PL_POST="ZZ8 4QQ",
                URN=f"12{k:02d}{stay}77",
            )
        )  # fmt: skip
        start = end
    return rows


def in_year(rows: list[Row], year: int) -> list[Row]:
    """The rows of one collection year: what was open in it, with ends that came later left blank."""
    first, last = date(year - 1, 4, 1), date(year, 3, 31)
    sent = [row for row in rows if day(row["DECOM"]) <= last and day(row["DEC"]) >= first]
    blank = {"DEC": "", "REC": "", "REASON_PLACE_CHANGE": ""}
    return [row if day(row["DEC"]) <= last else {**row, **blank} for row in sent]


def born(k: int) -> date:
    return date(2003 + k % 11, k % 12 + 1, k % 28 + 1)


def header_row(k: int) -> Row:
    return a_header(
        CHILD=CHILDREN[k],
        SEX=str(k % 2 + 1),
        DOB=write_day(born(k)),
        UPN=f"A9{k:011d}",
        ETHNIC="WBRI" if k % 3 else "BAFR",
    )


def healthy(folder: Path) -> Path:
    """The healthy returns in `folder`: three years, three tables each."""
    for year in YEARS:
        rows = [row for k in range(40) for row in in_year(history(k), year)]
        sent = dict.fromkeys(row["CHILD"] for row in rows)
        write_table(folder / str(year), "episodes.csv", rows)
        write_table(folder / str(year), "header.csv", [header_row(CHILDREN.index(child)) for child in sent])
        missing = [
            {"CHILD": child, "DOB": write_day(born(CHILDREN.index(child))), "MISSING": "M",
             "MIS_START": f"0{place + 1}/02/{year}", "MIS_END": f"1{place + 1}/02/{year}"}
            for place, child in enumerate(list(sent)[:3])
        ]  # fmt: skip
        write_table(folder / str(year), "missing.csv", missing)
    return folder


# ---- ways of doing harm ---------------------------------------------------------------------------------------


def rows_of(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype="str", keep_default_na=False)


def edit(folder: Path, name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Rewrite one table."""
    change(rows_of(folder / name)).to_csv(folder / name, index=False)


def put(folder: Path, name: str, child: str, **cells: str) -> None:
    """Overwrite cells of every row of one child in one table."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        mine = table["CHILD"] == child
        return table.assign(**{column: table[column].mask(mine, cell) for column, cell in cells.items()})

    edit(folder, name, change)


def put_everywhere(folder: Path, table: str, child: str, **cells: str) -> None:
    for year in YEARS:
        if child in set(rows_of(folder / str(year) / table)["CHILD"]):
            put(folder, f"{year}/{table}", child, **cells)


def put_last(folder: Path, name: str, child: str, **cells: str) -> None:
    """Overwrite cells of the last row of one child in one table."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        last = table.index == table.index[table["CHILD"] == child][-1]
        return table.assign(**{column: table[column].mask(last, cell) for column, cell in cells.items()})

    edit(folder, name, change)


def add(folder: Path, name: str, *rows: Row) -> None:
    edit(folder, name, lambda table: pd.concat([table, pd.DataFrame(rows)], ignore_index=True).fillna(""))


def recode(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


def as_workbook(folder: Path, year: int, *, titles: int = 0, formula: str = "") -> None:
    """Put one year's tables on the sheets of a workbook, dates as real dates, in the place of its files."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for path in sorted((folder / str(year)).glob("*.csv")):
        sheet = book.create_sheet(f"Sheet {path.stem[:3]}")
        table = rows_of(path)
        for line in range(titles):
            sheet.append([f"Looked after children, extract {line}"])
            sheet.merge_cells(start_row=line + 1, end_row=line + 1, start_column=1, end_column=6)
        sheet.append(list(table))
        for row in table.itertuples(index=False):
            sheet.append([day(cell) if cell.count("/") == 2 else cell or None for cell in row])
        if formula and path.stem == "episodes":
            sheet.cell(row=titles + 2, column=list(table).index("URN") + 1, value=formula)
        path.unlink()
    book.save(folder / str(year) / "return.xlsx")


def as_xml(folder: Path, year: int, *, prologue: str = "", keep: float = 1.0) -> None:
    """Put one year's tables in a statutory XML file, in the place of its files; `keep` less than 1 breaks it off."""
    place = folder / str(year)
    episodes, header, missing = (rows_of(place / f"{name}.csv") for name in ("episodes", "header", "missing"))
    parts = []
    for child in header.to_dict("records"):
        items = _elements({"CHILDID": child["CHILD"], **{tag: child[tag] for tag in list(child)[1:]}})
        gone = missing[missing["CHILD"] == child["CHILD"]].to_dict("records")
        inside = "".join(f"<AMISSING>{_elements(dict(list(row.items())[2:]))}</AMISSING>\n" for row in gone)
        stays = episodes[episodes["CHILD"] == child["CHILD"]].rename(columns={"PLACE": "PL"}).to_dict("records")
        told = "".join(f"<EPISODE>{_elements(dict(list(row.items())[1:]))}</EPISODE>\n" for row in stays)
        parts.append(f"<CHILD>\n<HEADER>{items}\n{inside}</HEADER>\n{told}</CHILD>\n")
    text = f'<?xml version="1.0" encoding="utf-8"?>\n{prologue}<EXPSSDA903>\n{"".join(parts)}</EXPSSDA903>\n'
    for path in place.glob("*.csv"):
        path.unlink()
    (place / "return.xml").write_text(text[: int(len(text) * keep)], encoding="utf-8")


def _elements(items: Row) -> str:
    return "".join(f"<{tag}>{escape(cell)}</{tag}>" for tag, cell in items.items() if cell)


# ---- the kinds of damage --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Damage:
    """One kind of damage, and what must come of it.

    says: words that must all stand in one finding or treatment (its rule, meaning and place together).
    touched: children whose histories may differ from the healthy ones; the others must come out the same.
    unknown: columns that may be blank for everyone. refuses: nothing usable is left, and ReturnError is raised.
    """

    name: str
    harm: Callable[[Path], object]
    says: tuple[str, ...]
    touched: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    refuses: bool = False


DAMAGES: list[Damage] = []


def damage(
    *says: str, touched: tuple[str, ...] = (), unknown: tuple[str, ...] = (), refuses: bool = False
) -> Callable[[Callable[[Path], object]], Callable[[Path], object]]:
    """List a function as a kind of damage."""

    def listed(harm: Callable[[Path], object]) -> Callable[[Path], object]:
        name = harm.__name__.replace("_", " ")
        DAMAGES.append(Damage(name, harm, says, frozenset(touched), frozenset(unknown), refuses))
        return harm

    return listed


EVERYONE = CHILDREN


def sent_in(*years: int) -> tuple[str, ...]:
    """The children with episodes in any of these collection years."""
    return tuple(CHILDREN[k] for k in range(40) if any(in_year(history(k), year) for year in years))


# people


@damage("ethnic group is blank", touched=(LONG_STAYER,))
def blank_ethnicity(folder):
    put_everywhere(folder, "header.csv", LONG_STAYER, ETHNIC="")


@damage("ethnic group is blank or not", touched=(LONG_STAYER,))
def unknown_ethnicity(folder):
    put_everywhere(folder, "header.csv", LONG_STAYER, ETHNIC="KLIN")


@damage("unreadable date", "DOB", touched=(LONG_STAYER,))
def unreadable_birth_date(folder):
    put_everywhere(folder, "header.csv", LONG_STAYER, DOB="31/02/2oo6")


@damage("birth date impossible", touched=(LONG_STAYER,))
def a_forty_year_old(folder):
    put_everywhere(folder, "header.csv", LONG_STAYER, DOB="01/06/1977")


@damage("birth date impossible", touched=(LONG_STAYER,))
def born_in_2035(folder):
    put_everywhere(folder, "header.csv", LONG_STAYER, DOB="01/06/2035")


@damage("ends before it begins", touched=(MOVER,))
def end_before_start(folder):
    put_last(folder, "2018/episodes.csv", MOVER, DEC="01/05/2015", REC="E4A")


@damage("two birth dates", touched=(LONG_STAYER,))
def two_birth_dates(folder):
    put(folder, "2017/header.csv", LONG_STAYER, DOB="09/09/2009")


@damage("two sexes", touched=(LONG_STAYER,))
def two_sexes(folder):
    put(folder, "2017/header.csv", LONG_STAYER, SEX="1")


@damage("table missing", "every age", unknown=("birth_date", "sex", "ethnic_group"))
def header_missing_throughout(folder):
    for year in YEARS:
        (folder / str(year) / "header.csv").unlink()


@damage("child not in the header", touched=(LONG_STAYER, MOVER))
def header_without_some_children(folder):
    for year in YEARS:
        edit(folder, f"{year}/header.csv", lambda table: table[~table["CHILD"].isin([LONG_STAYER, MOVER])])


@damage("table missing", "2017")
def header_missing_for_one_year(folder):
    (folder / "2017" / "header.csv").unlink()


@damage("child identifier blank", touched=(MOVER,))
def child_blank(folder):
    put(folder, "2017/episodes.csv", MOVER, CHILD="")


# identifiers as spreadsheets leave them


@damage("whole numbers with a point")
def child_as_a_decimal(folder):
    for year in YEARS:
        for name in ("episodes.csv", "header.csv", "missing.csv"):
            edit(folder, f"{year}/{name}", lambda table: table.assign(CHILD=table["CHILD"] + ".0"))


@damage("leading zeros", touched=(MOVER, f"0{MOVER}"))
def leading_zero(folder):
    put(folder, "2017/episodes.csv", MOVER, CHILD=f"0{MOVER}")


@damage("child identifier rounded", touched=(MOVER,))
def child_in_powers_of_ten(folder):
    put(folder, "2017/episodes.csv", MOVER, CHILD="7.06E+05")


# dates


@damage("dates with the year first")
def iso_dates_throughout(folder):
    def change(table):
        return table.assign(**{name: _iso(table[name]) for name in ("DECOM", "DEC")})

    edit(folder, "2017/episodes.csv", change)


def _iso(column: pd.Series) -> pd.Series:
    return pd.to_datetime(column, format="%d/%m/%Y").dt.strftime("%Y-%m-%d").fillna("")


@damage("dates with dashes")
def mixed_date_formats(folder):
    def change(table):
        decom = table["DECOM"].copy()
        decom.iloc[0::4] = _iso(decom.iloc[0::4])
        decom.iloc[1::4] = decom.iloc[1::4].str.replace("/", "-")
        decom.iloc[2::4] = decom.iloc[2::4] + " 00:00:00"
        return table.assign(DECOM=decom)

    edit(folder, "2017/episodes.csv", change)


@damage("dates as spreadsheet numbers")
def dates_as_serial_numbers(folder):
    def change(table):
        days = pd.to_datetime(table["DECOM"], format="%d/%m/%Y") - pd.Timestamp(1899, 12, 30)
        return table.assign(DECOM=days.dt.days.astype("str"))

    edit(folder, "2017/episodes.csv", change)


@damage("month before day", "DOB", touched=sent_in(2018))
def month_first_throughout(folder):
    def change(table):
        return table.assign(DOB=pd.to_datetime(table["DOB"], format="%d/%m/%Y").dt.strftime("%m/%d/%Y"))

    for year in YEARS:
        edit(folder, f"{year}/header.csv", change)


DAMAGES[-1] = Damage(
    "month first throughout", DAMAGES[-1].harm, DAMAGES[-1].says, frozenset(), frozenset({"birth_date"})
)


@damage("day or month first", touched=tuple(CHILDREN[k] for k in range(40) if k % 4 == 0))
def ambiguous_dates(folder):
    def change(table):
        turned = pd.to_datetime(table["DOB"], format="%d/%m/%Y").dt.strftime("%m/%d/%Y")
        quarter = table["CHILD"].isin([CHILDREN[k] for k in range(0, 40, 4)])
        return table.assign(DOB=table["DOB"].mask(quarter, turned))

    for year in YEARS:
        edit(folder, f"{year}/header.csv", change)


@damage("after the last day returned", touched=(MOVER,))
def future_dates(folder):
    put_last(folder, "2018/episodes.csv", MOVER, DECOM="01/12/2031", DEC="", REC="")


@damage("no night in it", touched=(MOVER,))
def starts_and_ends_on_one_day(folder):
    last = in_year(history(CHILDREN.index(MOVER)), 2017)[-1]
    put_last(folder, "2017/episodes.csv", MOVER, DEC=last["DECOM"], REC="X1")


# episodes


def _put_whole_stay(folder: Path, **cells: str) -> None:
    """Overwrite one stay of the mover in every year it was returned."""
    stay = history(CHILDREN.index(MOVER))[1]

    def change(table):
        rows = (table["CHILD"] == MOVER) & (table["DECOM"] == stay["DECOM"])
        return table.assign(**{name: table[name].mask(rows, cell) for name, cell in cells.items()})

    for year in YEARS:
        edit(folder, f"{year}/episodes.csv", change)


@damage("care began", touched=(CHILDREN[9],))
def first_birthday_on_the_day_care_starts(folder):
    """Healthy, if rare: a birth date a year to the day before the start has stopped other loaders."""
    start = day(history(9)[0]["DECOM"])
    put_everywhere(folder, "header.csv", CHILDREN[9], DOB=write_day(start.replace(year=start.year - 1)))
    put_everywhere(folder, "header.csv", MOVER, ETHNIC="")


DAMAGES[-1] = Damage(
    "first birthday on the day care starts", DAMAGES[-1].harm, ("ethnic group is blank",),
    frozenset({CHILDREN[9], MOVER}),
)  # fmt: skip


@damage("column lacking", "REASON_PLACE_CHANGE", unknown=("move_reason",))
def every_reason_for_moving_gone(folder):
    for year in YEARS:
        edit(folder, f"{year}/episodes.csv", lambda table: table.drop(columns="REASON_PLACE_CHANGE"))


@damage("Care is said to start afresh", touched=(MOVER,))
def fresh_start_on_the_day_the_last_ended(folder):
    _put_whole_stay(folder, RNE="S")


@damage("temporary placement", touched=(MOVER,))
def care_starts_in_a_temporary_placement(folder):
    start = history(CHILDREN.index(MOVER))[0]["DECOM"]

    def change(table):
        rows = (table["CHILD"] == MOVER) & (table["DECOM"] == start)
        return table.assign(
            PLACE=table["PLACE"].mask(rows, "T1"), PLACE_PROVIDER=table["PLACE_PROVIDER"].mask(rows, "")
        )

    for year in YEARS:
        edit(folder, f"{year}/episodes.csv", change)


@damage("begins before the one before it has ended", touched=(MOVER,))
def overlapping_episodes(folder):
    late = day(history(CHILDREN.index(MOVER))[1]["DECOM"]) - timedelta(days=40)
    _put_whole_stay(folder, DECOM=write_day(late))


@damage("does not begin the day the last ended", touched=(MOVER,))
def gap_between_episodes(folder):
    late = day(history(CHILDREN.index(MOVER))[1]["DECOM"]) + timedelta(days=30)
    _put_whole_stay(folder, DECOM=write_day(late))


@damage("duplicate row")
def duplicate_rows(folder):
    edit(folder, "2017/episodes.csv", lambda table: pd.concat([table, table.head(5)]))


@damage("placement type is not one of", touched=(MOVER,))
def unknown_placement_code(folder):
    _put_whole_stay(folder, PLACE="Q9")


@damage("legal status is not one of", touched=(MOVER,))
def unknown_legal_status(folder):
    _put_whole_stay(folder, LS="ZZ")


@damage("day the episode began is blank", touched=(MOVER,))
def start_blank(folder):
    put_last(folder, "2017/episodes.csv", MOVER, DECOM="")


# years


@damage("twin file")
def duplicated_year(folder):
    (folder / "copy of 2017").mkdir()
    for path in (folder / "2017").glob("*.csv"):
        (folder / "copy of 2017" / path.name).write_bytes(path.read_bytes())


@damage("year sent twice", "2018", touched=(MOVER,))
def two_overlapping_submissions(folder):
    (folder / "2018 resubmitted").mkdir()
    for path in (folder / "2018").glob("*.csv"):
        (folder / "2018 resubmitted" / path.name).write_bytes(path.read_bytes())
    put_last(folder, "2018 resubmitted/episodes.csv", MOVER, PLACE="K2", PLACE_PROVIDER="PR4")


@damage("year", "2017", touched=sent_in(2016, 2017, 2018))
def a_year_missing(folder):
    for path in (folder / "2017").glob("*.csv"):
        path.unlink()


@damage("half", touched=sent_in(2018))
def volume_halves(folder):
    edit(folder, "2018/episodes.csv", lambda table: table[table.index % 3 == 0])


@damage("year in several files")
def one_year_in_two_files(folder):
    table = rows_of(folder / "2018" / "episodes.csv")
    early = table["CHILD"] < CHILDREN[20]
    table[early].to_csv(folder / "2018" / "episodes A-M.csv", index=False)
    table[~early].to_csv(folder / "2018" / "episodes N-Z.csv", index=False)
    (folder / "2018" / "episodes.csv").unlink()


@damage("extract within the year", "September 2017", touched=EVERYONE)
def extract_cut_within_the_year(folder):
    cut = date(2017, 9, 30)

    def change(table):
        known = table[table["DECOM"].map(day) <= cut]
        open_then = known["DEC"].map(lambda cell: bool(cell) and day(cell) > cut)
        return known.assign(**{name: known[name].mask(open_then, "") for name in ("DEC", "REC", "REASON_PLACE_CHANGE")})

    edit(folder, "2018/episodes.csv", change)


# files


@damage("is empty")
def empty_file(folder):
    (folder / "2017" / "missing.csv").write_bytes(b"")


@damage("no rows", "missing")
def header_only_file(folder):
    edit(folder, "2017/missing.csv", lambda table: table.head(0))


@damage("delimiter", "semicolons")
def semicolons_for_commas(folder):
    rows_of(folder / "2017" / "episodes.csv").to_csv(folder / "2017" / "episodes.csv", sep=";", index=False)


@damage("delimiter", "tabs")
def tabs_for_commas(folder):
    rows_of(folder / "2017" / "episodes.csv").to_csv(folder / "2017" / "episodes.csv", sep="\t", index=False)


@damage("web page")
def html_saved_as_csv(folder):
    page = "<!DOCTYPE html>\n<html><body><table><tr><td>CHILD</td><td>DUC</td></tr></table></body></html>"
    (folder / "2017" / "uasc.csv").write_text(page)


@damage("zip", "Unzip")
def a_zip(folder):
    with zipfile.ZipFile(folder / "2017" / "more.zip", "w") as archive:
        archive.writestr("uasc.csv", "CHILD,SEX,DOB,DUC\n")


@damage("damaged workbook or zip")
def a_zip_cut_short(folder):
    (folder / "2017" / "more.xlsx").write_bytes(b"PK\x03\x04\x14\x00\x06\x00" + bytes(200))


@damage("password")
def locked_workbook(folder):
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
    (folder / "2017" / "locked.xlsx").write_bytes(content)


@damage("columns match no table")
def some_other_table(folder):
    (folder / "2017" / "costs.csv").write_text("team,budget,spend\nnorth,1,2\n")


@damage("left alone", "README")
def a_readme(folder):
    (folder / "README.md").write_text("# Returns\n\nCHILD is the child's number, DECOM the start.\n")


@damage("compressed", "gzip")
def a_gzip(folder):
    (folder / "2017" / "more.csv.gz").write_bytes(b"\x1f\x8b\x08\x00" + bytes(30))


@damage("line too long")
def line_of_ten_megabytes(folder):
    recode(folder / "2017" / "episodes.csv", lambda content: content + b"9" * 10_000_000 + b"\n")


@damage("NUL characters")
def nul_bytes(folder):
    recode(folder / "2017" / "episodes.csv", lambda content: content.replace(b",C2,", b",\0C2\0,", 4))


@damage("unclosed quote")
def unclosed_quotes(folder):
    recode(folder / "2017" / "episodes.csv", lambda content: content.replace(b",C2,", b',"C2,', 3))


@damage("breaks off in the middle of its last row", touched=(CHILDREN[0],))
def last_line_cut_short(folder):
    edit(folder, "2016/missing.csv", lambda table: table)
    recode(folder / "2016" / "missing.csv", lambda content: content.rstrip()[:-14])


@damage("more cells than the header", touched=(LONG_STAYER,))
def a_comma_within_a_cell(folder):
    def change(content):
        lines = content.split(b"\n")
        place = next(place for place, line in enumerate(lines) if line.startswith(LONG_STAYER.encode()))
        lines[place] = lines[place].replace(b"ZZ7 3QQ", b"ZZ7, 3QQ")
        return b"\n".join(lines)

    recode(folder / "2017" / "episodes.csv", change)


@damage("a total, a footer")
def trailing_totals_row(folder):
    total = b"Total,,,,,,,,,,,,36\n\n(36 rows affected)\n"
    recode(folder / "2017" / "episodes.csv", lambda content: content + total)


@damage("title")
def titles_above_the_header(folder):
    recode(
        folder / "2017" / "episodes.csv",
        lambda content: b"Looked after children 2016/17\nRun on a Friday,,,\n\n" + content,
    )


@damage("second header")
def header_repeated_within(folder):
    recode(folder / "2017" / "episodes.csv", lambda content: content + content.split(b"\n")[0] + b"\n")


# text


@damage("encoding", "cp1252")
def windows_text(folder):
    edit(folder, "2017/header.csv", lambda table: table.assign(Worker="Zoë"))
    recode(folder / "2017" / "header.csv", lambda content: content.decode().encode("cp1252"))


@damage("encoding", "utf-16")
def utf_16(folder):
    recode(folder / "2017" / "episodes.csv", lambda content: content.decode().encode("utf-16"))


@damage("encoding", "utf-16-le")
def utf_16_without_its_mark(folder):
    recode(folder / "2017" / "episodes.csv", lambda content: content.decode().encode("utf-16-le"))


@damage("table missing", "uasc")
def byte_order_mark(folder):
    """Nothing to say of it: it is simply read."""
    recode(folder / "2017" / "episodes.csv", lambda content: b"\xef\xbb\xbf" + content)


@damage("lower case")
def lower_case_codes(folder):
    edit(folder, "2017/episodes.csv", lambda table: table.map(str.lower))


@damage("stray spaces")
def stray_spaces(folder):
    edit(folder, "2017/episodes.csv", lambda table: table.map(lambda cell: f" {cell}\xa0"))


@damage("words for a blank")
def null_for_blank(folder):
    edit(folder, "2017/episodes.csv", lambda table: table.map(lambda cell: cell or "NULL"))


@damage("extra columns", "TEAM")
def extra_columns(folder):
    edit(folder, "2017/episodes.csv", lambda table: table.assign(Team="north", KS2="7"))


@damage("column repeated", "DEC stands 2 times")
def duplicate_column_names(folder):
    def change(table):
        return pd.concat([table, table[["DEC"]].assign(DEC="01/01/2001")], axis="columns")

    edit(folder, "2017/episodes.csv", change)


@damage("column lacking", "URN", unknown=("provider_urn",))
def urn_column_missing(folder):
    for year in YEARS:
        edit(folder, f"{year}/episodes.csv", lambda table: table.drop(columns="URN"))


@damage("table missing", "uasc")
def columns_in_another_order_and_case(folder):
    """Nothing to say of it either."""

    def change(table):
        return table[list(table)[::-1]].rename(columns=lambda name: name.lower().replace("_", " "))

    edit(folder, "2017/episodes.csv", change)


# other containers


@damage("table missing", "uasc")
def a_year_as_xml(folder):
    as_xml(folder, 2017)


@damage("breaks off or is malformed", touched=sent_in(2017))
def xml_cut_short(folder):
    as_xml(folder, 2017, keep=0.6)


@damage("document type or entities", touched=sent_in(2017))
def xml_with_expanding_entities(folder):
    lol = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">]>\n'
    as_xml(folder, 2017, prologue=lol)


@damage("table missing", "uasc")
def a_year_as_a_workbook(folder):
    as_workbook(folder, 2017)


@damage("title")
def workbook_with_merged_titles(folder):
    as_workbook(folder, 2017, titles=2)


@damage("formula without a value", touched=(CHILDREN[0],))
def workbook_with_formula_cells(folder):
    as_workbook(folder, 2017, formula="=1+1")


@damage("file not used", "damaged workbook", touched=sent_in(2017))
def corrupt_workbook(folder):
    as_workbook(folder, 2017)
    recode(folder / "2017" / "return.xlsx", lambda content: content[: len(content) // 2] + content[-200:])


@damage("several years in one")
def one_history_without_years(folder):
    tables = [rows_of(folder / str(year) / "episodes.csv") for year in YEARS]
    for year in YEARS:
        (folder / str(year) / "episodes.csv").unlink()
    whole = pd.concat(tables).drop_duplicates(["CHILD", "DECOM"], keep="last")
    whole.to_csv(folder / "episodes.csv", index=False)


@damage("table missing", "uasc")
def pooled_with_la_and_year(folder):
    for name in ("episodes", "header", "missing"):
        tables = [rows_of(folder / str(year) / f"{name}.csv").assign(LA="855", YEAR=str(year)) for year in YEARS]
        for year in YEARS:
            (folder / str(year) / f"{name}.csv").unlink()
        pd.concat(tables).to_csv(folder / f"{name}.csv", index=False)


# nothing left


@damage("no episodes", "is empty", refuses=True)
def every_episodes_file_empty(folder):
    for year in YEARS:
        (folder / str(year) / "episodes.csv").write_bytes(b"")


@damage("no column DECOM", refuses=True)
def no_start_column(folder):
    for year in YEARS:
        edit(folder, f"{year}/episodes.csv", lambda table: table.drop(columns="DECOM"))


@damage("no episodes", refuses=True)
def every_start_unreadable(folder):
    for year in YEARS:
        edit(folder, f"{year}/episodes.csv", lambda table: table.assign(DECOM="soon"))
