"""How many children a council will look after, where they will live, what it costs, and how right we were last time."""
