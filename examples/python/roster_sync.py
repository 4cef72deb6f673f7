"""Brings shifts and time off from another program's file into the clinic, and says whom a change would hit before it is made.

    TREADWELL_SERVER=127.0.0.1:7450 TREADWELL_KEY=tw_... python examples/python/roster_sync.py staff.csv [--apply] [--even-if-hit]

The file has a head and one line a shift or absence, with instants that say their offset:

    kind,therapist,site,start,end,reason
    shift,chen,halifax,2026-11-23T09:00-04:00,2026-11-23T17:00-04:00,
    off,roy,,2026-10-20T08:00-03:00,2026-10-20T18:00-03:00,course

Without --apply nothing is changed: every line is sent with `validate_only`, which judges it as it would be judged, and answers
with the appointments that it would leave without their therapist. The key's role is `manager`.
"""

import argparse
import csv
import datetime
from zoneinfo import ZoneInfo

from clinic import Refused, connect, instant, messages, moment, write


class Sync:
    def __init__(self, clinic, apply, even_if_hit):
        self.clinic = clinic
        self.apply = apply
        self.even_if_hit = even_if_hit
        self.zones = {site.id: ZoneInfo(site.time_zone) for site in clinic.call("catalog.GetCatalog").sites}

    def request(self, line):
        """The method that a line asks for, and its fields; None when it is there already, so that a file can be sent twice."""
        if line["kind"] not in ("shift", "off"):
            raise ValueError(f"no such kind as {line['kind']!r}: it is shift or off")
        span = {name: instant(datetime.datetime.fromisoformat(line[name])) for name in ("start", "end")}
        asked = {"therapist_ids": [line["therapist"]], "from": span["start"], "until": span["end"]}
        if line["kind"] == "off":
            off = messages("roster").TimeOff(therapist_id=line["therapist"], reason=line["reason"], **span)
            known = self.clinic.call("roster.ListTimeOff", **asked).time_off
            there = any((each.start, each.end) == (off.start, off.end) for each in known)
            return None if there else ("roster.PutTimeOff", {"time_off": off})
        shift = messages("therapist").Shift(therapist_id=line["therapist"], site_id=line["site"], **span)
        known = self.clinic.call("roster.ListShifts", **asked).shifts
        there = any((each.site_id, each.start, each.end) == (shift.site_id, shift.start, shift.end) for each in known)
        return None if there else ("roster.PutShift", {"shift": shift})

    def one(self, number, line):
        asked = self.request(line)
        if asked is None:
            return "there already"
        method, fields = asked
        # The same request, tried first: what it would answer, and nothing done.
        tried = self.clinic.call(method, write=write(validate_only=True), **fields)
        hit = [self.name(appointment) for appointment in tried.affected_appointments]
        if not self.apply:
            return f"would hit {len(hit)}: {'; '.join(hit)}" if hit else "would be entered"
        if hit and not self.even_if_hit:
            return f"left out, it hits {len(hit)}: {'; '.join(hit)}"
        self.clinic.call(method, write=write(reason=f"roster file, line {number}"), **fields)
        return f"entered, {len(hit)} flagged for a person" if hit else "entered"

    def name(self, appointment):
        start = moment(appointment.start, self.zones[appointment.site_id])
        return f"{appointment.client_name}, {start:%a %d %b %H:%M}, {appointment.room_id}"


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("file")
    options.add_argument("--apply", action="store_true", help="change the clinic; without it only tell what would be")
    options.add_argument("--even-if-hit", action="store_true", help="also what leaves appointments without their therapist")
    options = options.parse_args()
    sync = Sync(connect(), options.apply, options.even_if_hit)
    failed = 0
    with open(options.file, newline="") as file:
        # Line 1 is the head. A line that is refused does not stop the others.
        for number, line in enumerate(csv.DictReader(file), start=2):
            try:
                became = sync.one(number, line)
            except Refused as refusal:
                failed += 1
                wrong = [f"{each.field}: {each.description}" for each in refusal.fields.field_violations]
                became = "; ".join([f"refused, {refusal.reason}: {refusal.text}", *wrong])
            except ValueError as unreadable:
                failed += 1
                became = f"left out, {unreadable}"
            print(f"line {number}: {line['kind']} {line['therapist']}: {became}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
