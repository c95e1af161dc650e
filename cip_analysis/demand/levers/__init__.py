"""Levers: what each kind of decision does to the inputs of a projection, never to what comes out of it."""
