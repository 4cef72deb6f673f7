"""A display on the wall: which bar rooms are free now, and until when. It survives lost lines and a server that restarts.

    TREADWELL_SERVER=127.0.0.1:7450 TREADWELL_KEY=tw_... python examples/python/wallboard.py [--updates N]

The key's role is `wallboard`: it sees rooms and states, of clients initials at most.
"""

import argparse
import time

import grpc
from google.protobuf import wrappers_pb2

from clinic import Refused, connect, messages, moment

LONGEST_WAIT_SECONDS = 5


class Wall:
    """What the watch has told so far: a copy of the rooms and appointments, whole at `revision`."""

    def __init__(self, clinic):
        self.clinic = clinic
        self.known = {}
        self.revision = None
        self.history = ""
        self.shown = None

    def follow(self):
        """Watches until the line is lost. The first time from a snapshot, later from where it was: nothing is missed, and
        nothing comes twice."""
        kinds = messages("watch_service")
        after = None if self.revision is None else wrappers_pb2.UInt64Value(value=self.revision)
        request = {"after_revision": after, "history": self.history if after else ""}
        wanted = [kinds.RESOURCE_KIND_ROOM, kinds.RESOURCE_KIND_APPOINTMENT, kinds.RESOURCE_KIND_OUTAGE]
        fresh = {}
        for message in self.clinic.watch(timeout=None, kinds=wanted, **request):
            # A snapshot replaces all that was known, and may span messages; so may a commit.
            target = fresh if message.snapshot else self.known
            for event in message.events:
                self.take(target, event)
            if not (message.commit_complete or message.checkpoint):
                continue
            if message.snapshot:
                self.known, fresh = fresh, {}
            # Only here is the state whole: this is the place to remember and to draw.
            self.revision, self.history = message.revision, message.history or self.history
            yield

    @staticmethod
    def take(known, event):
        kind = event.WhichOneof("resource")
        if kind == "tombstone":
            # It is gone, or out of this key's sight.
            name = messages("watch_service").ResourceKind.Name(event.tombstone.kind)
            known.pop((name.removeprefix("RESOURCE_KIND_").lower(), event.tombstone.id), None)
        else:
            known[kind, getattr(event, kind).id] = getattr(event, kind)

    def draw(self):
        """What is free is the server's to say: planned work, turnover, outages and inspections all count. A checkpoint comes at
        least every 5 seconds, so that the passing of time is seen, too."""
        free = self.clinic.call("availability.ListFreeRooms", bars=True)
        sessions = messages("appointment").APPOINTMENT_STATE_IN_SESSION
        running = sum(kind == "appointment" and each.state == sessions for (kind, _), each in self.known.items())
        until = [room.free_until if room.HasField("free_until") else room.closes_at for room in free.rooms]
        rooms = [f"{room.name} until {moment(end):%H:%M}Z" for room, end in zip(free.rooms, until)]
        line = f"bar rooms free now: {', '.join(rooms) or 'none'}; sessions running: {running}"
        if line != self.shown:
            print(line, flush=True)
            self.shown = line
            return 1
        return 0


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--updates", type=int, default=0, help="end after so many changes of the display")
    left = options.parse_args().updates or float("inf")
    wall = Wall(connect())
    wait = 0.1
    while True:
        try:
            for _ in wall.follow():
                wait = 0.1
                left -= wall.draw()
                if left <= 0:
                    return
        except (grpc.RpcError, Refused) as error:
            code = error.code() if isinstance(error, grpc.RpcError) else error.code
            if code == grpc.StatusCode.OUT_OF_RANGE:
                wall.revision = None  # The history up to there is gone: begin with a snapshot.
            elif code not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
                raise  # A bad key does not get better by trying again.
        print(f"line lost; going on after revision {wall.revision}", flush=True)
        time.sleep(wait)
        wait = min(2 * wait, LONGEST_WAIT_SECONDS)


if __name__ == "__main__":
    main()
