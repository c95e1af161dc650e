"""The published panel of every authority: what was known when, forecast from it, and scored."""
