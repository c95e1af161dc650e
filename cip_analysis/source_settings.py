"""Where published statistics come from: one table a source in data/reference/sources.toml, read into frozen objects."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from cip_analysis.settings import Settings

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PERIOD = "time_period"


def is_protected(address: str) -> bool:
    """Whether what an address sends cannot be read or changed on its way: https, or http on this machine alone.

    >>> is_protected("https://example.org/a.csv"), is_protected("http://example.org/a.csv")
    (True, False)
    """
    parts = urlsplit(address)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))


def _an_address(typed: str) -> str:
    """An address to fetch from; ValueError for one that is not https, or that carries somebody's password."""
    if not is_protected(typed):
        raise ValueError("not an address to fetch from: it must begin with https:// and name a host")
    if "@" in urlsplit(typed).netloc:
        raise ValueError("it carries a user name or password: published statistics need none, so leave it out")
    return typed


Address = Annotated[str, AfterValidator(_an_address)]


class Source(Settings):
    """One data set that a publisher keeps at a public address.

    name: what it is called here and its folder is named. title: what the publisher calls it; release: of which
    release. page: where a person finds it. address: where its CSV is. filename: the publisher's own name of the file.
    reader: "published", where the suite reads its figures (returns/published.py), or "columns", where it is kept for
    the analyst and only its columns are checked. measures: what the reader must find in it. gives: the same in words.
    columns: every column expected; spellings: what earlier releases called some of them, by their old names.
    sha256: the content this address must give, where one is insisted on. largest_mb: most that is ever taken.
    next_due: the day by which a later release is expected, which will have an address of its own.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)]
    title: str
    publisher: str
    release: str
    licence: str
    page: Address
    address: Address
    filename: str = ""
    reader: Literal["published", "columns"]
    measures: tuple[str, ...] = ()
    gives: str
    columns: Annotated[tuple[str, ...], Field(min_length=1)]
    spellings: dict[str, str] = Field(default_factory=dict)
    sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    largest_mb: Annotated[float, Field(gt=0, le=500)] = 50
    next_due: date | None = None

    @property
    def most_bytes(self) -> int:
        """The largest content that is taken."""
        return int(self.largest_mb * 1_000_000)

    @model_validator(mode="after")
    def _of_one_piece(self) -> Source:
        if PERIOD not in self.columns:
            raise ValueError(f"columns must include {PERIOD}: the newest year of a release is told by it")
        if unknown := sorted(set(self.spellings.values()) - set(self.columns)):
            raise ValueError(f"spellings lead to {', '.join(unknown)}, which is not among the columns")
        return self


class Sources(Settings):
    """Every source, in the order fetched."""

    sources: Annotated[tuple[Source, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _called_apart(self) -> Sources:
        names = [source.name for source in self.sources]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two sources are called {', '.join(twice)}: give each a name of its own")
        return self
