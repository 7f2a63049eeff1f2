"""What can stand in the way of an organisation."""

from __future__ import annotations


class OrganisationKnown(Exception):
    """There is one of that name and place already; nothing was stored."""
