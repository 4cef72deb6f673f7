"""Watching: a snapshot and what follows, resuming after a revision, and a server that was killed in between."""

import unittest

import grpc
from google.protobuf import wrappers_pb2

from harness import Server, messages, write


def changes(watch, until):
    """The events of a watch by commit, read until the state at revision `until` is whole."""
    events = []
    for message in watch:
        if not message.checkpoint:
            events.extend(message.events)
        if message.revision >= until and (message.commit_complete or message.checkpoint):
            watch.cancel()
            return events
    raise AssertionError("the watch ended early")


def kind_and_id(event):
    kind = event.WhichOneof("resource")
    return kind, getattr(getattr(event, kind), "id", "")


class Watching(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.owner = cls.server.caller(cls.server.owner_key)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def new_client(self, name):
        client = messages("client").Client(name=name, phone="+1 902 555 0177")
        return self.owner.call("client.CreateClient", write=write(), client=client)

    def test_a_snapshot_has_what_the_lists_have(self):
        revision = self.owner.call("access.WhoAmI").revision
        snapshot = {kind_and_id(event) for event in changes(self.owner.watch(), revision)}
        catalog = self.owner.call("catalog.GetCatalog")
        for kind, resources in (("site", catalog.sites), ("room", catalog.rooms), ("service", catalog.services)):
            self.assertLessEqual({(kind, resource.id) for resource in resources}, snapshot)

    def test_resuming_misses_nothing_and_repeats_nothing(self):
        before = self.owner.call("access.WhoAmI").revision
        made = [self.new_client(f"Watched {number}") for number in range(6)]
        after = made[-1].revision
        whole = changes(self.owner.watch(after_revision=wrappers_pb2.UInt64Value(value=before)), after)
        self.assertEqual([event.client.id for event in whole], [answer.client.id for answer in made])
        self.assertEqual([event.revision for event in whole], [answer.revision for answer in made])
        for cut in range(len(made)):
            rest = changes(self.owner.watch(after_revision=wrappers_pb2.UInt64Value(value=made[cut].revision)), after)
            self.assertEqual([event.client.id for event in rest], [answer.client.id for answer in made[cut + 1 :]])

    def test_a_revision_from_the_future_is_out_of_range(self):
        watch = self.owner.watch(after_revision=wrappers_pb2.UInt64Value(value=10**9))
        with self.assertRaises(grpc.RpcError) as caught:
            next(watch)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.OUT_OF_RANGE)

    def test_a_killed_server_comes_back_with_everything_acknowledged(self):
        before = self.owner.call("access.WhoAmI").revision
        made = [self.new_client(f"Before the kill {number}") for number in range(5)]
        self.server.kill()
        self.server.start()
        back = self.server.caller(self.server.owner_key)
        watched = changes(back.watch(after_revision=wrappers_pb2.UInt64Value(value=before)), made[-1].revision)
        self.assertEqual([event.client.id for event in watched], [answer.client.id for answer in made])
        self.assertTrue(back.call("operations.Verify").sound)


if __name__ == "__main__":
    unittest.main()
