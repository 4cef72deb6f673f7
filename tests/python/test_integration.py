"""What an integration relies on: reflection, health, keys, searching and booking, errors with details."""

import unittest

import grpc
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from harness import Refused, halifax, instant, messages, server, write

SERVICES = {
    f"treadwell.v1.{noun}Service"
    for noun in (
        "Access", "Appointment", "Availability", "Catalog", "Client", "Floor", "Hygiene", "Operations", "Receipt", "Report", "Roster",
        "SessionRecord", "Stock", "Therapist", "Waitlist", "Watch",
    )
}


class Discovery(unittest.TestCase):
    def test_reflection_lists_every_service_and_explains_it(self):
        with grpc.insecure_channel(server().address) as channel:
            database = ProtoReflectionDescriptorDatabase(channel)
            listed = set(database.get_services())
            self.assertLessEqual(SERVICES | {"grpc.health.v1.Health"}, listed)
            pool = DescriptorPool(database)
            service = pool.FindServiceByName("treadwell.v1.AvailabilityService")
            method = service.FindMethodByName("SearchAvailability")
            self.assertIn("grid_minutes", method.input_type.fields_by_name)
            proto = descriptor_pb2.FileDescriptorProto()
            service.file.CopyToProto(proto)
            self.assertEqual(proto.package, "treadwell.v1")

    def test_health_needs_no_key(self):
        with grpc.insecure_channel(server().address) as channel:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
            self.assertEqual(answer.status, health_pb2.HealthCheckResponse.SERVING)


class Keys(unittest.TestCase):
    def refused(self, key):
        with self.assertRaises(Refused) as caught:
            server().caller(key).call("floor.GetBoard")
        return caught.exception

    def test_without_a_key_nothing_is_answered(self):
        for key in (None, "tw_" + "A" * 43, "nonsense", "tw_", " "):
            with self.subTest(key=key):
                refusal = self.refused(key)
                self.assertEqual(refusal.code, grpc.StatusCode.UNAUTHENTICATED)
                self.assertEqual(refusal.reason, "KEY_INVALID")
                self.assertEqual(refusal.info.domain, "treadwell.v1")

    def test_a_key_may_do_what_its_role_may_and_no_more(self):
        owner = server().caller(server().owner_key)
        roles = messages("access")
        key = roles.Key(name="Reception display", role=roles.ROLE_WALLBOARD)
        display = server().caller(owner.call("access.CreateKey", write=write(), key=key).secret)
        self.assertGreater(len(display.call("floor.GetBoard").sites), 1)
        with self.assertRaises(Refused) as caught:
            display.call("client.ListClients")
        self.assertEqual(caught.exception.code, grpc.StatusCode.PERMISSION_DENIED)
        self.assertEqual(caught.exception.reason, "ROLE_NOT_ALLOWED")


