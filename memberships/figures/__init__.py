"""Figures of a network: what came in, how fast it was answered, who the members are."""
