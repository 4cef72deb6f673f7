"""What a clinic does beside single bookings, by a foreign client: series, waitlist, repairs, session records, receipts, stock,
reports and the roster."""

import datetime
import threading
import unittest

import grpc

import steps
from harness import Refused, Server, halifax, instant, local_date, messages, moment, write

SHOWN = write(validate_only=True)


class WholeClinic(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.owner = cls.server.caller(cls.server.owner_key)
        cls.desk = steps.key(cls.server, "Front desk", "FRONT_DESK")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def refused(self, expected, caller, method, code=grpc.StatusCode.FAILED_PRECONDITION, **fields):
        with self.assertRaises(Refused) as caught:
            caller.call(method, **fields)
        self.assertEqual((caught.exception.reason, caught.exception.code), (expected, code))
        return caught.exception

    def revision(self):
        return self.owner.call("access.WhoAmI").revision

    def appointment(self, identity):
        return self.owner.call("appointment.GetAppointment", appointment_id=identity).appointment


class Series(WholeClinic):
    def test_each_is_judged_by_itself_and_moved_together(self):
        noun = messages("appointment")
        client = steps.healthy_client(self.desk, "Sera Weekly")
        place = steps.places(self.desk, 19, room_id="h3", therapist_id="tremblay")[0]
        outage = messages("catalog").Outage(
            room_id="h3", reason="painting", start=instant(halifax(26, 0)), end=instant(halifax(27, 0))
        )
        self.desk.call("catalog.OpenOutage", write=write(), outage=outage)
        series = {"appointment": steps.wanted(client, place), "every_days": 7, "times": 3}
        self.refused(
            "ROOM_OUT", self.desk, "appointment.BookSeries", write=write(), on_impossible=noun.ON_IMPOSSIBLE_FAIL_ALL, **series
        )
        before = self.revision()
        skip = {"on_impossible": noun.ON_IMPOSSIBLE_SKIP, **series}
        shown = self.desk.call("appointment.BookSeries", write=SHOWN, **skip).results
        self.assertEqual(self.revision(), before)
        once = write()
        results = self.desk.call("appointment.BookSeries", write=once, **skip).results
        self.assertEqual([each.HasField("appointment") for each in results], [True, False, True])
        self.assertEqual([each.start for each in results], [each.start for each in shown])
        self.assertEqual([each.reason for each in results[1].obstacles], ["ROOM_OUT"])
        self.assertGreater(len(results[1].alternatives), 0)
        again = self.desk.call("appointment.BookSeries", write=once, **skip).results
        self.assertEqual([each.appointment_id for each in again], [each.appointment_id for each in results])
        # Summer time ends on 1 November: the last is at the same local time, an hour later in UTC.
        first, last = (self.appointment(results[at].appointment_id) for at in (0, 2))
        self.assertEqual(moment(last.start) - moment(first.start), datetime.timedelta(days=14, hours=1))
        self.assertEqual((last.series.number, last.series.of), (3, 3))
        cancelled = self.desk.call(
            "appointment.CancelSeries",
            write=write(),
            appointment_id=first.id,
            scope=noun.SERIES_SCOPE_ALL,
            cancel_reason=noun.CANCEL_REASON_CLIENT,
        ).appointments
        self.assertEqual({each.id for each in cancelled}, {first.id, last.id})


class Waitlist(WholeClinic):
    def waits(self, name, place):
        noun, common = messages("waitlist"), messages("common")
        start = moment(place.start, datetime.timezone(datetime.timedelta(hours=-3)))
        window = noun.WaitlistWindow(
            first=local_date(start),
            last=local_date(start),
            **{"from": common.TimeOfDay(hour=start.hour)},
            until=common.TimeOfDay(hour=start.hour + 1),
        )
        entry = noun.WaitlistEntry(
            client_id=steps.healthy_client(self.desk, name).id,
            service_id="hands-on-60",
            site_ids=["halifax"],
            therapist_id=place.therapist_id,
            therapist_only=True,
            windows=[window],
        )
        return self.desk.call("waitlist.CreateWaitlistEntry", write=write(), entry=entry).entry

    def on_the_hour(self, day):
        return next(place for place in steps.places(self.desk, day) if place.start.ToDatetime().minute == 0)

    def test_an_offer_holds_its_place_and_is_passed_on(self):
        noun = messages("waitlist")
        place = self.on_the_hour(21)
        first, second = self.waits("Ava First", place), self.waits("Bo Second", place)
        asked = {"site_id": "halifax", "start": place.start, "therapist_id": place.therapist_id}
        lines = self.desk.call("waitlist.SuggestForSlot", **asked).lines
        self.assertEqual([line.client_name for line in lines][:2], ["Ava First", "Bo Second"])
        self.assertEqual(lines[0].client_phone, "+1 902 555 0199")
        self.assertEqual(len(self.desk.call("waitlist.SuggestForEntry", entry_id=first.id, limit=1).places), 1)
        offered = self.desk.call("waitlist.MakeOffer", write=write(), entry_id=first.id)
        # What is offered is held against everybody else.
        other = steps.healthy_client(self.desk, "Cy Walks Up")
        self.refused(
            "THERAPIST_TAKEN",
            self.desk,
            "appointment.BookAppointment",
            write=write(),
            appointment=messages("appointment").Appointment(
                client_id=other.id,
                service_id="hands-on-60",
                site_id="halifax",
                therapist_id=place.therapist_id,
                start=offered.hold.start,
            ),
        )
        self.refused("OFFER_OPEN", self.desk, "waitlist.MakeOffer", write=write(), entry_id=first.id)
        passed = self.desk.call("waitlist.DeclineOffer", write=write(), entry_id=first.id, pass_on=True)
        self.assertEqual(passed.next.id, second.id)
        self.assertEqual(passed.entry.passed[0].how, noun.PASSED_OVER_DECLINED)
        self.desk.call("waitlist.RecordContact", write=write(), entry_id=second.id)
        booked = self.desk.call("waitlist.AcceptOffer", write=write(), entry_id=second.id).appointment
        self.assertEqual(booked.start, offered.hold.start)
        first.note = "calls back after six"
        changed = self.desk.call("waitlist.UpdateWaitlistEntry", write=write(), entry=first).entry
        self.assertEqual(changed.note, "calls back after six")
        self.desk.call("waitlist.WithdrawWaitlistEntry", write=write(), entry_id=first.id)
        waiting = self.desk.call("waitlist.ListWaitlistEntries").lines
        self.assertNotIn(first.id, [line.entry.id for line in waiting])

    def test_of_many_desks_that_accept_one_offer_one_books_it(self):
        place = self.on_the_hour(22)
        entry = self.waits("Dee Wanted", place)
        hold = self.desk.call("waitlist.MakeOffer", write=write(), entry_id=entry.id).hold
        desks = [steps.key(self.server, f"Desk {number}", "FRONT_DESK") for number in range(8)]
        together = threading.Barrier(len(desks))
        became = []

        def accept(desk):
            together.wait()
            try:
                answer = desk.call("waitlist.AcceptOffer", write=write(), entry_id=entry.id)
                became.append(answer.appointment.id)
            except Refused as refusal:
                became.append(refusal.reason)

        threads = [threading.Thread(target=accept, args=(desk,)) for desk in desks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        booked = [each for each in became if each.startswith("apt-")]
        self.assertEqual(len(booked), 1, became)
        self.assertEqual(sorted(became), sorted(booked + ["WRONG_STATE"] * 7))
        theirs = self.desk.call("appointment.ListAppointments", client_id=entry.client_id).appointments
        self.assertEqual([(each.id, each.start) for each in theirs], [(booked[0], hold.start)])
        ended = self.desk.call("waitlist.GetWaitlistEntry", entry_id=entry.id).entry
        self.assertEqual(ended.appointment_id, booked[0])


class Repair(WholeClinic):
    def test_what_an_outage_hits_is_planned_and_moved_all_together(self):
        client = steps.healthy_client(self.desk, "Rae Barefoot")
        place = next(each for each in steps.places(self.desk, 23, "ashiatsu-60") if each.room_id == "h1")
        booked = steps.book(self.desk, client, place, "ashiatsu-60")
        outage = messages("catalog").Outage(
            room_id="h1", support_only=True, reason="loose bolt", start=instant(halifax(23, 7)), end=instant(halifax(23, 21))
        )
        supposed = messages("repair").Disruption(outage=outage)
        plan = self.desk.call("floor.PlanRepair", disruptions=[supposed])
        repair = next(each for each in plan.repairs if each.appointment.id == booked.id)
        self.assertTrue(plan.best and repair.at_once)
        self.assertEqual((repair.move.start, plan.cost.unplaced), (booked.start, 0))
        self.assertIn(repair.move.room_id, ("h2", "h4"))
        opened = self.desk.call("catalog.OpenOutage", write=write(), outage=outage)
        self.assertEqual([flag.kind for flag in self.appointment(booked.id).flags], [messages("appointment").FLAG_KIND_BARS_NOT_SOUND])
        # Flagged since: planned anew, of the outage as it is.
        stale = [each.move for each in plan.repairs]
        self.refused("STALE_ETAG", self.desk, "floor.ApplyRepair", grpc.StatusCode.ABORTED, write=write(), moves=stale)
        plan = self.desk.call("floor.PlanRepair", disruptions=[messages("repair").Disruption(outage_id=opened.outage.id)])
        moves = [each.move for each in plan.repairs]
        self.desk.call("floor.ApplyRepair", write=SHOWN, moves=moves)
        self.assertEqual(self.appointment(booked.id).room_id, "h1")
        done = self.desk.call("floor.ApplyRepair", write=write(), moves=moves)
        self.assertEqual(len(done.calls), 0)
        self.assertNotEqual(self.appointment(booked.id).room_id, "h1")
        self.assertEqual(len(self.appointment(booked.id).flags), 0)
        self.assertEqual(len(self.desk.call("floor.ListCalls").calls), 0)


class Session(WholeClinic):
    def test_from_the_notes_to_the_receipt(self):
        appointment = steps.session(self.desk, "Nora Noted")
        luc = steps.key(self.server, "Luc Tremblay", "THERAPIST", therapist_id="tremblay")
        notes = messages("session_record")
        written = notes.SessionNotes(
            pressure=[notes.AreaPressure(area_id="calves", began=2, ended=4)], technique_ids=["kneading"], zone_ids=["heel"]
        )
        draft = luc.call("session_record.SaveSessionNotes", write=write(), appointment_id=appointment.id, notes=written).record
        self.refused("WRONG_STATE", luc, "session_record.SignSessionNotes", write=write(), appointment_id=appointment.id)
        self.refused("NOT_COMPLETED", self.desk, "receipt.IssueReceipt", write=write(), appointment_id=appointment.id)
        steps.finish(self.desk, appointment)
        self.refused(
            "NOT_THEIR_SESSION",
            steps.key(self.server, "Mei Chen", "THERAPIST", therapist_id="chen"),
            "session_record.SignSessionNotes",
            grpc.StatusCode.PERMISSION_DENIED,
            write=write(),
            appointment_id=appointment.id,
        )
        luc.call("session_record.SignSessionNotes", write=write(etag=draft.etag), appointment_id=appointment.id)
        self.refused(
            "RECORD_SIGNED", luc, "session_record.SaveSessionNotes", write=write(), appointment_id=appointment.id, notes=written
        )
        luc.call("session_record.AddSessionAddendum", write=write(), appointment_id=appointment.id, text="the right leg")
        record = luc.call("session_record.GetSessionRecord", appointment_id=appointment.id).record
        self.assertEqual((record.signed_by_name, [each.text for each in record.addenda]), ("Luc Tremblay", ["the right leg"]))
        listed = luc.call("session_record.ListSessionRecords", client_id=appointment.client_id).records
        self.assertEqual([each.appointment_id for each in listed], [appointment.id])
        # Neither the desk nor a program reads notes; both may hand out the aftercare.
        for caller in (self.desk, steps.key(self.server, "Texts", "INTEGRATION")):
            self.refused(
                "ROLE_NOT_ALLOWED",
                caller,
                "session_record.GetSessionRecord",
                grpc.StatusCode.PERMISSION_DENIED,
                appointment_id=appointment.id,
            )
            sheet = caller.call("session_record.GetAftercare", appointment_id=appointment.id)
            self.assertGreater(len(sheet.aftercare.lines), 0)
        # Who read what of whose health is in the log, by ids alone.
        self.server.log.flush()
        read = [line for line in (self.server.folder / "server.log").read_text().splitlines() if "session records read" in line]
        self.assertGreaterEqual(len(read), 2)
        self.assertTrue(all(f"client={appointment.client_id}" in line and "Nora" not in line for line in read), read)
        self.receipt(appointment)

    def receipt(self, appointment):
        money = messages("receipt")
        self.refused("NOT_PAID", self.desk, "receipt.IssueReceipt", write=write(), appointment_id=appointment.id)
        account = steps.pay(self.desk, appointment, "INSURANCE", "CASH")
        self.assertEqual((account.due_cents, len(account.payments), account.tax_basis_points), (0, 2, 1400))
        once = write()
        issued = self.desk.call("receipt.IssueReceipt", write=once, appointment_id=appointment.id).receipt
        again = self.desk.call("receipt.IssueReceipt", write=once, appointment_id=appointment.id).receipt
        self.assertEqual((issued.number, again.number), (1, 1))
        self.assertEqual(issued.net_cents + issued.tax_cents, issued.total_cents)
        self.assertEqual((issued.therapist_name, issued.registration_number), ("Luc Tremblay", "M-0965"))
        self.assertEqual(self.desk.call("receipt.ReissueReceipt", write=write(), number=1).receipt.duplicates, 1)
        wrong = money.PaymentPart(method=money.PAYMENT_METHOD_CASH, cents=1)
        refund = {"appointment_id": appointment.id, "parts": [wrong], "note": "by mistake"}
        self.refused("RECEIPT_STANDS", self.desk, "receipt.RefundPayment", write=write(), **refund)
        self.desk.call("receipt.VoidReceipt", write=write(), number=1, void_reason="name misspelt")
        second = self.desk.call("receipt.IssueReceipt", write=write(), appointment_id=appointment.id).receipt
        self.assertEqual(second.number, 2)
        day = local_date(datetime.date(2026, 10, 14))
        totals = self.desk.call("receipt.GetDayTotals", date=day)
        self.assertEqual(sum(line.paid_cents for line in totals.lines), account.total_cents)
        numbers = [each.number for each in self.desk.call("receipt.ListReceipts", issued_on=day).receipts]
        self.assertEqual(sorted(numbers), [1, 2])


class StockAndReports(WholeClinic):
    def level(self, item):
        items = self.desk.call("stock.ListItems", site_ids=["halifax"]).items
        return next(each.level for each in items if each.item_id == item)

    def test_stock_is_moved_counted_and_consumed(self):
        noun = messages("stock")
        before = self.level("lotion")
        received = self.desk.call(
            "stock.RecordMovement",
            write=write(),
            site_id="halifax",
            item_id="lotion",
            kind=noun.MOVEMENT_KIND_RECEIVE,
            quantity=3,
            reason="delivery",
        ).movements
        self.assertEqual([(each.change, each.level) for each in received], [(3, before + 3)])
        short = {"site_id": "halifax", "item_id": "lotion", "kind": noun.MOVEMENT_KIND_USE, "quantity": before + 4}
        refusal = self.refused("STOCK_SHORT", self.desk, "stock.RecordMovement", write=write(), reason="spilt", **short)
        self.assertEqual(refusal.info.metadata["level"], str(before + 3))
        count = messages("stock_service").StockCount(item_id="lotion", level=0)
        counted = self.desk.call("stock.StockTake", write=write(), site_id="halifax", counts=[count], reason="month's end").movements
        self.assertEqual([each.change for each in counted], [-before - 3])
        alerts = self.desk.call("stock.ListAlerts", site_ids=["halifax"]).alerts
        self.assertIn(("lotion", noun.ALERT_KIND_STOCK_LOW), [(each.subject_id.split("/")[-1], each.kind) for each in alerts])
        moved = self.desk.call("stock.ListMovements", site_ids=["halifax"], item_id="lotion").movements
        self.assertEqual(moved[0].level, 0, "the newest first")

    def test_reports_have_a_row_for_each_site_and_period(self):
        noun = messages("report")
        done = steps.finish(self.desk, steps.session(self.desk, "Rita Counted", "macleod"))
        query = noun.ReportQuery(
            first=local_date(datetime.date(2026, 10, 14)),
            last=local_date(datetime.date(2026, 10, 14)),
            period=noun.REPORT_PERIOD_DAY,
        )
        attendance = {row.site_id: row for row in self.desk.call("report.GetAttendance", query=query).rows}
        self.assertEqual((set(attendance), attendance["halifax"].completed), ({"halifax", "dartmouth"}, 1))
        turnovers = {row.site_id: row for row in self.desk.call("report.GetTurnoverTimes", query=query).rows}
        self.assertEqual(turnovers["halifax"].turnovers, 1)
        used = {row.site_id: row for row in self.owner.call("report.GetUtilization", query=query).rows}
        self.assertGreater(used["halifax"].rooms.offered_minutes, used["halifax"].bar_rooms.offered_minutes)
        self.assertGreater(used["halifax"].therapists.booked_minutes, 0)
        outcomes = {row.site_id: row for row in self.owner.call("report.GetScreeningOutcomes", query=query).rows}
        self.assertEqual(outcomes["halifax"].clear, 1)
        self.assertEqual(len(self.desk.call("report.GetWaitlistConversion", query=query).rows), 2)
        self.assertEqual(done.state, messages("appointment").APPOINTMENT_STATE_COMPLETED)
        self.refused("ROLE_NOT_ALLOWED", self.desk, "report.GetUtilization", grpc.StatusCode.PERMISSION_DENIED, query=query)


class Roster(WholeClinic):
    def test_a_week_and_time_off_name_whom_they_hit_before_they_are_entered(self):
        noun, common = messages("roster"), messages("common")
        client = steps.healthy_client(self.desk, "Tia Hit")
        place = steps.places(self.desk, 20, therapist_id="tremblay")[0]
        booked = steps.book(self.desk, client, place)
        manager = steps.key(self.server, "Manager", "MANAGER")
        off = noun.TimeOff(therapist_id="tremblay", start=instant(halifax(20, 7)), end=instant(halifax(20, 18)), reason="course")
        before = self.revision()
        tried = manager.call("roster.PutTimeOff", write=SHOWN, time_off=off)
        self.assertEqual(list(tried.affected_appointment_ids), [booked.id])
        self.assertEqual(tried.affected_appointments[0].client_name, "Tia Hit")
        self.assertEqual(self.revision(), before)
        self.assertEqual(len(self.appointment(booked.id).flags), 0)
        entered = manager.call("roster.PutTimeOff", write=write(), time_off=off).time_off
        self.assertEqual([flag.kind for flag in self.appointment(booked.id).flags], [messages("appointment").FLAG_KIND_OFF_SHIFT])
        self.refused("TIME_OFF_CLASH", manager, "roster.PutTimeOff", write=write(), time_off=off)
        # Why somebody is away is not for everybody.
        seen = self.desk.call(
            "roster.ListTimeOff", therapist_ids=["tremblay"], **{"from": instant(halifax(20, 0)), "until": instant(halifax(21, 0))}
        ).time_off
        self.assertEqual([each.id for each in seen], [entered.id])
        manager.call("roster.RemoveTimeOff", write=write(), time_off_id=entered.id)
        self.assertEqual(len(self.appointment(booked.id).flags), 0)
        saturday = noun.WeekdayShift(
            weekday=messages("catalog").WEEKDAY_SATURDAY,
            hours=common.TimeRange(start=common.TimeOfDay(hour=9), end=common.TimeOfDay(hour=13)),
        )
        template = noun.WeekTemplate(
            therapist_id="chen", site_id="halifax", first=local_date(datetime.date(2026, 10, 17)), every_weeks=1, shifts=[saturday]
        )
        made = manager.call("roster.PutWeekTemplate", write=write(), template=template).template
        shifts = self.desk.call(
            "roster.ListShifts", therapist_ids=["chen"], **{"from": instant(halifax(17, 0)), "until": instant(halifax(25, 0))}
        ).shifts
        self.assertEqual(len([each for each in shifts if each.template_id == made.id]), 2)


class Catalog(WholeClinic):
    def test_what_is_read_can_be_changed_and_put_back(self):
        catalog = self.owner.call("catalog.GetCatalog")
        room = next(each for each in catalog.rooms if each.id == "h3")
        room.name = "The quiet room"
        put = self.owner.call("catalog.PutRoom", write=write(etag=room.etag), room=room).room
        self.assertEqual(put.name, "The quiet room")
        self.refused("STALE_ETAG", self.owner, "catalog.PutRoom", grpc.StatusCode.ABORTED, write=write(etag=room.etag), room=room)
        service = next(each for each in catalog.services if each.id == "hands-on-60")
        service.turnover_minutes = 20
        self.owner.call("catalog.PutService", write=write(), service=service)
        rules = next(each for each in catalog.rule_sets if each.id == "general")
        rules.rules[0].question += " At any time?"
        changed = self.owner.call("catalog.PutRuleSet", write=write(), rule_set=rules).rule_set
        self.assertEqual(changed.version, rules.version + 1)
        therapist = self.owner.call("therapist.GetTherapist", therapist_id="roy").therapist
        therapist.retired = True
        self.owner.call("therapist.PutTherapist", write=write(etag=therapist.etag), therapist=therapist)
        self.assertTrue(self.owner.call("therapist.GetTherapist", therapist_id="roy").therapist.retired)
        again = next(each for each in self.owner.call("catalog.GetCatalog").services if each.id == "hands-on-60")
        self.assertEqual(again.turnover_minutes, 20)


if __name__ == "__main__":
    unittest.main()
