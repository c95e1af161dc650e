"""The invented children: who comes, what becomes of them, where they live, and the lines that say so."""
