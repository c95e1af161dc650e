"""Contracts paid by outcome: who pays whom and when, what each stands to gain, and what the terms reward."""