class Booking(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        owner = server().caller(server().owner_key)
        roles = messages("access")
        key = roles.Key(name="Web booking", role=roles.ROLE_INTEGRATION)
        cls.web = server().caller(owner.call("access.CreateKey", write=write(), key=key).secret)
        cls.owner = owner

    def new_client(self, name="Robin Test"):
        client = messages("client").Client(name=name, phone="+1 902 555 0199")
        return self.web.call("client.CreateClient", write=write(), client=client).client

    def first_place(self, day, service="hands-on-60"):
        answer = self.web.call(
            "availability.SearchAvailability",
            site_ids=["halifax"],
            service_id=service,
            **{"from": instant(halifax(day, 0)), "until": instant(halifax(day, 23))},
        )
        self.assertGreater(len(answer.proposals), 0)
        return answer.proposals[0]

    def appointment(self, client, place, service="hands-on-60"):
        return messages("appointment").Appointment(
            client_id=client.id,
            service_id=service,
            site_id=place.site_id,
            room_id=place.room_id,
            therapist_id=place.therapist_id,
            start=place.start,
        )

    def test_what_is_offered_can_be_held_and_booked(self):
        client = self.new_client()
        place = self.first_place(15)
        self.assertFalse(place.bars, "work without bars leaves the bar rooms free")
        hold = messages("appointment").Hold(
            client_id=client.id,
            service_id="hands-on-60",
            site_id=place.site_id,
            room_id=place.room_id,
            therapist_id=place.therapist_id,
            start=place.start,
        )
        held = self.web.call("appointment.CreateHold", write=write(), hold=hold).hold
        self.assertEqual(held.start, place.start)
        booked = self.web.call(
            "appointment.BookAppointment",
            write=write(),
            appointment=messages("appointment").Appointment(note="from the web"),
            hold_id=held.id,
        )
        self.assertEqual(booked.appointment.client_id, client.id)
        self.assertEqual(booked.appointment.room_id, place.room_id)
        self.assertEqual(booked.appointment.start, place.start)
        read = self.web.call("appointment.GetAppointment", appointment_id=booked.appointment.id)
        self.assertEqual(read.appointment.etag, booked.appointment.etag)
        with self.assertRaises(Refused) as caught:
            self.web.call(
                "appointment.BookAppointment",
                write=write(),
                appointment=messages("appointment").Appointment(note="once more"),
                hold_id=held.id,
            )
        self.assertEqual(caught.exception.reason, "HOLD_GONE")

    def test_a_taken_place_is_refused_with_what_is_in_the_way_and_alternatives(self):
        place = self.first_place(16)
        first = self.appointment(self.new_client("First Comer"), place)
        booked = self.web.call("appointment.BookAppointment", write=write(), appointment=first).appointment
        second = self.appointment(self.new_client("Second Comer"), place)
        with self.assertRaises(Refused) as caught:
            self.web.call("appointment.BookAppointment", write=write(), appointment=second)
        refusal = caught.exception
        self.assertEqual(refusal.code, grpc.StatusCode.FAILED_PRECONDITION)
        self.assertIn(refusal.reason, ("ROOM_TAKEN", "THERAPIST_TAKEN"))
        self.assertIn(booked.id, refusal.booking.clashing_ids)
        self.assertGreater(len(refusal.booking.alternatives), 0)
        self.assertGreater(len(refusal.rules.violations), 0)
        self.assertLessEqual(refusal.trailer_bytes, 6 * 1024, "4 KiB of details, in base64 on the wire")

    def test_a_request_id_is_acted_on_once(self):
        client, place = self.new_client(), self.first_place(17)
        once = write()
        appointment = self.appointment(client, place)
        first = self.web.call("appointment.BookAppointment", write=once, appointment=appointment)
        again = self.web.call("appointment.BookAppointment", write=once, appointment=appointment)
        self.assertEqual(again.appointment.id, first.appointment.id)
        other = self.appointment(client, self.first_place(17))
        with self.assertRaises(Refused) as caught:
            self.web.call("appointment.BookAppointment", write=once, appointment=other)
        self.assertEqual(caught.exception.reason, "REQUEST_ID_REUSED")
        self.assertEqual(caught.exception.code, grpc.StatusCode.INVALID_ARGUMENT)

    def test_a_dry_run_changes_nothing(self):
        appointment = self.appointment(self.new_client(), self.first_place(19))
        before = self.web.call("access.WhoAmI").revision
        self.web.call("appointment.BookAppointment", write=write(validate_only=True), appointment=appointment)
        self.assertEqual(self.web.call("access.WhoAmI").revision, before)
        self.web.call("appointment.BookAppointment", write=write(), appointment=appointment)

    def test_unanswered_questions_refuse_barefoot_work_without_telling_health_data(self):
        place = self.first_place(16, "ashiatsu-60")
        self.assertTrue(place.bars)
        with self.assertRaises(Refused) as caught:
            self.web.call(
                "appointment.BookAppointment",
                write=write(),
                appointment=self.appointment(self.new_client(), place, "ashiatsu-60"),
            )
        self.assertEqual(caught.exception.reason, "SCREENING_INCOMPLETE")
        self.assertGreater(int(caught.exception.info.metadata["unanswered"]), 0)

    def test_an_integration_reads_no_health_answers(self):
        client = self.new_client()
        answers = messages("client")
        condition = self.owner.call("catalog.GetCatalog").rule_sets[0].rules[0].condition_id
        self.owner.call(
            "client.RecordDeclaration",
            write=write(),
            client_id=client.id,
            answers=[answers.Answer(condition_id=condition, kind=answers.ANSWER_KIND_YES)],
        )
        with self.assertRaises(Refused) as caught:
            self.web.call("client.ListDeclarations", client_id=client.id)
        self.assertEqual(caught.exception.code, grpc.StatusCode.PERMISSION_DENIED)
        for screening in self.web.call("client.GetClient", client_id=client.id).screenings:
            self.assertEqual(len(screening.reasons), 0)


class BadInput(unittest.TestCase):
    def refused(self, method, **fields):
        with self.assertRaises(Refused) as caught:
            server().caller(server().owner_key).call(method, **fields)
        return caught.exception

    def test_every_wrong_field_is_named(self):
        appointment = messages("appointment").Appointment(
            client_id="not an id", service_id="no slug!", site_id="", start=instant(halifax(15, 10, 3))
        )
        refusal = self.refused("appointment.BookAppointment", write=write(request_id="x" * 65), appointment=appointment)
        self.assertEqual(refusal.code, grpc.StatusCode.INVALID_ARGUMENT)
        self.assertEqual(refusal.reason, "FIELDS_INVALID")
        named = {violation.field for violation in refusal.fields.field_violations}
        for field in ("write.request_id", "appointment.client_id", "appointment.service_id", "appointment.start"):
            self.assertIn(field, named)

    def test_what_is_not_there_is_named(self):
        refusal = self.refused("appointment.GetAppointment", appointment_id="apt-4w800")
        self.assertEqual(refusal.code, grpc.StatusCode.NOT_FOUND)
        self.assertEqual(refusal.reason, "NOT_FOUND")
        self.assertEqual(refusal.info.metadata["id"], "apt-4w800")

    def test_a_page_token_of_another_query_is_refused(self):
        owner = server().caller(server().owner_key)
        page = owner.call("catalog.ListRooms", page_size=2)
        self.assertEqual(len(page.rooms), 2)
        refusal = self.refused("catalog.ListRooms", page_size=2, page_token=page.next_page_token, site_ids=["halifax"])
        self.assertEqual(refusal.reason, "PAGE_TOKEN_INVALID")
        rest = owner.call("catalog.ListRooms", page_size=500, page_token=page.next_page_token)
        seen = [room.id for room in page.rooms] + [room.id for room in rest.rooms]
        self.assertEqual(len(seen), len(set(seen)))

    def test_a_stale_etag_is_aborted(self):
        owner = server().caller(server().owner_key)
        client = messages("client").Client(name="Etag Test", phone="+1 902 555 0123")
        made = owner.call("client.CreateClient", write=write(), client=client).client
        made.note = "first"
        owner.call("client.UpdateClient", write=write(etag=made.etag), client=made)
        made.note = "second"
        refusal = self.refused("client.UpdateClient", write=write(etag=made.etag), client=made)
        self.assertEqual(refusal.code, grpc.StatusCode.ABORTED)
        self.assertEqual(refusal.reason, "STALE_ETAG")


if __name__ == "__main__":
    unittest.main()
