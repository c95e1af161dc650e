"""A database read as returns: the same as from files, nothing lost, nothing written, and no word of where it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import pytest
import sqlalchemy as sa
from builders import ROOT
from databases import EPISODE, LEGAL, PERSON, PLACEMENT, a_database, cut_off, one_child
from postgres_server import OWNER, PASSWORD, a_server, installed
from sqlalchemy.dialects import mssql

from cip_analysis.returns.checks import check_returns
from cip_analysis.returns.database import Asked, DatabaseError, LostError, read_database, take_extract
from cip_analysis.returns.episodes import build_episodes
from cip_analysis.returns.safeguarding.connecting import Counter, reading
from cip_analysis.returns.safeguarding.lines import lines_statement
from cip_analysis.returns.safeguarding.streaming import Source
from cip_analysis.returns.ssda903 import read_returns
from cip_analysis.safeguarding import MARK_TABLE, TABLES
from cip_analysis.settings import Council, read_settings
from cip_analysis.synthetic.database.rows import by_year, standard_rows
from cip_analysis.synthetic.database.writing import CountyNotWrittenError, write_county
from cip_analysis.synthetic.write import SynthesisOptions, county_files, synthesise

CENSUS = date(2018, 3, 31)
WHOLE = Asked(CENSUS, first_year=2014)
NOT_ASKED = {"header": ["UPN"], "oc2": ["INTERVENTION_OFFERED"]}
needs_postgres = pytest.mark.skipif(not installed(), reason="PostgreSQL is not installed")


@dataclass(frozen=True)
class County:
    """One small invented county: its folder of returns, and the same as the standard's rows."""

    folder: Path
    rows: dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def county(tmp_path_factory) -> County:
    council = read_settings(ROOT / "config/councils/leicestershire.toml", Council)
    options = SynthesisOptions(seed=5, first_year=2014, last_year=2018, children=700)
    folder = tmp_path_factory.mktemp("county") / "files"
    synthesise(council, folder, options)
    return County(folder / "returns", standard_rows(by_year(county_files(council, options))))


@pytest.fixture(scope="module")
def server():
    """A PostgreSQL server and its port."""
    with a_server() as started:
        yield started


@pytest.fixture(scope="module")
def postgres(server, county) -> str:
    """The address of a PostgreSQL database that holds the county."""
    write_county(county.rows, server[0])
    return server[0]


@pytest.fixture
def sqlite(tmp_path, county) -> str:
    address = f"sqlite:///{tmp_path / 'county.db'}"
    write_county(county.rows, address)
    return address


def plainly(address: str) -> sa.Engine:
    """An engine that may write, for a test to stand in for the database's owner."""
    return sa.create_engine(address.replace("postgresql", "postgresql+psycopg"), poolclass=sa.pool.NullPool)


def same_as_files(address: str, county: County) -> None:
    """The returns from the database against those from files: tables, histories, ledger and findings."""
    files, taken = read_returns(county.folder), read_database(address, WHOLE)
    assert (taken.census_date, taken.years, taken.synthetic) == (files.census_date, files.years, True)
    assert taken.tables.keys() == files.tables.keys()
    for name, sent in files.tables.items():
        columns = [column for column in sent if column not in ("file", "row", *NOT_ASKED.get(name, ()))]
        by_cell = [table[columns].sort_values(columns, ignore_index=True) for table in (sent, taken.tables[name])]
        pd.testing.assert_frame_equal(*by_cell, obj=name)
    built, rebuilt = build_episodes(files), build_episodes(taken)
    columns = [column for column in built[0].table if column not in ("file", "row")]
    pd.testing.assert_frame_equal(built[0].table[columns], rebuilt[0].table[columns])
    pd.testing.assert_frame_equal(built[0].legal, rebuilt[0].legal)
    pd.testing.assert_frame_equal(built[1].table, rebuilt[1].table)
    found = [returns.findings.join(check_returns(returns)).table for returns in (files, taken)]
    pd.testing.assert_frame_equal(*(table.drop(columns="first_rows") for table in found))


def test_a_county_taken_out_of_sqlite_is_the_county_of_the_files(sqlite, county):
    same_as_files(sqlite, county)


