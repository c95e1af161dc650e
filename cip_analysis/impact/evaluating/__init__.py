"""How an effect is told from luck: what a plan's months can show, what carries over, what chance alone does."""
