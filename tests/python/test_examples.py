"""The programs of examples/python do what they say, each run as a stranger runs it, against a server of its own."""

import csv
import json
import os
import subprocess
import sys
import threading
import unittest

from google.protobuf import field_mask_pb2

import steps
from harness import EXAMPLES, Server, messages, write

ENDS_WITHIN_SECONDS = 60
LINE_WITHIN_SECONDS = 30


class Example:
    """A program of examples/python as it runs, and what it has printed."""

    def __init__(self, name, server, key, *arguments):
        environment = dict(os.environ, TREADWELL_SERVER=server.address, TREADWELL_KEY=key, PYTHONUNBUFFERED="1")
        self.process = subprocess.Popen(
            [sys.executable, EXAMPLES / name, *map(str, arguments)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines = []

    def until(self, words):
        """The next line that has these words."""
        # A program that says nothing more is ended, which ends its output, too.
        late = threading.Timer(LINE_WITHIN_SECONDS, self.process.kill)
        late.start()
        try:
            for line in self.process.stdout:
                self.lines.append(line.rstrip("\n"))
                if words in line:
                    return self.lines[-1]
        finally:
            late.cancel()
        raise AssertionError(f"no line with {words!r}: {self.lines}")

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def ends(self, code=0):
        """What it printed, once it has ended as it should."""
        rest, _ = self.process.communicate(timeout=ENDS_WITHIN_SECONDS)
        self.lines += rest.splitlines()
        if self.process.returncode != code:
            raise AssertionError(f"exit code {self.process.returncode}: {self.lines}")
        return self.lines


class Examples(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.owner = self.server.caller(self.server.owner_key)

    def key(self, role):
        return steps.key(self.server, f"Example {role}", role).key

    def test_online_booking(self):
        lines = Example("online_booking.py", self.server, self.key("INTEGRATION")).ends()
        text = "\n".join(lines)
        self.assertRegex(text, r"held ashiatsu-60 \w+ \d+ Oct \d\d:\d\d until Wed 14 Oct 09:")
        self.assertIn("screening: INCOMPLETE, 11 questions", text)
        self.assertIn("refused, SCREENING_INCOMPLETE: ", text)
        self.assertRegex(text, r"refused, (ROOM|THERAPIST)_TAKEN: ")
        self.assertIn("  instead: ", text)
        self.assertRegex(text, r"booked hands-on-60 Thu 15 Oct \d\d:\d\d in h3 with \w+: apt-")
        self.assertIn("for somebody else: apt-", text)
        self.assertIn("moved to Thu 15 Oct ", text)
        self.assertEqual([line.split(", ")[1] for line in lines if line.startswith("cancelled")], ["late", "late"])
        # Nothing is left behind but two clients and two cancelled appointments.
        cancelled = messages("appointment").APPOINTMENT_STATE_CANCELLED
        left = self.owner.call("appointment.ListAppointments").appointments
        self.assertEqual([each.state for each in left], [cancelled] * 2)
        self.assertEqual(len(self.owner.call("appointment.ListHolds").holds), 0)

    def test_wallboard(self):
        wall = Example("wallboard.py", self.server, self.key("WALLBOARD"), "--updates", 3)
        first = wall.until("bar rooms free now: ")
        self.assertIn("H1 until ", first)
        self.assertIn("sessions running: 0", first)
        # A server that is killed, and back with another room out: the display goes on by itself.
        self.server.kill()
        wall.until("line lost; going on after revision ")
        self.server.start()
        outage = messages("catalog").Outage(room_id="h1", support_only=True, reason="loose bolt")
        self.owner.call("catalog.OpenOutage", write=write(), outage=outage)
        self.assertNotIn("H1", wall.until("bar rooms free now: "))
        steps.session(self.owner, "Walk In")
        wall.ends()
        self.assertIn("sessions running: 1", wall.lines[-1])
        self.assertEqual(len([line for line in wall.lines if line.startswith("bar rooms")]), 3)

    def offers_by_the_server(self):
        policy = messages("catalog").Policy(waitlist_auto_offer=True)
        mask = field_mask_pb2.FieldMask(paths=["waitlist_auto_offer"])
        self.owner.call("catalog.UpdatePolicy", write=write(), policy=policy, update_mask=mask)

    def waits(self, name, place):
        """Somebody who could come at the time of that place only, and only to that therapist."""
        client = steps.new_client(self.owner, name, "+1 902 555 0177")
        noun, common = messages("waitlist"), messages("common")
        day, halifax = common.LocalDate(year=2026, month=10, day=15), place.start.ToDatetime().hour - 3
        window = noun.WaitlistWindow(
            first=day, last=day, **{"from": common.TimeOfDay(hour=halifax)}, until=common.TimeOfDay(hour=halifax + 1)
        )
        entry = noun.WaitlistEntry(
            client_id=client.id,
            service_id="hands-on-60",
            site_ids=["halifax"],
            therapist_id=place.therapist_id,
            therapist_only=True,
            windows=[window],
        )
        return self.owner.call("waitlist.CreateWaitlistEntry", write=write(), entry=entry).entry

    def test_waitlist_texts(self):
        self.offers_by_the_server()
        client = steps.healthy_client(self.owner, "Who Cancels")
        place = next(each for each in steps.places(self.owner, 15) if each.start.ToDatetime().minute == 0)
        booked = steps.book(self.owner, client, place)
        first, second = self.waits("Adele Waits", place), self.waits("Bela Waits", place)
        texts = Example("waitlist_texts.py", self.server, self.key("INTEGRATION"))
        self.owner.call(
            "appointment.CancelAppointment",
            write=write(),
            appointment_id=booked.id,
            cancel_reason=messages("appointment").CANCEL_REASON_CLIENT,
        )
        self.assertIn("Therapeutic massage 60 on Thu 15 Oct at ", texts.until("to +1 902 555 0177: "))
        self.assertRegex(texts.until("kept for Adele Waits until "), r"until 09:3\d$")
        texts.say("no")
        texts.until("declined; passed on")
        texts.until("kept for Bela Waits until ")
        texts.say("yes")
        won = texts.until("booked apt-").split()[1]
        texts.process.terminate()
        texts.process.communicate()
        ended = self.owner.call("waitlist.GetWaitlistEntry", entry_id=second.id).entry
        self.assertEqual((ended.appointment_id, ended.state), (won, messages("waitlist").WAITLIST_STATE_BOOKED))
        still = self.owner.call("waitlist.GetWaitlistEntry", entry_id=first.id).entry
        self.assertEqual(still.passed[0].how, messages("waitlist").PASSED_OVER_DECLINED)

    def test_bookkeeping(self):
        done = steps.finish(self.owner, steps.session(self.owner, "Pays Cash"))
        total = steps.pay(self.owner, done, "CASH", "CARD").total_cents
        self.owner.call("receipt.IssueReceipt", write=write(), appointment_id=done.id)
        folder = self.server.folder / "books"
        lines = Example("bookkeeping.py", self.server, self.key("FRONT_DESK"), "2026-10-14", folder).ends()
        dollars = f"{total // 100}.{total % 100:02}"
        self.assertEqual(lines[0], f"2026-10-14: taken {dollars}, refunded 0.00, 1 receipts")
        self.assertIn("receipt 1: ", lines[1])
        self.assertIn("HST", lines[1])
        self.assertEqual(lines[-1], "month so far: 1 completed, 0 did not come")
        with open(folder / "till-2026-10-14.csv", newline="") as file:
            till = list(csv.DictReader(file))
        self.assertEqual(
            [(line["site_id"], line["therapist_id"], line["method"]) for line in till],
            [("halifax", "tremblay", "PAYMENT_METHOD_CASH"), ("halifax", "tremblay", "PAYMENT_METHOD_CARD")],
        )
        self.assertEqual(sum(int(line["paid_cents"]) for line in till), total)
        with open(folder / "attendance-2026-10.csv", newline="") as file:
            months = {line["site_id"]: line for line in csv.DictReader(file)}
        self.assertEqual((months["halifax"]["period_start"], months["halifax"]["completed"]), ("2026-10-01", "1"))
        issued = json.loads((folder / "receipts-2026-10-14.json").read_text())
        self.assertEqual([(each["number"], each["client_name"]) for each in issued], [(1, "Pays Cash")])

    def test_roster_sync(self):
        client = steps.healthy_client(self.owner, "Ann Booked")
        place = steps.places(self.owner, 20, therapist_id="tremblay")[0]
        booked = steps.book(self.owner, client, place)
        file = self.server.folder / "staff.csv"
        file.write_text(
            "kind,therapist,site,start,end,reason\n"
            "shift,chen,halifax,2026-10-17T09:00-03:00,2026-10-17T13:00-03:00,\n"
            "off,tremblay,,2026-10-20T08:00-03:00,2026-10-20T16:00-03:00,course\n"
            "shift,chen,halifax,2026-10-17T14:00-03:00,2026-10-17T13:00-03:00,\n"
            "shift,chen,dartmouth,2026-10-17T09:00-03:00,2026-10-17T13:00-03:00,\n"
            "leave,chen,,2026-10-18T09:00-03:00,2026-10-18T13:00-03:00,\n"
            "off,chen,,18 October,2026-10-18T13:00-03:00,\n"
        )
        key = self.key("MANAGER")
        before = self.owner.call("access.WhoAmI").revision
        tried = Example("roster_sync.py", self.server, key, file).ends(code=1)
        self.assertEqual(tried[0], "line 2: shift chen: would be entered")
        self.assertIn("line 3: off tremblay: would hit 1: Ann Booked, Tue 20 Oct ", tried[1])
        self.assertIn("line 4: shift chen: refused, FIELDS_INVALID: ", tried[2])
        self.assertEqual(self.owner.call("access.WhoAmI").revision, before, "nothing was changed")
        applied = Example("roster_sync.py", self.server, key, file, "--apply").ends(code=1)
        self.assertEqual(applied[0], "line 2: shift chen: entered")
        self.assertIn("left out, it hits 1: Ann Booked", applied[1])
        again = Example("roster_sync.py", self.server, key, file, "--apply", "--even-if-hit").ends(code=1)
        self.assertEqual(again[0], "line 2: shift chen: there already")
        # The same hours at another site are another shift; what is no kind is none; neither stops the others.
        self.assertRegex(again[3], r"^line 5: shift chen: refused, ")
        self.assertIn("line 6: leave chen: left out, no such kind as 'leave'", again[4])
        self.assertIn("line 7: off chen: left out, ", again[5])
        self.assertEqual(again[1], "line 3: off tremblay: entered, 1 flagged for a person")
        flagged = self.owner.call("appointment.GetAppointment", appointment_id=booked.id).appointment.flags
        self.assertEqual([flag.kind for flag in flagged], [messages("appointment").FLAG_KIND_OFF_SHIFT])

    def test_patience(self):
        # Few holds a key, so that the limit is met; and a server that is not there yet when the program begins.
        policy = messages("catalog").Policy(holds_per_key=3)
        mask = field_mask_pb2.FieldMask(paths=["holds_per_key"])
        self.owner.call("catalog.UpdatePolicy", write=write(), policy=policy, update_mask=mask)
        key = self.key("INTEGRATION")
        self.server.stop()
        program = Example("patience.py", self.server, key)
        program.until("attempt 1: UNAVAILABLE; again in 0.1 s")
        self.server.start()
        lines = program.ends()
        self.assertIn("calling as Example INTEGRATION", lines)
        self.assertIn("sent twice, made once: True", lines)
        self.assertIn("somebody else was quicker (STALE_ETAG); reading again", lines)
        self.assertIn("both changes are there: +1 902 555 0113, prefers mornings", lines)
        self.assertIn("no more than 3 holds a key; the oldest is let go", lines)
        self.assertEqual(lines[-1], "held and released 3")
        self.assertEqual(len(self.owner.call("appointment.ListHolds").holds), 0)


if __name__ == "__main__":
    unittest.main()
