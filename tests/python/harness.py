"""A Treadwell server under test, seen as an integration in another language sees it.

The client code is generated here out of proto/, as any integration would do it: nothing of the product's own client is
used. One server serves a whole test module; it is made by `treadwell init` from the sample clinic and runs on an
injected clock, so that dates in the tests stay true.
"""

import atexit
import datetime
import functools
import importlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid

import grpc
import grpc_tools
from google.protobuf import timestamp_pb2
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status
from grpc_tools import protoc

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARIES = pathlib.Path(os.environ.get("TREADWELL_BINARIES", ROOT / "target" / "debug"))
SAMPLE = ROOT / "server" / "src" / "sample" / "clinic.toml"
# A Wednesday, 09:07 in Halifax.
NOW = datetime.datetime(2026, 10, 14, 12, 7, tzinfo=datetime.timezone.utc)
READY_WITHIN_SECONDS = 60
CALL_SECONDS = 10


def _generate():
    """Generates the client code out of proto/ into a folder of its own, and puts it on Python's path."""
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
    """The generated module of treadwell/v1/<noun>.proto."""
    return importlib.import_module(f"treadwell.v1.{noun}_pb2")


def stubs(noun):
    """The generated stubs of treadwell/v1/<noun>.proto."""
    return importlib.import_module(f"treadwell.v1.{noun}_pb2_grpc")


def instant(moment):
    """An instant as the API carries it."""
    stamp = timestamp_pb2.Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def halifax(day, hour, minute=0):
    """An instant by Halifax's clock in October 2026 (UTC-3)."""
    return datetime.datetime(2026, 10, day, hour, minute, tzinfo=datetime.timezone(datetime.timedelta(hours=-3)))


def write(**fields):
    """The options of a changing request, with a fresh request id."""
    fields.setdefault("request_id", str(uuid.uuid4()))
    return messages("common").WriteOptions(**fields)


class Refused(Exception):
    """A refusal with its details taken apart."""

    def __init__(self, error):
        super().__init__(f"{error.code()}: {error.details()}")
        self.code = error.code()
        self.trailer_bytes = sum(len(value) for _, value in error.trailing_metadata() or ())
        self.info = error_details_pb2.ErrorInfo()
        self.fields = error_details_pb2.BadRequest()
        self.rules = error_details_pb2.PreconditionFailure()
        self.booking = messages("errors").BookingRefusal()
        status = rpc_status.from_call(error)
        for detail in status.details if status else ():
            for part in (self.info, self.fields, self.rules, self.booking):
                if detail.Is(part.DESCRIPTOR):
                    detail.Unpack(part)

    @property
    def reason(self):
        return self.info.reason


class Server:
    """A clinic in a temporary folder and the server on it, with settings of its own as environment variables."""

    def __init__(self, **settings):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="treadwell-python-"))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self.environment = dict(os.environ, TREADWELL_CLOCK_START=NOW.isoformat().replace("+00:00", "Z"), **settings)
        made = subprocess.run(
            [BINARIES / "treadwell", "init", "--from", SAMPLE, "--data", self.folder / "data"],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if made.returncode != 0:
            raise RuntimeError(f"treadwell init failed: {made.stdout}{made.stderr}")
        self.owner_key = next(word for word in made.stdout.split() if word.startswith("tw_"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.log = open(self.folder / "server.log", "ab")
        self.process = None
        self.start()
        atexit.register(self.stop)

    def start(self):
        """Starts the server and waits until its health check says that it serves."""
        self.process = subprocess.Popen(
            [BINARIES / "treadwell-server", "--data", self.folder / "data", "--listen", self.address],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
        )
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while True:
            with grpc.insecure_channel(self.address) as channel:
                try:
                    request = health_pb2.HealthCheckRequest()
                    answer = health_pb2_grpc.HealthStub(channel).Check(request, timeout=1, wait_for_ready=True)
                    if answer.status == health_pb2.HealthCheckResponse.SERVING:
                        return
                except grpc.RpcError:
                    pass
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server is not ready: {(self.folder / 'server.log').read_text()}")

    def kill(self):
        """SIGKILL: nothing is flushed, no handler runs."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGTERM, and what it exited with."""
        self.process.terminate()
        return self.process.wait(timeout=30)

    def caller(self, key):
        """Calls as the holder of a key; None calls without one."""
        return Caller(self.address, key)


class Caller:
    """Makes calls with one key and turns errors into `Refused`."""

    def __init__(self, address, key):
        self.channel = grpc.insecure_channel(address)
        self.metadata = [("authorization", f"Bearer {key}")] if key else []

    def call(self, method, **fields):
        """Calls "noun.Method" with the fields of its request, for example "floor.GetBoard"."""
        noun, name = method.split(".")
        stub = getattr(stubs(f"{noun}_service"), f"{noun.capitalize()}ServiceStub")(self.channel)
        request = getattr(messages(f"{noun}_service"), f"{name}Request")(**fields)
        try:
            return getattr(stub, name)(request, metadata=self.metadata, timeout=CALL_SECONDS)
        except grpc.RpcError as error:
            raise Refused(error) from None

    def watch(self, **fields):
        """Opens a watch; its messages are what it yields."""
        stub = stubs("watch_service").WatchServiceStub(self.channel)
        request = messages("watch_service").WatchRequest(**fields)
        return stub.Watch(request, metadata=self.metadata, timeout=CALL_SECONDS)


@functools.cache
def server():
    """The server that the modules share."""
    return Server()
