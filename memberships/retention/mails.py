"""Mail to the office about erasing: numbers only."""

from __future__ import annotations

from memberships.links import legal_links, public_url_for
from memberships.mails.models import MailClass, Office, OutgoingMail
from memberships.mails.services import queue_mail
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.retention.models import ErasureBatch
from memberships.settings import current_settings


def erasure_stopped(network: Network, batch: ErasureBatch) -> OutgoingMail | None:
    """A batch is unusually large: nothing of it is erased until somebody releases it.

    None where the network has no file any more, and so no mailbox.
    """
    net = current_definitions().get(network.slug)
    if net is None:
        return None
    return queue_mail(
        "erasure_stopped",
        mail_class=MailClass.CASE,
        about=batch,
        to=str(net.office_mailbox),
        office=Office(name=net.name, reply_to=current_settings().sender_address),
        net=net,
        settings=current_settings(),
        count=batch.planned,
        erased=batch.kind.value,
        batch_url=public_url_for("retention.batch", slug=network.slug, batch_id=str(batch.id)),
        **legal_links(network.slug),
    )
