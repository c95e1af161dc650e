"""A finished pack as a reader, and an intruder, has it: read back from its files, compared, attacked and searched."""
