"""Parts of reading a database (returns/database.py): connecting, streaming, and cutting one record into years."""