@needs_postgres
def test_a_county_taken_out_of_postgresql_is_the_county_of_the_files(postgres, county):
    same_as_files(postgres, county)


@needs_postgres
def test_both_databases_give_the_same_bytes(postgres, sqlite, tmp_path):
    first, second = (
        take_extract(address, tmp_path / name, WHOLE) for address, name in ((postgres, "a"), (sqlite, "b"))
    )
    assert first == second
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file())
    assert all((tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes() for file in files)
    assert len(files) > 30


def test_an_extract_is_for_its_owner_alone_and_marked_if_invented(sqlite, tmp_path):
    folder = tmp_path / "extract"
    take_extract(sqlite, folder, WHOLE)
    assert (folder / "SYNTHETIC.txt").is_file()
    assert {oct(path.stat().st_mode & 0o777) for path in folder.rglob("*.csv")} == {"0o600"}
    assert {oct(path.stat().st_mode & 0o777) for path in (folder, *folder.glob("20*"))} == {"0o700"}


# ---- by hand ------------------------------------------------------------------------------------------------------


def lines_taken(address: str, tmp_path: Path, asked: Asked = Asked(CENSUS, 2017)) -> pd.DataFrame:  # noqa: B008
    """The episodes of every year of an extract, all text."""
    take_extract(address, tmp_path / "extract", asked)
    parts = [
        pd.read_csv(path, dtype="str", keep_default_na=False).assign(year=path.parent.name)
        for path in sorted((tmp_path / "extract").glob("*/episodes.csv"))
    ]
    return pd.concat(parts, ignore_index=True)


def test_a_line_is_in_every_year_it_touches_and_ends_only_where_it_ended(tmp_path):
    ended = {**EPISODE, "clae_cla_episode_ceased_date": "2017-09-10", "clae_cla_episode_ceased_reason": "E4A"}
    lines = lines_taken(a_database(tmp_path / "d", one_child(ssd_cla_episodes=[ended])), tmp_path)
    told = lines[["year", "DECOM", "RNE", "LS", "PLACE", "PLACE_PROVIDER", "PL_POST", "DEC", "REC"]]
    assert told.to_numpy().tolist() == [
        ["2017", "01/06/2016", "S", "C2", "U6", "PR1", "AB1 0JD", "", ""],
        ["2018", "01/06/2016", "S", "C2", "U6", "PR1", "AB1 0JD", "10/09/2017", "E4A"],
    ]


def test_the_day_of_the_extract_hides_what_came_after_it(tmp_path):
    later = {**EPISODE, "clae_cla_episode_id": "e2", "clae_cla_episode_start_date": "2018-02-01"}
    ended = {**EPISODE, "clae_cla_episode_ceased_date": "2018-02-01", "clae_cla_episode_ceased_reason": "X1"}
    address = a_database(tmp_path / "d", one_child(ssd_cla_episodes=[ended, later]))
    taken = take_extract(address, tmp_path / "extract", Asked(date(2017, 12, 31), 2018))
    assert taken.left_out == {"episodes that begin after the day of the extract": 1}
    returns = read_returns(tmp_path / "extract", taken.as_at)
    assert returns.census_date == date(2017, 12, 31)
    assert returns.tables["episodes"]["DEC"].isna().all()


def test_the_last_day_known_is_the_day_where_none_is_asked(tmp_path):
    ended = {**EPISODE, "clae_cla_episode_ceased_date": "2017-09-10"}
    planned = {**EPISODE, "clae_person_id": "2", "clae_cla_episode_start_date": "2199-01-01"}
    address = a_database(tmp_path / "d", one_child(ssd_cla_episodes=[ended, planned]))
    taken = take_extract(address, tmp_path / "extract")
    assert (taken.as_at, taken.first_year) == (date(2017, 9, 10), 2017)


def test_years_the_standard_no_longer_keeps_whole_are_left_out_and_counted(tmp_path):
    rows = [
        {**EPISODE, "clae_cla_episode_id": f"e{year}", "clae_cla_episode_start_date": f"{year}-05-01",
         "clae_cla_episode_ceased_date": f"{year}-06-01"}
        for year in range(2005, 2018)
    ]  # fmt: skip
    taken = take_extract(a_database(tmp_path / "d", one_child(ssd_cla_episodes=rows)), tmp_path / "e", Asked(CENSUS))
    assert taken.first_year == 2012
    assert taken.left_out == {"episodes over before April 2011": 6}
    assert taken.rows["episodes"] == 7


def test_a_placements_reason_for_change_is_told_once_on_the_line_that_ends_it(tmp_path):
    first = {**EPISODE, "clae_cla_episode_ceased_date": "2017-06-01", "clae_cla_episode_ceased_reason": "X1"}
    second = {**first, "clae_cla_episode_id": "e2", "clae_cla_episode_start_date": "2017-06-01",
              "clae_cla_episode_start_reason": "L", "clae_cla_episode_ceased_date": "2017-07-01"}  # fmt: skip
    placed = {
        **PLACEMENT,
        "clap_cla_placement_end_date": "2017-07-01",
        "clap_cla_placement_change_reason": "CARPL",
    }
    order = {**LEGAL, "lega_legal_status": "E1", "lega_legal_status_start_date": "2017-06-01"}
    tables = one_child(ssd_cla_episodes=[first, second], ssd_cla_placement=[placed], ssd_legal_status=[order, LEGAL])
    lines = lines_taken(a_database(tmp_path / "d", tables), tmp_path, Asked(CENSUS, 2018))
    assert lines[["LS", "REASON_PLACE_CHANGE"]].to_numpy().tolist() == [["C2", ""], ["E1", "CARPL"]]


def test_the_home_is_where_the_child_lived_before_the_period_of_care(tmp_path):
    homes = [
        {"addr_person_id": "1", "addr_address_postcode": "AB1 0AA", "addr_address_start_date": "2012-01-01"},
        {"addr_person_id": "1", "addr_address_postcode": "AB1 0BB", "addr_address_start_date": "2016-05-31"},
        {"addr_person_id": "1", "addr_address_postcode": "AB1 0CC", "addr_address_start_date": "2016-06-01"},
    ]
    address = a_database(tmp_path / "d", one_child(ssd_address=homes))
    assert lines_taken(address, tmp_path)["HOME_POST"].unique().tolist() == ["AB1 0BB"]


def test_a_placement_held_twice_does_not_count_a_child_twice(tmp_path):
    twice = [PLACEMENT, {**PLACEMENT, "clap_cla_placement_type": "K2"}]
    address = a_database(tmp_path / "d", one_child(ssd_cla_placement=twice))
    taken = take_extract(address, tmp_path / "extract", Asked(CENSUS, 2018))
    assert (taken.rows["episodes"], taken.left_out) == (1, {"placements held twice": 1})


def test_codes_of_sex_and_placement_are_those_of_the_year(tmp_path):
    since = {**EPISODE, "clae_cla_episode_start_date": "2014-06-01"}
    address = a_database(tmp_path / "d", one_child(ssd_cla_episodes=[since]))
    returns = read_database(address, Asked(CENSUS, 2015))
    place = returns.tables["episodes"].set_index("year")["PLACE"]
    assert (place[2015], place[2016]) == ("Q2", "U6")
    assert returns.tables["header"]["SEX"].unique().tolist() == ["1"]


# ---- changed types, gaps ------------------------------------------------------------------------------------------


def test_identifiers_kept_as_numbers_and_days_kept_as_words_are_read(tmp_path):
    person = {**PERSON, "pers_person_id": 1, "pers_dob": "1 May 2010"}
    episode = {**EPISODE, "clae_person_id": 1, "clae_cla_placement_id": 7.0, "clae_cla_episode_start_date": "20160601"}
    tables = one_child(
        ssd_person=[person],
        ssd_cla_episodes=[episode],
        ssd_cla_placement=[{**PLACEMENT, "clap_cla_placement_id": 7}],
        ssd_legal_status=[{**LEGAL, "lega_person_id": 1}],
    )
    returns = read_database(a_database(tmp_path / "d", tables), Asked(CENSUS, 2018))
    line = returns.tables["episodes"].iloc[0]
    assert (line["CHILD"], line["DECOM"], line["PLACE"], line["LS"]) == ("1", pd.Timestamp(2016, 6, 1), "U6", "C2")
    assert returns.tables["header"]["DOB"].tolist() == [pd.Timestamp(2010, 5, 1)]
    mended = set(returns.treatments.table["rule"])
    assert {"dates run together", "dates with month names"} <= mended


def test_what_cannot_be_read_reaches_the_findings(tmp_path):
    rows = [
        EPISODE,
        {**EPISODE, "clae_cla_episode_id": "e2", "clae_cla_episode_start_date": "soon"},
        {**EPISODE, "clae_cla_episode_id": "e3", "clae_cla_episode_start_date": None},
        {**EPISODE, "clae_cla_episode_id": "e4", "clae_person_id": None},
        {**EPISODE, "clae_cla_episode_id": "e5", "clae_cla_episode_ceased_date": "2018-02-30"},
        {**EPISODE, "clae_cla_episode_id": "e6", "clae_cla_episode_ceased_date": "2016-01-01"},
        {**EPISODE, "clae_cla_episode_id": "e7", "clae_cla_placement_id": "gone"},
    ]
    lost = [{"miss_person_id": "1", "miss_missing_episode_start_date": "when?", "miss_missing_episode_type": "M"}]
    tables = one_child(ssd_cla_episodes=rows, ssd_missing=lost)
    returns = read_database(a_database(tmp_path / "d", tables), Asked(CENSUS, 2017))
    episodes = returns.tables["episodes"]
    assert len(episodes[episodes["year"] == 2018]) == 6
    assert len(episodes[episodes["year"] == 2017]) == 5
    found = returns.findings.join(check_returns(returns)).table
    assert {"child identifier blank", "147", "unreadable date", "141"} <= set(found["rule"])
    assert found.loc[found["rule"] == "147", "rows"].sum() == 2
    assert (found["meaning"].str.contains("MIS_START")).any()


def test_tables_that_are_not_there_are_unknown_and_not_nought(tmp_path):
    long = {**EPISODE, "clae_cla_episode_start_date": "2015-06-01"}
    address = a_database(tmp_path / "d", one_child(ssd_cla_episodes=[long]))
    returns = read_database(address, Asked(CENSUS, 2018))
    asked = returns.tables["oc2"].iloc[0]
    assert asked[["CONVICTED", "TEETH_CHECK", "SUBSTANCE_MISUSE", "IMMUNISATIONS"]].isna().all()
    assert "missing" not in returns.tables
    assert "table missing" in set(returns.findings.table["rule"])
    told = [{"clac_person_id": "2", "clac_cla_conviction_date": "2017-05-01"}]
    whole = a_database(tmp_path / "w", one_child(ssd_cla_episodes=[long], ssd_cla_convictions=told))
    assert read_database(whole, Asked(CENSUS, 2018)).tables["oc2"]["CONVICTED"].isna().all()  # seven years old
    older = one_child(
        ssd_cla_episodes=[long], ssd_cla_convictions=told, ssd_person=[{**PERSON, "pers_dob": "2005-01-01"}]
    )
    assert (
        read_database(a_database(tmp_path / "o", older), Asked(CENSUS, 2018)).tables["oc2"]["CONVICTED"].eq("0").all()
    )


def test_every_lacking_table_and_column_is_named_at_once(tmp_path):
    address = a_database(tmp_path / "d", one_child(), without=["ssd_person", "ssd_legal_status"])
    with pytest.raises(DatabaseError, match="no table ssd_person, ssd_legal_status"):
        read_database(address)
    columns = ["ssd_person.pers_dob", "ssd_cla_placement.clap_cla_placement_type"]
    tables = one_child(ssd_person=[{"pers_person_id": "1"}], ssd_cla_placement=[{"clap_cla_placement_id": "p1"}])
    with pytest.raises(DatabaseError, match=r"ssd_person\.pers_dob, ssd_cla_placement\.clap_cla_placement_type"):
        read_database(a_database(tmp_path / "c", tables, without=columns))


def test_columns_that_are_not_needed_may_be_lacking(tmp_path):
    lacking = ["ssd_cla_placement.clap_cla_placement_postcode", "ssd_cla_episodes.clae_cla_episode_id"]
    episode = {name: value for name, value in EPISODE.items() if name != "clae_cla_episode_id"}
    placed = {name: value for name, value in PLACEMENT.items() if name != "clap_cla_placement_postcode"}
    tables = one_child(ssd_cla_episodes=[episode], ssd_cla_placement=[placed])
    lines = lines_taken(a_database(tmp_path / "d", tables, without=lacking), tmp_path)
    assert lines["PL_POST"].eq("").all() and len(lines) == 2


def test_empty_tables_that_are_needed_are_all_named(tmp_path):
    address = a_database(tmp_path / "d", one_child(ssd_legal_status=[], ssd_person=[]))
    with pytest.raises(DatabaseError, match="no rows in ssd_person, ssd_legal_status"):
        read_database(address)
    blank = {**EPISODE, "clae_cla_episode_start_date": None}
    with pytest.raises(DatabaseError, match="no row with a day it begins"):
        read_database(a_database(tmp_path / "b", one_child(ssd_cla_episodes=[blank])))


# ---- what goes wrong, and what is not said --------------------------------------------------------------------------


def refused(address: str, asked: Asked = WHOLE) -> str:
    """The words of the refusal, which hold nothing of the address."""
    with pytest.raises(DatabaseError) as caught:
        read_database(address, asked)
    said = str(caught.value)
    assert not [word for word in ("127.0.0.1", "warden", "s3cret", "cip_reader", "5432", "/tmp") if word in said]  # noqa: S108
    assert caught.value.__cause__ is None and (caught.value.__suppress_context__ or caught.value.__context__ is None)
    return said


def test_addresses_of_nothing(tmp_path):
    assert "no address" in refused("warden:s3cret")
    assert "no such database file" in refused(f"sqlite:///{tmp_path / 'none.db'}")
    assert not (tmp_path / "none.db").exists()
    assert "not been tried" in refused("mysql+pymysql://warden:s3cret@127.0.0.1/x")
    (tmp_path / "text.db").write_text("no database at all, but long enough to be taken for one" * 50)
    assert "not a database, or is damaged" in refused(f"sqlite:///{tmp_path / 'text.db'}")
    assert "libraries that are not installed" in refused("mssql+pyodbc://warden:s3cret@127.0.0.1/x")
    assert "cannot be reached" in refused("postgresql://warden:s3cret@127.0.0.1:9/x")
    assert "no schema" in refused(a_database(tmp_path / "d", one_child()), Asked(CENSUS, schema="elsewhere"))


@needs_postgres
def test_a_server_that_refuses(postgres, server):
    assert "refused the name or the password" in refused(postgres.replace(quote(PASSWORD, safe=""), "wrong"))
    assert "no database of that name" in refused(postgres.removesuffix("postgres") + "elsewhere")
    with plainly(postgres).begin() as owner:
        owner.exec_driver_sql("CREATE ROLE nobody LOGIN PASSWORD 'none'")
    assert "does not let this name read" in refused(f"postgresql://nobody:none@127.0.0.1:{server[1]}/postgres")


@needs_postgres
def test_the_role_of_the_documentation_reads_and_cannot_write(postgres, server, county, tmp_path):
    grants = re.search(r"```sql\n(.*?)```", (ROOT / "docs/database.md").read_text(encoding="utf-8"), re.DOTALL)
    with plainly(postgres).begin() as owner:
        for statement in grants[1].split(";"):
            if statement.strip():
                owner.exec_driver_sql(statement)
        owner.exec_driver_sql("CREATE TABLE something_else (name text)")
    reader = f"postgresql://cip_reader:choose-one@127.0.0.1:{server[1]}/postgres"
    assert take_extract(reader, tmp_path / "a", WHOLE) == take_extract(postgres, tmp_path / "b", WHOLE)
    engine = plainly(reader)
    with engine.connect() as plain:
        plain.exec_driver_sql("SET default_transaction_read_only = off")
        plain.commit()
        for forbidden in ("INSERT INTO ssd_person (pers_person_id) VALUES ('x')", "SELECT * FROM something_else"):
            with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
                plain.exec_driver_sql(forbidden)
            plain.rollback()
    engine.dispose()


def write_through(address: str) -> None:
    with pytest.raises(DatabaseError), reading(address, Counter()) as connection:
        connection.exec_driver_sql("INSERT INTO ssd_person (pers_person_id) VALUES ('x')")


def test_nothing_can_be_written_through_a_readers_connection_to_sqlite(sqlite):
    before = Path(sqlite.removeprefix("sqlite:///")).read_bytes()
    write_through(sqlite)
    assert Path(sqlite.removeprefix("sqlite:///")).read_bytes() == before


@needs_postgres
def test_nothing_can_be_written_through_a_readers_connection_to_postgresql(postgres):
    write_through(postgres)


@needs_postgres
def test_a_reader_sees_one_moment(postgres):
    engine = plainly(postgres)
    asked = sa.text("SELECT count(*) FROM ssd_mother")
    with reading(postgres, Counter()) as connection:
        before = connection.execute(asked).scalar_one()
        with engine.begin() as other:
            other.exec_driver_sql("INSERT INTO ssd_mother (moth_person_id) VALUES ('later')")
        assert connection.execute(asked).scalar_one() == before
    with engine.begin() as other:
        assert other.execute(asked).scalar_one() == before + 1
        other.exec_driver_sql("DELETE FROM ssd_mother WHERE moth_person_id = 'later'")
    engine.dispose()


@needs_postgres
def test_a_connection_that_breaks_once_is_tried_again(postgres, server, tmp_path):
    whole = take_extract(postgres, tmp_path / "whole", WHOLE)
    with cut_off(server[1], after=400_000, times=1) as port:
        assert take_extract(postgres.replace(str(server[1]), str(port)), tmp_path / "again", WHOLE) == whole


@needs_postgres
def test_a_connection_that_breaks_twice_leaves_the_last_extract_standing(postgres, server, tmp_path):
    take_extract(postgres, tmp_path / "extract", Asked(CENSUS, 2018))
    before = {path: path.read_bytes() for path in (tmp_path / "extract").rglob("*.csv")}
    with (
        cut_off(server[1], after=400_000, times=9) as port,
        pytest.raises(LostError, match=r"lost after [\d,]+ rows") as lost,
    ):
        take_extract(postgres.replace(str(server[1]), str(port)), tmp_path / "extract", WHOLE)
    assert lost.value.rows > 500
    assert {path: path.read_bytes() for path in (tmp_path / "extract").rglob("*.csv")} == before
    assert [path.name for path in tmp_path.iterdir()] == ["extract"]
    assert OWNER not in str(lost.value)


def test_a_folder_of_anything_else_is_not_replaced(tmp_path):
    (tmp_path / "extract").mkdir()
    (tmp_path / "extract" / "notes.txt").write_text("mine")
    with pytest.raises(DatabaseError, match="no extract"):
        take_extract(a_database(tmp_path / "d", one_child()), tmp_path / "extract", WHOLE)
    assert (tmp_path / "extract" / "notes.txt").read_text() == "mine"


def test_the_statement_is_good_for_sql_server():
    source = Source(
        None, Counter(), "ssd_development", {name: tuple(columns) for name, columns in TABLES.items()}, False
    )
    said = str(lines_statement(source).compile(dialect=mssql.dialect()))
    assert "LEFT OUTER JOIN ssd_development.ssd_cla_placement" in said
    assert said.count("ORDER BY") == 1


# ---- putting the county in ----------------------------------------------------------------------------------------


def test_a_county_replaces_a_county_and_nothing_else(tmp_path, county):
    address = f"sqlite:///{tmp_path / 'c.db'}"
    assert write_county(county.rows, address) == write_county(county.rows, address) > 10_000
    real = a_database(tmp_path / "real.db", one_child())
    with pytest.raises(CountyNotWrittenError, match="may be of real children"):
        write_county(county.rows, real)
    assert MARK_TABLE not in sa.inspect(sa.create_engine(real, poolclass=sa.pool.NullPool)).get_table_names()
    with pytest.raises(CountyNotWrittenError) as caught:
        write_county(county.rows, "postgresql://warden:s3cret@127.0.0.1:9/x")
    assert "warden" not in str(caught.value) and "s3cret" not in str(caught.value)
