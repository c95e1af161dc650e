"""The rules a return may break, by the question they ask: `codes`, `dates`, `sequence`; `sent` lays it out for them."""
