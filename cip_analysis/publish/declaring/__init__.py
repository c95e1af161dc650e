"""What a table is said to be before it is released: its columns, the cells it counts, and what may never be shown."""
