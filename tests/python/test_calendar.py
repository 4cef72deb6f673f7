"""The calendars as a calendar program reads them: by `icalendar`, which shares nothing with what writes them."""

import datetime
import random
import unittest

import icalendar

from harness import halifax, instant, messages, server, write

UTC = datetime.timezone.utc
# What has a meaning of its own in a file, what is long, what takes several octets, and what folds at an awkward place.
NASTY = (
    "Bars, mats; towels",
    "back\\slash \\n not a line",
    "Zo\u00eb \U0001f9b6\U0001f9b6 caf\u00e9",
    'quotes " and \' and: colons',
    "x" * 80,
    "\U0001f9b6" * 40,
    "a" * 66 + "\u00e9\u00e9",
)


class Calendars(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.owner = server().caller(server().owner_key)

    def read(self, **whose):
        """A calendar as text, and as what is read out of it."""
        text = self.owner.call("appointment.GetCalendar", **whose).calendar
        for line in text.encode().split(b"\r\n"):
            self.assertLessEqual(len(line), 75, line)
            line.decode()
            self.assertNotIn(b"\n", line)
        calendar = icalendar.Calendar.from_ical(text)
        self.assertEqual(calendar.errors, [])
        for event in calendar.walk("VEVENT"):
            self.assertEqual(event.errors, [])
        return calendar

    def book(self, client, moment, **place):
        appointment = messages("appointment").Appointment(
            client_id=client.id, service_id="hands-on-60", site_id="halifax", start=instant(moment), **place
        )
        return self.owner.call("appointment.BookAppointment", write=write(), appointment=appointment).appointment

    def client(self, name):
        client = messages("client").Client(name=name, phone="902 555 0188")
        return self.owner.call("client.CreateClient", write=write(), client=client).client

    def event(self, calendar, appointment):
        for event in calendar.walk("VEVENT"):
            if str(event["UID"]).startswith(appointment.id + "@"):
                return event
        self.fail(f"{appointment.id} is not in the calendar")

    def test_whatever_a_room_is_called_comes_back_as_it_is(self):
        catalog = self.owner.call("catalog.GetCatalog")
        room = next(room for room in catalog.rooms if room.id == "h3")
        dice = random.Random(20261014)
        letters = "ab ,;:\\\"\u00e9\U0001f9b6"
        names = [name for name in NASTY if len(name) <= 80]
        names += ["".join(dice.choices(letters, k=dice.randrange(2, 79))).strip() or "a" for _ in range(40)]
        for name in names:
            with self.subTest(name=name):
                room.name = name
                room = self.owner.call("catalog.PutRoom", write=write(etag=room.etag), room=room).room
                calendar = self.read(room_id="h3")
                places = {str(event["LOCATION"]) for event in calendar.walk("VEVENT")}
                self.assertTrue(places)
                for place in places:
                    self.assertTrue(place.startswith(name + ", Halifax"), place)

    def test_an_appointment_is_at_its_time_on_either_side_of_the_change_of_the_clock(self):
        client = self.client("Zo\u00eb, the; Tester")
        # The clocks go back on Sunday 1 November 2026.
        before = self.book(client, halifax(30, 14))
        after = self.book(client, datetime.datetime(2026, 11, 2, 18, tzinfo=UTC))
        for appointment, moment in (
            (before, datetime.datetime(2026, 10, 30, 17, tzinfo=UTC)),
            (after, datetime.datetime(2026, 11, 2, 18, tzinfo=UTC)),
        ):
            for whose in ({"room_id": appointment.room_id}, {"therapist_id": appointment.therapist_id}):
                event = self.event(self.read(**whose), appointment)
                self.assertEqual(event["DTSTART"].dt, moment)
                self.assertEqual(event["DTEND"].dt, moment + datetime.timedelta(hours=1))
                self.assertEqual(event["STATUS"], "CONFIRMED")
                self.assertEqual(event["TRANSP"], "OPAQUE")
                self.assertEqual(int(event["SEQUENCE"]), int(appointment.etag))
                self.assertTrue(str(event["SUMMARY"]).endswith(", Z.T."), event["SUMMARY"])
                self.assertNotIn("Tester", event.to_ical().decode())

    def test_whoever_has_a_cancelled_appointment_is_told(self):
        appointment = self.book(self.client("Robin Test"), halifax(29, 10))
        whose = {"therapist_id": appointment.therapist_id}
        first = self.event(self.read(**whose), appointment)
        moved = self.owner.call(
            "appointment.MoveAppointment",
            write=write(),
            appointment_id=appointment.id,
            start=instant(halifax(29, 10, 30)),
            therapist_id=appointment.therapist_id,
        ).appointment
        second = self.event(self.read(**whose), moved)
        reasons = messages("appointment")
        self.owner.call(
            "appointment.CancelAppointment",
            write=write(),
            appointment_id=appointment.id,
            cancel_reason=reasons.CANCEL_REASON_WEATHER,
        )
        third = self.event(self.read(**whose), moved)
        self.assertEqual(third["STATUS"], "CANCELLED")
        self.assertEqual(third["TRANSP"], "TRANSPARENT")
        self.assertEqual({str(event["UID"]) for event in (first, second, third)}, {str(first["UID"])})
        sequences = [int(event["SEQUENCE"]) for event in (first, second, third)]
        self.assertEqual(sequences, sorted(set(sequences)), "each is newer than the one before")


if __name__ == "__main__":
    unittest.main()
