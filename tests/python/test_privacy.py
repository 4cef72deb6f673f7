"""Health data and names stay where they belong: not in the log, not in refusals, not with a role that may not see them."""

import unittest

from google.protobuf import wrappers_pb2

from harness import Refused, Server, halifax, instant, messages, write

NAME = "Zebedee Quagmire"
PHONE = "+1 902 555 0142"
NOTE = "prefers the window side"
CONDITION = "thrombosis"


class Privacy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(TREADWELL_LOG="debug")
        cls.owner = cls.server.caller(cls.server.owner_key)
        cls.before = cls.owner.call("access.WhoAmI").revision
        cls.desk = cls.key("Front desk", "ROLE_FRONT_DESK")
        cls.wall = cls.key("Wall", "ROLE_WALLBOARD")
        cls.client = cls.client_with_thrombosis()
        cls.booked = cls.book("hands-on-60", write()).appointment

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    @classmethod
    def key(cls, name, role):
        roles = messages("access")
        key = roles.Key(name=name, role=roles.Role.Value(role))
        return cls.server.caller(cls.owner.call("access.CreateKey", write=write(), key=key).secret)

    @classmethod
    def client_with_thrombosis(cls):
        """Answers every question, all but one with no."""
        declared = messages("client")
        client = declared.Client(name=NAME, phone=PHONE, note=NOTE)
        client = cls.desk.call("client.CreateClient", write=write(), client=client).client
        rule_sets = cls.owner.call("catalog.GetCatalog").rule_sets
        conditions = sorted({rule.condition_id for rule_set in rule_sets for rule in rule_set.rules})
        answers = [
            declared.Answer(condition_id=each, kind=declared.ANSWER_KIND_YES if each == CONDITION else declared.ANSWER_KIND_NO)
            for each in conditions
        ]
        declare = cls.desk.call("client.RecordDeclaration", write=write(), client_id=client.id, answers=answers)
        cls.declaration = declare.declaration_id
        return client

    @classmethod
    def book(cls, service, options):
        search = {"from": instant(halifax(15, 8)), "until": instant(halifax(15, 20))}
        places = cls.desk.call("availability.SearchAvailability", site_ids=["halifax"], service_id=service, **search).proposals
        appointment = messages("appointment").Appointment(
            client_id=cls.client.id, service_id=service, site_id="halifax", start=places[0].start
        )
        return cls.desk.call("appointment.BookAppointment", write=options, appointment=appointment)

    def watched(self, caller, until):
        """Everything a watch sends from the test's beginning, as bytes."""
        seen = b""
        watch = caller.watch(after_revision=wrappers_pb2.UInt64Value(value=self.before))
        for message in watch:
            seen += message.SerializeToString()
            if message.revision >= until and (message.commit_complete or message.checkpoint):
                watch.cancel()
                return seen
        raise AssertionError("the watch ended early")

    def test_the_desk_learns_that_and_not_why(self):
        with self.assertRaises(Refused) as caught:
            self.book("ashiatsu-60", write())
        refusal = caught.exception
        self.assertEqual(refusal.reason, "SCREENING_EXCLUDED")
        for told in (str(refusal), str(refusal.info), str(refusal.rules), str(refusal.booking)):
            self.assertNotIn(CONDITION, told)
        read = self.desk.call("client.GetClient", client_id=self.client.id)
        self.assertIn(NAME.encode(), read.SerializeToString())
        self.assertNotIn(CONDITION.encode(), read.SerializeToString())

    def test_those_who_treat_or_manage_learn_why(self):
        read = self.owner.call("client.GetClient", client_id=self.client.id)
        self.assertIn(CONDITION.encode(), read.SerializeToString())

    def test_watches_tell_each_role_what_it_may_see(self):
        until = self.owner.call("access.WhoAmI").revision
        manager, desk, wall = (self.watched(caller, until) for caller in (self.owner, self.desk, self.wall))
        # That there is a declaration, but what it says is read by calls, which are audited.
        self.assertIn(self.declaration.encode(), manager)
        self.assertNotIn(CONDITION.encode(), manager)
        self.assertNotIn(CONDITION.encode(), desk)
        self.assertIn(NAME.encode(), desk)
        for personal in (CONDITION, NAME, PHONE, NOTE):
            self.assertNotIn(personal.encode(), wall)
        self.assertIn(self.booked.id.encode(), wall)

    def test_the_log_names_nobody(self):
        with self.assertRaises(Refused):
            self.book("ashiatsu-60", write())
        self.server.log.flush()
        log = (self.server.folder / "server.log").read_text()
        self.assertGreater(len(log.splitlines()), 10, "the log is at debug level")
        for personal in (NAME, NAME.split()[1], PHONE, NOTE, CONDITION, self.server.owner_key):
            self.assertNotIn(personal, log)


if __name__ == "__main__":
    unittest.main()
