"""The only door out: disclosure control, charts, tables, pages and packs."""
