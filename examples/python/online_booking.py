"""A clinic's website books for a new client: search, hold, screen, book, move, cancel; and what each refusal offers instead.

    TREADWELL_SERVER=127.0.0.1:7450 TREADWELL_KEY=tw_... python examples/python/online_booking.py

The key's role is `integration`: it books, and learns of screening its outcome only, never a client's answers.
"""

import datetime
import sys
from zoneinfo import ZoneInfo

from clinic import Refused, connect, instant, messages, moment, write

SITE, WISHED = "halifax", "ashiatsu-60"


class Website:
    def __init__(self, clinic):
        self.clinic = clinic
        # The clinic's own clock: a demo does not live today.
        board = clinic.call("floor.GetBoard", site_ids=[SITE])
        self.zone = ZoneInfo(board.sites[0].time_zone)
        self.now = moment(board.now, self.zone)

    def new_client(self, name, phone):
        client = messages("client").Client(name=name, phone=phone)
        return self.clinic.call("client.CreateClient", write=write(), client=client).client

    def search(self, service, client, **more):
        """The next places of the coming week, best first. With the client known, screening is part of the search."""
        tomorrow = self.now.replace(hour=0, minute=0, second=0, microsecond=0) + datetime.timedelta(days=1)
        window = {"from": instant(tomorrow), "until": instant(tomorrow + datetime.timedelta(days=7))}
        return self.clinic.call(
            "availability.SearchAvailability", site_ids=[SITE], service_id=service, client_id=client.id, limit=5, **window, **more
        )

    def hold(self, service, client, place):
        """Keeps the place for some minutes, while the client reads the small print and types."""
        hold = messages("appointment").Hold(client_id=client.id, service_id=service, **self.where(place))
        return self.clinic.call("appointment.CreateHold", write=write(), hold=hold)

    def book(self, service, client, place, hold_id=""):
        wanted = messages("appointment").Appointment(client_id=client.id, service_id=service, **self.where(place))
        if hold_id:  # The hold says it all, and is used up by the booking.
            wanted = messages("appointment").Appointment(note="booked online")
        return self.clinic.call("appointment.BookAppointment", write=write(), appointment=wanted, hold_id=hold_id).appointment

    def book_offered(self, client, offered):
        """Books what a refusal offers instead, as it is: a whole place with its service, sound for this very client."""
        wanted = messages("appointment").Appointment(
            client_id=client.id,
            service_id=offered.service_id,
            extension_ids=offered.extension_ids,
            site_id=offered.site_id,
            room_id=offered.room_id,
            therapist_id=offered.therapist_id,
            start=instant(datetime.datetime.fromisoformat(offered.start)),
        )
        return self.clinic.call("appointment.BookAppointment", write=write(), appointment=wanted).appointment

    @staticmethod
    def where(place):
        return {"site_id": place.site_id, "room_id": place.room_id, "therapist_id": place.therapist_id, "start": place.start}

    def at(self, stamp):
        return moment(stamp, self.zone).strftime("%a %d %b %H:%M")

    def explain(self, refusal):
        """Every refusal has a reason for the program, a sentence for people, and mostly something else to be had."""
        print(f"refused, {refusal.reason}: {refusal.text}")
        for violation in refusal.rules.violations:
            print(f"  {violation.type}: {violation.description}")
        for other in refusal.booking.alternatives:
            start = datetime.datetime.fromisoformat(other.start).astimezone(self.zone)
            print(f"  instead: {start:%a %d %b %H:%M} in {other.room_id} with {other.therapist_id}, {other.service_id}")


def barefoot(website, client):
    """Barefoot work needs the screening's questions answered, which only the clinic's people can record. A hold is allowed
    meanwhile; the booking is not."""
    place = website.search(WISHED, client).proposals[0]
    held = website.hold(WISHED, client, place)
    print(f"held {WISHED} {website.at(held.hold.start)} until {website.at(held.hold.expires_at)}")
    screening = website.clinic.call("client.Screen", client_id=client.id, service_id=WISHED, at=place.start).screenings[0]
    outcome = messages("client").ScreeningOutcome.Name(screening.outcome).removeprefix("SCREENING_OUTCOME_")
    print(f"screening: {outcome}, {len(screening.unanswered)} questions to be asked at the clinic")
    try:
        return website.book(WISHED, client, place, hold_id=held.hold.id)
    except Refused as refusal:
        website.explain(refusal)
        offered = list(refusal.booking.alternatives)
        if not refusal.reason.startswith("SCREENING_") or not offered:
            raise
    # Nobody else should wait for a place that will not be used.
    website.clinic.call("appointment.ReleaseHold", write=write(), hold_id=held.hold.id)
    # What screening allows instead: other work, subject to a therapist's review, on the day itself.
    return website.book_offered(client, offered[0])


def taken(website, booked):
    """Somebody else wants the very same place, and takes the nearest that is offered instead."""
    other = website.new_client("Sasha Example", "+1 902 555 0111")
    try:
        return website.book(booked.service_id, other, booked)
    except Refused as refusal:
        website.explain(refusal)
        nearest = refusal.booking.alternatives[0]
    return website.book_offered(other, nearest)


def main():
    website = Website(connect())
    client = website.new_client("Robin Example", "+1 902 555 0110")
    booked = barefoot(website, client)
    print(f"booked {booked.service_id} {website.at(booked.start)} in {booked.room_id} with {booked.therapist_id}: {booked.id}")
    second = taken(website, booked)
    print(f"booked {second.service_id} {website.at(second.start)} for somebody else: {second.id}")

    # To move it, search with the appointment named: its own place does not stand in its way.
    later = website.search(booked.service_id, client, moving_appointment_id=booked.id).proposals[-1]
    # The etag says which state the client was shown; had somebody changed it since, this would be ABORTED.
    moved = website.clinic.call(
        "appointment.MoveAppointment", write=write(etag=booked.etag), appointment_id=booked.id, **website.where(later)
    ).appointment
    print(f"moved to {website.at(moved.start)}")
    for each in (moved, second):
        cancelled = website.clinic.call(
            "appointment.CancelAppointment",
            write=write(),
            appointment_id=each.id,
            cancel_reason=messages("appointment").CANCEL_REASON_CLIENT,
        ).appointment
        print(f"cancelled {cancelled.id}, {'late' if cancelled.cancellation.late else 'in time'}")


if __name__ == "__main__":
    sys.exit(main())
