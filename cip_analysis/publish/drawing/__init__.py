"""How charts are drawn: one module a question, all of them reached through `charts`."""
