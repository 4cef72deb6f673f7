"""An integration in another language calls a server that speaks TLS."""

import unittest

import grpc
from google.protobuf import wrappers_pb2

from harness import Caller, Refused, Server


class Encrypted(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(encrypted=True)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def test_calls_and_watches_go_over_an_encrypted_link(self):
        caller = self.server.caller(self.server.owner_key)
        catalog = caller.call("catalog.GetCatalog")
        self.assertEqual({site.id for site in catalog.sites}, {"halifax", "dartmouth"})
        first = next(iter(caller.watch(after_revision=wrappers_pb2.UInt64Value(value=catalog.revision))))
        self.assertGreaterEqual(first.revision, catalog.revision)

    def test_without_the_authority_nothing_is_said(self):
        stranger = Caller(self.server.address, self.server.owner_key, Server(encrypted=True).authority)
        with self.assertRaises(Refused) as refused:
            stranger.call("catalog.GetCatalog")
        self.assertEqual(refused.exception.code, grpc.StatusCode.UNAVAILABLE)


if __name__ == "__main__":
    unittest.main()
