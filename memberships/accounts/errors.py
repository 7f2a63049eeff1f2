"""What can stand in the way of signing in, and of changing a team."""

from __future__ import annotations

from memberships.database import conflict


class SignInLinkUnknown(Exception):
    """No living link of this kind: never made, expired, or ended with the account's sessions."""


class SignInLinkUsed(Exception):
    """The link or its code has signed somebody in before."""


@conflict("ux_staff_roles_one_per_network")
@conflict("ux_staff_roles_one_operator")
class AlreadyOnTeam(Exception):
    """The address holds a role there already; it can be changed."""


class RoleNotOfNetwork(Exception):
    """An operator belongs to no network, everybody else to one."""


class OwnRole(Exception):
    """Nobody changes or removes the role that they hold themselves."""


class LastLead(Exception):
    """A network that has a lead keeps one."""


class AddressLinkUnknown(Exception):
    """No living link of this kind: never made, expired, stopped, or replaced by a newer one."""


@conflict("uq_accounts_email")
class AddressTaken(Exception):
    """Another account has this address; two are never merged by themselves."""


class TooManyAddressChanges(Exception):
    """The account has asked for it often enough today."""


class CodeRefused(Exception):
    """The code is wrong, was used before, or there were too many tries: never said which."""


class PasskeyRefused(Exception):
    """What the browser sent does not prove a passkey of this account."""


class FactorThere(Exception):
    """There is a second factor already; another one needs it first."""


class LastFactor(Exception):
    """Staff keep one second factor; add another before this one goes."""
