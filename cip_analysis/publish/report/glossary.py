"""The words of the field that a pack uses, explained in plain ones: only those that stand on its pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import Field

from cip_analysis.settings import Settings, read_settings


class Term(Settings):
    """One word explained. also: other ways it is written, by which it is found too. source: whose meaning it is."""

    term: Annotated[str, Field(min_length=1)]
    meaning: Annotated[str, Field(min_length=1)]
    also: tuple[str, ...] = ()
    source: str = ""


class Glossary(Settings):
    """All the words that can be explained."""

    terms: tuple[Term, ...] = ()


def read_glossary(root: Path, name: str) -> Glossary:
    """The glossary in a file of the project; an empty one where the pack names no file."""
    return read_settings(root / name, Glossary) if name else Glossary()


def terms_used(glossary: Glossary, words: str) -> tuple[Term, ...]:
    """The terms that occur in the words as whole words, capitals or not, in the order of the alphabet.

    >>> held = Glossary(terms=(Term(term="stock", meaning="…"), Term(term="outturn", meaning="…")))
    >>> [one.term for one in terms_used(held, "The stock of children, not the stocktaking")]
    ['stock']
    """
    text = words.casefold()
    used = [term for term in glossary.terms if any(_occurs(way, text) for way in (term.term, *term.also))]
    return tuple(sorted(used, key=lambda term: term.term.casefold()))


def _occurs(way: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(way.casefold())}(?!\w)", text) is not None
