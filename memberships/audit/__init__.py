"""The log of a network, for whoever answers for it."""
