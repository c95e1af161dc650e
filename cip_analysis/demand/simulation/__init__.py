"""The machinery of playing children forward: chance by key, the compiled playing, and a plain twin to test it by."""
