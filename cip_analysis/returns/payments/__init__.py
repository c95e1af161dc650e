"""Placement payments: opening the files, reading their cells, the rules they may break, and matching them to stays."""
