"""Steps of a day at the sample clinic that several modules take: keys by role, clients, places, sessions from start to receipt."""

import datetime

from harness import halifax, instant, messages, moment, write


def key(server, name, role, **more):
    """Calls with a new key, made by the owner; `role` is such as "MANAGER"."""
    access = messages("access")
    made = access.Key(name=name, role=access.Role.Value(f"ROLE_{role}"), **more)
    owner = server.caller(server.owner_key)
    return server.caller(owner.call("access.CreateKey", write=write(), key=made).secret)


def new_client(caller, name, phone="+1 902 555 0199"):
    client = messages("client").Client(name=name, phone=phone)
    return caller.call("client.CreateClient", write=write(), client=client).client


def declare_no(caller, client):
    """Answers every question of screening with no."""
    declared = messages("client")
    rule_sets = caller.call("catalog.GetCatalog").rule_sets
    asked = sorted({rule.condition_id for rule_set in rule_sets for rule in rule_set.rules})
    answers = [declared.Answer(condition_id=each, kind=declared.ANSWER_KIND_NO) for each in asked]
    caller.call("client.RecordDeclaration", write=write(), client_id=client.id, answers=answers)


def healthy_client(caller, name):
    client = new_client(caller, name)
    declare_no(caller, client)
    return client


def places(caller, day, service="hands-on-60", site="halifax", **more):
    """What is offered on a day of October 2026, the best of each start."""
    window = {"from": instant(halifax(day, 0)), "until": instant(halifax(day, 23))}
    asked = dict(site_ids=[site], service_id=service, limit=200, **window)
    return caller.call("availability.SearchAvailability", **asked, **more).proposals


def wanted(client, place, service="hands-on-60", **more):
    return messages("appointment").Appointment(
        client_id=client.id,
        service_id=service,
        site_id=place.site_id,
        room_id=place.room_id,
        therapist_id=place.therapist_id,
        start=place.start,
        **more,
    )


def book(caller, client, place, service="hands-on-60"):
    return caller.call("appointment.BookAppointment", write=write(), appointment=wanted(client, place, service)).appointment


def session(caller, name, therapist="tremblay"):
    """A walk-in, started now; hands-on work at Halifax, for which nobody has to attest anything."""
    client = healthy_client(caller, name)
    now = moment(caller.call("floor.GetBoard").now)
    now -= datetime.timedelta(minutes=now.minute % 5, seconds=now.second, microseconds=now.microsecond)
    appointment = messages("appointment").Appointment(
        client_id=client.id, service_id="hands-on-60", site_id="halifax", therapist_id=therapist, start=instant(now)
    )
    booked = caller.call("appointment.BookAppointment", write=write(), appointment=appointment, walk_in=True).appointment
    return caller.call("appointment.StartSession", write=write(), appointment_id=booked.id).appointment


def finish(caller, appointment):
    """Ends a session early, and its turnover too, so that the next may begin."""
    ended = caller.call(
        "appointment.FinishSession", write=write(), appointment_id=appointment.id, stopped_early_reason="had to go"
    )
    items = [item.id for item in ended.turnover.items]
    caller.call("floor.TickTurnover", write=write(), room_id=appointment.room_id, item_ids=items)
    return ended.appointment


def pay(caller, appointment, *methods):
    """Pays all that is due, in as many parts as there are methods; such as "CASH"."""
    money = messages("receipt")
    due = caller.call("receipt.GetAccount", appointment_id=appointment.id).account.due_cents
    share = due // len(methods)
    cents = [share] * (len(methods) - 1) + [due - share * (len(methods) - 1)]
    parts = [
        money.PaymentPart(method=money.PaymentMethod.Value(f"PAYMENT_METHOD_{method}"), cents=part)
        for method, part in zip(methods, cents)
    ]
    return caller.call("receipt.TakePayment", write=write(), appointment_id=appointment.id, parts=parts).account
