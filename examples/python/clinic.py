"""What the examples share: client code made from proto/, a connection with a key, and refusals taken apart.

A program of your own makes the client code once, when it is built:

    python -m grpc_tools.protoc -I proto --python_out=stubs --grpc_python_out=stubs proto/treadwell/v1/*.proto

Here it is made anew in a temporary folder each time, so that the examples always fit the proto/ beside them.
"""

import atexit
import datetime
import importlib
import os
import pathlib
import shutil
import sys
import tempfile
import uuid

import grpc
import grpc_tools
from google.protobuf import timestamp_pb2
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from grpc_tools import protoc

ROOT = pathlib.Path(__file__).resolve().parents[2]
# No call without a deadline: a program that waits for ever helps nobody.
CALL_SECONDS = 10


def _generate():
    folder = tempfile.mkdtemp(prefix="treadwell-proto-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    files = sorted(str(path) for path in (ROOT / "proto" / "treadwell" / "v1").glob("*.proto"))
    included = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    arguments = ["protoc", f"-I{ROOT / 'proto'}", f"-I{included}", f"--python_out={folder}", f"--grpc_python_out={folder}"]
    if protoc.main(arguments + files) != 0:
        raise RuntimeError("the client code could not be generated")
    sys.path.insert(0, folder)


_generate()


def messages(noun):
    """The generated messages of treadwell/v1/<noun>.proto."""
    return importlib.import_module(f"treadwell.v1.{noun}_pb2")


def stubs(noun):
    """The generated stubs of treadwell/v1/<noun>.proto."""
    return importlib.import_module(f"treadwell.v1.{noun}_pb2_grpc")


def instant(moment):
    """A datetime with a time zone, as the API carries instants."""
    stamp = timestamp_pb2.Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def moment(stamp, zone=datetime.timezone.utc):
    """An instant of the API as a datetime in a time zone."""
    return stamp.ToDatetime(tzinfo=datetime.timezone.utc).astimezone(zone)


def local_date(date):
    """A date without a time zone, as the API carries it; the zone is that of the site it is about."""
    return messages("common").LocalDate(year=date.year, month=date.month, day=date.day)


def write(**fields):
    """The options of a changing request. A request id makes it safe to send again: it is acted on once."""
    fields.setdefault("request_id", str(uuid.uuid4()))
    return messages("common").WriteOptions(**fields)


class Refused(Exception):
    """A refusal with its details taken apart; docs/api/errors.md lists the reasons."""

    def __init__(self, error):
        super().__init__(f"{error.code()}: {error.details()}")
        self.code = error.code()
        self.text = error.details()
        self.trailer_bytes = sum(len(value) for _, value in error.trailing_metadata() or ())
        self.info = error_details_pb2.ErrorInfo()  # the reason, and its particulars as metadata
        self.fields = error_details_pb2.BadRequest()  # every field that is wrong
        self.rules = error_details_pb2.PreconditionFailure()  # every rule that says no, in words
        self.booking = messages("errors").BookingRefusal()  # what is in the way, and what could be had instead
        status = rpc_status.from_call(error)
        for detail in status.details if status else ():
            for part in (self.info, self.fields, self.rules, self.booking):
                if detail.Is(part.DESCRIPTOR):
                    detail.Unpack(part)

    @property
    def reason(self):
        """The machine-readable reason, for example "ROOM_TAKEN"; empty when no server answered."""
        return self.info.reason


class Caller:
    """Makes calls with one key and turns errors into `Refused`.

    With an authority, the text of an `authority.pem`, the link is encrypted and the server has to show a certificate made by it.
    """

    def __init__(self, address, key, authority=None):
        self.key = key
        self.channel = (
            grpc.secure_channel(address, grpc.ssl_channel_credentials(authority))
            if authority
            else grpc.insecure_channel(address)
        )
        self.metadata = [("authorization", f"Bearer {key}")] if key else []

    def call(self, method, **fields):
        """Calls "noun.Method" with the fields of its request: call("floor.GetBoard", site_ids=["halifax"])."""
        noun, name = method.split(".")
        request = getattr(messages(f"{noun}_service"), f"{name}Request")(**fields)
        try:
            return getattr(self._stub(noun), name)(request, metadata=self.metadata, timeout=CALL_SECONDS)
        except grpc.RpcError as error:
            raise Refused(error) from None

    def watch(self, timeout=CALL_SECONDS, **fields):
        """Opens a watch; its messages are what it yields. Without a timeout it goes on until one side ends it."""
        request = messages("watch_service").WatchRequest(**fields)
        return self._stub("watch").Watch(request, metadata=self.metadata, timeout=timeout)

    def _stub(self, noun):
        service = "".join(word.capitalize() for word in noun.split("_"))
        return getattr(stubs(f"{noun}_service"), f"{service}ServiceStub")(self.channel)


def connect():
    """The server, the key and the authority that the environment names, as the command line has them."""
    address = os.environ.get("TREADWELL_SERVER", "127.0.0.1:7450").removeprefix("https://")
    authority = os.environ.get("TREADWELL_AUTHORITY")
    return Caller(address, os.environ["TREADWELL_KEY"], pathlib.Path(authority).read_bytes() if authority else None)
