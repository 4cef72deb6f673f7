"""An integration that books over gRPC and watches all day, for the terminal test of a day (tests/tests/pty/day.rs).

Requests come as JSON, one a line, on standard input; each is answered by a line of JSON:

- {"book": {"client": name, "site": id, "service": id, "start": seconds}} adds the client and books: {"appointment", "client"};
  with "room" only in that room. A refusal is {"refused": reason}.
- {"cancel": appointment} cancels: {"state"}.
- {"seen": revision} waits until the watch has come so far: {"appointments": {id: state}, "links": how often it connected}.

The watch goes on by revision when the server is gone and comes back. The end of the input ends it.
"""

import json
import os
import sys
import threading
import time

import grpc
from google.protobuf import timestamp_pb2, wrappers_pb2

from harness import CALL_SECONDS, Caller, Refused, messages, stubs, write

SEEN_WITHIN_SECONDS = 30
AGAIN_AFTER_SECONDS = 0.1


class Day:
    """Every appointment as the watch has told it."""

    def __init__(self, caller):
        self.caller = caller
        self.changed = threading.Condition()
        self.states = {}
        self.revision = None
        self.links = 0

    def watch(self):
        """Follows the clinic for ever; after a break from the last whole revision on."""
        stub = stubs("watch_service").WatchServiceStub(self.caller.channel)
        while True:
            after = None if self.revision is None else wrappers_pb2.UInt64Value(value=self.revision)
            request = messages("watch_service").WatchRequest(after_revision=after)
            try:
                heard = False
                for message in stub.Watch(request, metadata=self.caller.metadata):
                    self.links += not heard
                    heard = True
                    self.take(message)
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.UNAVAILABLE:
                    raise
            time.sleep(AGAIN_AFTER_SECONDS)

    def take(self, message):
        with self.changed:
            for event in message.events:
                if event.WhichOneof("resource") == "appointment":
                    self.states[event.appointment.id] = state_name(event.appointment.state)
            if message.commit_complete or message.checkpoint:
                self.revision = message.revision
                self.changed.notify_all()

    def seen(self, revision):
        with self.changed:
            if not self.changed.wait_for(lambda: (self.revision or 0) >= revision, SEEN_WITHIN_SECONDS):
                raise TimeoutError(f"the watch is at {self.revision}, not at {revision}")
            return {"appointments": dict(self.states), "links": self.links}


def state_name(state):
    name = messages("appointment").AppointmentState.Name(state)
    return name.removeprefix("APPOINTMENT_STATE_")


def book(caller, wish):
    client = messages("client").Client(name=wish["client"], phone="+1 902 555 0160")
    client = caller.call("client.CreateClient", write=write(), client=client).client
    appointment = messages("appointment").Appointment(
        client_id=client.id,
        site_id=wish["site"],
        room_id=wish.get("room", ""),
        service_id=wish["service"],
        start=timestamp_pb2.Timestamp(seconds=wish["start"]),
    )
    booked = caller.call("appointment.BookAppointment", write=write(), appointment=appointment).appointment
    return {"appointment": booked.id, "client": client.id}


def cancel(caller, appointment):
    reason = messages("appointment").CANCEL_REASON_CLIENT
    answer = caller.call(
        "appointment.CancelAppointment", write=write(), appointment_id=appointment, cancel_reason=reason
    )
    return {"state": state_name(answer.appointment.state)}


def answer(caller, day, request):
    try:
        if "book" in request:
            return book(caller, request["book"])
        if "cancel" in request:
            return cancel(caller, request["cancel"])
        return day.seen(request["seen"])
    except Refused as refusal:
        return {"refused": refusal.reason}


def main():
    address, key = sys.argv[1], os.environ["TREADWELL_KEY"]
    caller = Caller(address, key)
    grpc.channel_ready_future(caller.channel).result(timeout=CALL_SECONDS)
    day = Day(caller)
    threading.Thread(target=day.watch, daemon=True).start()
    for line in sys.stdin:
        print(json.dumps(answer(caller, day, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
