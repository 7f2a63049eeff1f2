from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from flask import (
    Blueprint,
    abort,
    has_request_context,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from memberships.accounts.guard import (
    requires,
    requires_staff,
    role_in,
    signed_in_account,
    signed_in_actor,
    staff_networks,
)
from memberships.accounts.queries import colleagues_in
from memberships.applications import services
from memberships.applications.errors import (
    AlreadySubmitted,
    ApplicationChanged,
    ApplicationNotDecidable,
    ApplicationUnknown,
    BodyDecides,
    ColleagueUnknown,
    HoldsAnotherSeat,
    NoSeatToGrant,
    NothingAsked,
    NotReopenable,
    OrganisationUndecided,
)
from memberships.applications.forms import ApplicationForm
from memberships.applications.models import Application, Channel, Recommendation
from memberships.applications.organisations import described_organisation
from memberships.applications.queries import (
    answers_in_words,
    answers_with_keys,
    application_id_of,
    askable_fields,
    asked_in_words,
)
from memberships.database import ChangedMeanwhile, db, unit_of_work, utcnow
from memberships.drafts.models import Draft, DraftForm
from memberships.drafts.services import drop_draft
from memberships.members.errors import MembershipRestricted, SeatTaken
from memberships.members.models import Membership
from memberships.members.queries import asked_of, entry_of
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions, definition_of
from memberships.permissions import Permission, may
from memberships.review import queries
from memberships.review.differences import marked_words
from memberships.review.forms import (
    EntryForm,
    HandOnForm,
    NoteForm,
    OrganisationForm,
    RecommendationForm,
    ReplyForm,
    SeatForm,
    UnitForm,
)
from memberships.review.timeline import timeline_of
from memberships.review.wording import KINDS, STATUSES, arguments_of, filter_of, parts_of
from memberships.seats.errors import HandoverOpen, HandoverUnknown, InvitedHoldsIt
from memberships.seats.queries import to_decide
from memberships.territory.models import LAENDER
from memberships.tokens import new_token
from memberships.viewings.guard import shows_personal_data

bp = Blueprint("review", __name__, url_prefix="/koordination")

# A filter in an address, with room for what somebody searches for.
LONGEST_WALK = 1000

REFUSED = (
    ApplicationChanged,
    ApplicationNotDecidable,
    BodyDecides,
    ChangedMeanwhile,
    HandoverOpen,
    HandoverUnknown,
    HoldsAnotherSeat,
    InvitedHoldsIt,
    MembershipRestricted,
    NoSeatToGrant,
    NotReopenable,
    OrganisationUndecided,
    SeatTaken,
)


@bp.get("/")
@requires_staff
@shows_personal_data("today")
def today() -> str:
    networks = {network.id: network for network, role in staff_networks() if _sees_cases(role)}
    chosen = [n.id for n in networks.values() if n.slug == request.args.get("netzwerk")]
    ids = chosen or list(networks)
    wanted = _wanted_filter()
    return render_template(
        "review/today.html",
        own_networks=list(networks.values()),
        page=queries.queue_page(ids, wanted),
        counts=queries.waiting_counts(ids),
        **_shown(wanted),
        chosen=request.args.get("netzwerk", "") if chosen else "",
        handovers=to_decide(ids),
        now=utcnow(),
        done=_done(ids),
    )


def _sees_cases(role: Any) -> bool:
    return may(role, Permission.VIEW_APPLICATIONS)


def _wanted_filter() -> queries.QueueFilter:
    return filter_of(request.args, signed_in_account().id)


def _shown(wanted: queries.QueueFilter) -> dict[str, Any]:
    """What the form and the links around a list say of its filter."""
    return {
        "wanted": wanted,
        "arguments": arguments_of(wanted),
        "parts": list(parts_of(wanted)),
        "query": urlencode(arguments_of(wanted)),
        "counted_to": queries.COUNTED,
        "statuses": STATUSES,
        "kinds": KINDS,
        "laender": LAENDER,
    }


@bp.get("/<slug>/antraege")
@requires(Permission.VIEW_APPLICATIONS)
@shows_personal_data("queue")
def queue(network: Network) -> str:
    wanted = _wanted_filter()
    page = queries.queue_page([network.id], wanted)
    return render_template(
        "review/queue.html",
        net=current_definitions()[network.slug],
        page=page,
        matching=queries.matching_count(network.id, wanted, page),
        counts=queries.waiting_counts([network.id]),
        **_shown(wanted),
        saved=queries.saved_filters(network.id, signed_in_account().id),
        now=utcnow(),
        handovers=to_decide([network.id]),
        done=_done([network.id]),
        entered=request.args.get("eingetragen", 0, type=int),
    )


@bp.url_defaults
def keep_walk(_endpoint: str, values: dict[str, Any]) -> None:
    """Whoever goes through a list case by case stays in it, whatever they open or send."""
    if "application_id" in values and has_request_context() and _walk():
        values.setdefault("reihe", _walk())


def _walk() -> str:
    """The list that somebody goes through, as its address had it; empty for none."""
    return request.args.get("reihe", "")[:LONGEST_WALK]


def walked_filter() -> queries.QueueFilter:
    return filter_of(dict(parse_qsl(_walk())), signed_in_account().id)


@bp.get("/<slug>/antraege/reihe")
@requires(Permission.VIEW_APPLICATIONS)
def begin_walk(network: Network) -> Response:
    """The first case of a list; from there deciding leads on to the next."""
    wanted = _wanted_filter()
    first = queries.next_in(network.id, wanted, after=None)
    arguments: dict[str, Any] = {**arguments_of(wanted)}
    if first is None:
        return redirect(url_for(".queue", slug=network.slug, **arguments), 303)
    walk = urlencode(arguments)
    return redirect(url_for(".case", slug=network.slug, application_id=first, reihe=walk), 303)


@bp.get("/<slug>/antraege/<uuid:application_id>/weiter")
@requires(Permission.VIEW_APPLICATIONS)
def skip_case(network: Network, application_id: UUID) -> Response:
    """Leave the case as it is and go on."""
    found = queries.case_row(network.id, application_id)
    if found is None:
        abort(404)
    return _go_on(network, found)


def _go_on(network: Network, after: Application, done: UUID | None = None) -> Response:
    """To the case that follows in the list that is gone through, at its end back to the list."""
    wanted = walked_filter()
    following = queries.next_in(network.id, wanted, after=after)
    if following is None:
        return to_list(network, done)
    return redirect(
        url_for(".case", slug=network.slug, application_id=following, erledigt=done), 303
    )


def to_list(network: Network, done: UUID | None = None) -> Response:
    """To the list, filtered as it was left."""
    kept: dict[str, Any] = {**arguments_of(walked_filter())} if _walk() else {}
    return redirect(url_for(".queue", slug=network.slug, erledigt=done, **kept), 303)


@bp.get("/<slug>/antraege/<uuid:application_id>")
@requires(Permission.VIEW_APPLICATIONS)
@shows_personal_data("case")
def case(network: Network, application_id: UUID) -> str:
    return show_case(network, application_id)


def show_case(network: Network, application_id: UUID, **state: Any) -> str:
    found = queries.case_of(network.id, application_id, seen_by=signed_in_account().id)
    if found is None:
        abort(404)
    application = found.application
    net = definition_of(application.definition)
    draft = found.drafts.get(DraftForm.NOTE)
    defaults: dict[str, Any] = {
        "notice": None,
        "note_form": NoteForm(formdata=typed_before(draft)),
        "draft": draft,
        "reply_form": ReplyForm(formdata=None, version=application.version),
        "recommendation_form": _recommendation_form(application),
        "organisation_form": OrganisationForm(formdata=None, version=application.version),
        "unit_form": UnitForm(formdata=None),
        "seat_form": SeatForm(
            formdata=None, version=application.version, seat_reason=application.seat_reason
        ),
    }
    return render_template(
        "review/case.html",
        net=net,
        case=found,
        application=application,
        answers=answers_with_keys(application.all_answers, net),
        askable={field.key for field in askable_fields(application)},
        asked={q.id: asked_in_words(q, net) for q in found.questions if q.fields},
        entry=entry_of(found.membership.id) if found.membership else None,
        member_answers=_answers_of(found.membership),
        timeline=timeline_of(found, net),
        described=described_organisation(application),
        marked_words=marked_words,
        looked_up=request.args.get("organisation", "")[:200],
        known=queries.known_organisations(network.slug, request.args.get("organisation", "")[:200]),
        body_decides=services.body_decides(application),
        may=lambda permission: may(role_in(network.id), permission),
        own_account=signed_in_account(),
        now=utcnow(),
        done=_done([network.id]),
        walk=list(parts_of(walked_filter())) if _walk() else None,
        walk_query=arguments_of(walked_filter()) if _walk() else {},
        **(defaults | state),
    )


def typed_before(draft: Draft | None) -> MultiDict[str, str] | None:
    """A draft, as a form reads it."""
    return MultiDict(draft.fields) if draft else None


def _answers_of(membership: Membership | None) -> list[tuple[str, str]]:
    if membership is None:
        return []
    return answers_in_words(membership.answers, asked_of(membership))


def _recommendation_form(application: Application) -> RecommendationForm:
    return RecommendationForm(
        formdata=None,
        version=application.version,
        recommendation=application.recommendation,
        note=application.recommendation_note,
    )


def _done(network_ids: list[int]) -> Application | None:
    """The case that the person has just dealt with, for the banner; only of the own networks."""
    try:
        done = db.session.get(Application, UUID(request.args.get("erledigt", "")))
    except ValueError:
        return None
    is_shown = done is not None and done.network_id in network_ids and done.confirmed_at is not None
    return done if is_shown else None


def case_for_change(
    network: Network,
    application_id: UUID,
    version: int | None,
    *,
    even_restricted: bool = False,
    even_pending: bool = False,
) -> Application:
    try:
        return services.application_for_change(
            network.id,
            application_id,
            seen_version=version,
            even_restricted=even_restricted,
            even_pending=even_pending,
        )
    except ApplicationUnknown:
        abort(404)


def refused(network: Network, application_id: UUID, error: Exception, **state: Any) -> Any:
    """409 on the case as it is now, with what differs and what was typed."""
    return show_case(network, application_id, notice=error, **state), 409


@bp.post("/<slug>/antraege/<uuid:application_id>/uebernehmen")
@requires(Permission.CLAIM_APPLICATIONS)
def claim_application(network: Network, application_id: UUID) -> Any:
    version = request.form.get("version", type=int)
    try:
        with unit_of_work():
            application = case_for_change(network, application_id, version)
            if "abgeben" in request.form:
                services.release_application(application, by=signed_in_actor())
            else:
                services.claim_application(application, by=signed_in_actor())
    except REFUSED as error:
        return refused(network, application_id, error)
    return back_to_case(network, application_id)


@bp.route("/<slug>/antraege/<uuid:application_id>/uebergeben", methods=["GET", "POST"])
@requires(Permission.CLAIM_APPLICATIONS)
@shows_personal_data("hand_on")
def hand_application_on(network: Network, application_id: UUID) -> Any:
    found = queries.case_of(network.id, application_id)
    if found is None:
        abort(404)
    form, owner = HandOnForm(), found.application.claimed_by_id
    colleagues = colleagues_in(network.id, Permission.CLAIM_APPLICATIONS)
    form.colleague.choices = [(str(c.id), c.shown_name) for c in colleagues if c.id != owner]
    if request.method == "GET" or not form.validate():
        page = render_template(
            "review/hand_on.html",
            net=current_definitions()[network.slug],
            application=found.application,
            form=form,
        )
        return page, 422 if form.errors else 200
    try:
        with unit_of_work():
            application = case_for_change(network, application_id, form.version.data)
            services.hand_application_to(
                application, UUID(form.colleague.data), by=signed_in_actor()
            )
    except (*REFUSED, ColleagueUnknown) as error:
        return refused(network, application_id, error)
    return back_to_case(network, application_id)


def back_to_case(network: Network, application_id: UUID, anchor: str = "") -> Response:
    return redirect(
        url_for(".case", slug=network.slug, application_id=application_id, _anchor=anchor or None),
        303,
    )


@bp.post("/<slug>/antraege/<uuid:application_id>/notiz")
@requires(Permission.WRITE_NOTES)
def write_note(network: Network, application_id: UUID) -> Any:
    form = NoteForm()
    if not form.validate_on_submit():
        return show_case(network, application_id, note_form=form), 422
    with unit_of_work():
        application = case_for_change(
            network, application_id, None, even_restricted=True, even_pending=True
        )
        services.write_note(application, form.text.data, by=signed_in_actor())
        drop_draft(signed_in_account().id, application_id, DraftForm.NOTE)
    return back_to_case(network, application_id, "notizen")


@bp.post("/<slug>/antraege/<uuid:application_id>/antwort")
@requires(Permission.REQUEST_INFORMATION)
def record_reply(network: Network, application_id: UUID) -> Any:
    form = ReplyForm()
    if not form.validate_on_submit():
        return show_case(network, application_id, reply_form=form), 422
    try:
        with unit_of_work():
            application = case_for_change(network, application_id, form.version.data)
            services.receive_information(
                application,
                form.answer.data,
                by=signed_in_actor(),
                via=Channel(form.channel.data),
            )
    except (*REFUSED, NothingAsked) as error:
        return refused(network, application_id, error, reply_form=form)
    return back_to_case(network, application_id)


@bp.post("/<slug>/antraege/<uuid:application_id>/empfehlung")
@requires(Permission.RECOMMEND_DECISIONS)
def recommend_decision(network: Network, application_id: UUID) -> Any:
    form = RecommendationForm()
    if not form.validate_on_submit():
        return show_case(network, application_id, recommendation_form=form), 422
    try:
        with unit_of_work():
            application = case_for_change(network, application_id, form.version.data)
            services.recommend_decision(
                application,
                Recommendation(form.recommendation.data),
                by=signed_in_actor(),
                note=form.note.data or "",
            )
    except REFUSED as error:
        return refused(network, application_id, error, recommendation_form=form)
    return next_case(network, application_id)


def next_case(network: Network, done: UUID) -> Response:
    """Open what follows in the list that is gone through, or what is due next; with a banner."""
    found = queries.case_row(network.id, done) if _walk() else None
    if found is not None:
        return _go_on(network, found, done)
    following = queries.next_due([network.id], besides=done)
    if following is None:
        return redirect(url_for(".queue", slug=network.slug, erledigt=done), 303)
    return redirect(
        url_for(".case", slug=network.slug, application_id=following.id, erledigt=done), 303
    )


@bp.route("/<slug>/erfassen", methods=["GET", "POST"])
@requires(Permission.ENTER_APPLICATIONS)
def enter_application(network: Network) -> Any:
    net = current_definitions()[network.slug]
    entry = EntryForm()
    form = ApplicationForm(net, request.form)
    if request.method == "POST":
        # Both, so that all messages show at once.
        valid = (entry.validate(), form.validate())
        if all(valid):
            nonce = request.form.get("stamp", "")
            key = services.submission_key(nonce or new_token(), form.answers, set())
            # A double click finds the first one's case.
            with suppress(AlreadySubmitted), unit_of_work():
                services.enter_application(
                    net,
                    form.answers,
                    key=key,
                    channel=Channel(entry.channel.data),
                    received_on=entry.received_on.data,
                    by=signed_in_actor(),
                )
            return back_to_case(network, application_id_of(key))
    stamp = request.form.get("stamp") or new_token()
    page = render_template("review/enter.html", net=net, entry=entry, form=form, stamp=stamp)
    return page, 422 if request.method == "POST" else 200
