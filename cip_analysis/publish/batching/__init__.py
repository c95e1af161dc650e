"""The same pack for many councils: who they are, one made on a worker, the engine, and the summary."""
