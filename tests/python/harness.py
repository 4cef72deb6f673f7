"""A Treadwell server under test, seen as an integration in another language sees it.

The client code is that of examples/python/, generated out of proto/ as any integration would do it: nothing of the product's
own client is used. One server serves a whole test module; it is made by `treadwell init` from the sample clinic and runs on an
injected clock, so that dates in the tests stay true.
"""

import atexit
import datetime
import functools
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "python"
sys.path.insert(0, str(EXAMPLES))

from clinic import CALL_SECONDS, Caller, Refused, instant, local_date, messages, moment, stubs, write  # noqa: E402, F401

BINARIES = pathlib.Path(os.environ.get("TREADWELL_BINARIES", ROOT / "target" / "debug"))
SAMPLE = ROOT / "server" / "src" / "sample" / "clinic.toml"
# A Wednesday, 09:07 in Halifax.
NOW = datetime.datetime(2026, 10, 14, 12, 7, tzinfo=datetime.timezone.utc)
READY_WITHIN_SECONDS = 60


def halifax(day, hour, minute=0):
    """An instant by Halifax's clock in October 2026 (UTC-3)."""
    return datetime.datetime(2026, 10, day, hour, minute, tzinfo=datetime.timezone(datetime.timedelta(hours=-3)))


class Server:
    """A clinic in a temporary folder and the server on it, with settings of its own as environment variables.

    With `encrypted` it has a certificate of an authority of its own, whose text is `authority`.
    """

    def __init__(self, encrypted=False, **settings):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="treadwell-python-"))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self.environment = dict(os.environ, TREADWELL_CLOCK_START=NOW.isoformat().replace("+00:00", "Z"), **settings)
        made = self.treadwell("init", "--from", SAMPLE, "--data", self.folder / "data")
        self.owner_key = next(word for word in made.split() if word.startswith("tw_"))
        self.authority = None
        if encrypted:
            authority = self.folder / "authority"
            self.treadwell("certificates", "init", authority, "--name", "localhost,127.0.0.1")
            self.authority = (authority / "authority.pem").read_bytes()
            self.environment["TREADWELL_TLS_CERTIFICATE"] = str(authority / "localhost.pem")
            self.environment["TREADWELL_TLS_KEY"] = str(authority / "localhost.key")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.log = open(self.folder / "server.log", "ab")
        self.process = None
        self.start()
        atexit.register(self.stop)

    def treadwell(self, *arguments):
        """Runs the command line, and gives what it prints."""
        run = subprocess.run(
            [BINARIES / "treadwell", *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if run.returncode != 0:
            raise RuntimeError(f"treadwell {arguments[0]} failed: {run.stdout}{run.stderr}")
        return run.stdout

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
            with Caller(self.address, None, self.authority).channel as channel:
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
        return Caller(self.address, key, self.authority)


@functools.cache
def server():
    """The server that the modules share."""
    return Server()
