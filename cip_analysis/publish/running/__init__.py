"""How notebooks are run and a finished pack takes its place: kernels, several at once, whole or not at all."""
