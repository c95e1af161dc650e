"""Ctrl+C means the same to every run the tests begin, however the tests themselves were begun.

A shell without job control that puts a command in the background has it ignore the interrupt, and everything the
command starts ignores it too: a test that stops a run from the keyboard would then wait for ever.
"""

import signal


def pytest_configure() -> None:
    """Give the interrupt its usual meaning, here and in whatever is begun from here."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
