"""Why spend changed: the arithmetic, one setting from within, who came and went, and an earlier report's growth."""
