"""How to call so that nothing is done twice, nothing is overwritten, and a busy server is left in peace.

    TREADWELL_SERVER=127.0.0.1:7450 TREADWELL_KEY=tw_... python examples/python/patience.py

Three functions to copy: `patiently`, `edit` and `within_limits`. The key's role is `integration`.
"""

import random
import time

import grpc

from clinic import Refused, connect, instant, messages, moment, write

ATTEMPTS = 8
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.1, 5.0


def may_pass(refusal):
    """Whether the same call can succeed a moment later. RESOURCE_EXHAUSTED alone does not say so: the server is overloaded, or
    this key has used up a limit, which waiting does not mend."""
    if refusal.code == grpc.StatusCode.RESOURCE_EXHAUSTED:
        return refusal.reason == "OVERLOADED"
    return refusal.code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


def patiently(clinic, method, **fields):
    """Calls until there is an answer. The fields stay as they are, and with them the request id: when the first attempt was
    acted on and only its answer was lost, the next gets that answer, and nothing is done twice."""
    wait = FIRST_WAIT_SECONDS
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return clinic.call(method, **fields)
        except Refused as refusal:
            if attempt == ATTEMPTS or not may_pass(refusal):
                raise
            print(f"attempt {attempt}: {refusal.code.name}; again in {wait:.1f} s", flush=True)
        # Doubled each time, and jittered, so that many clients do not come back in step.
        time.sleep(wait * random.uniform(0.5, 1.0))
        wait = min(2 * wait, LONGEST_WAIT_SECONDS)


def edit(clinic, client_id, change):
    """Reads, changes, writes, and begins again when somebody else was quicker: the etag makes sure that nothing of theirs is
    overwritten unseen."""
    while True:
        client = patiently(clinic, "client.GetClient", client_id=client_id).client
        change(client)
        try:
            return patiently(clinic, "client.UpdateClient", write=write(etag=client.etag), client=client).client
        except Refused as refusal:
            if refusal.code != grpc.StatusCode.ABORTED:
                raise
            print(f"somebody else was quicker ({refusal.reason}); reading again", flush=True)


def within_limits(clinic, holds):
    """Holds places until the key has as many as it may, then lets the oldest go for the next."""
    held = []
    for hold in holds:
        try:
            held.append(patiently(clinic, "appointment.CreateHold", write=write(), hold=hold).hold)
        except Refused as refusal:
            if refusal.reason != "TOO_MANY_HOLDS":
                raise
            print(f"no more than {refusal.info.metadata['limit']} holds a key; the oldest is let go", flush=True)
            patiently(clinic, "appointment.ReleaseHold", write=write(), hold_id=held.pop(0).id)
            held.append(patiently(clinic, "appointment.CreateHold", write=write(), hold=hold).hold)
    return held


def main():
    clinic = connect()
    # Answered as soon as the server is up.
    print(f"calling as {patiently(clinic, 'access.WhoAmI').key.name}", flush=True)

    once = write()
    client = messages("client").Client(name="Quinn Example", phone="+1 902 555 0112")
    first = patiently(clinic, "client.CreateClient", write=once, client=client).client
    again = patiently(clinic, "client.CreateClient", write=once, client=client).client
    print(f"sent twice, made once: {first.id == again.id}")

    raced = []

    def note(client):
        if not raced:  # Another program changes the same client between our reading and our writing.
            raced.append(clinic.call("client.UpdateClient", write=write(), client=messages("client").Client(
                id=client.id, name=client.name, phone="+1 902 555 0113")))
        client.note = "prefers mornings"

    client = edit(clinic, first.id, note)
    print(f"both changes are there: {client.phone}, {client.note}")

    board = clinic.call("floor.GetBoard")
    offered = clinic.call(
        "availability.SearchAvailability", service_id="hands-on-60", limit=200, **{"from": board.now}
    ).proposals
    chosen, last = [], None
    for place in offered:  # Places that do not overlap: each start an hour and more after the last.
        if last is None or (moment(place.start) - last).total_seconds() >= 2 * 3600:
            chosen.append(place)
            last = moment(place.start)
    holds = [
        messages("appointment").Hold(
            service_id="hands-on-60", site_id=p.site_id, room_id=p.room_id, therapist_id=p.therapist_id, start=instant(moment(p.start))
        )
        for p in chosen[:4]
    ]
    held = within_limits(clinic, holds)
    for hold in held:
        clinic.call("appointment.ReleaseHold", write=write(), hold_id=hold.id)
    print(f"held and released {len(held)}")


if __name__ == "__main__":
    main()
