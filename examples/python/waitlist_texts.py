"""Tells clients on the waitlist that a place is free for them, and does what they answer.

    TREADWELL_SERVER=127.0.0.1:7450 TREADWELL_KEY=tw_... python examples/python/waitlist_texts.py

With the policy's `waitlist_auto_offer` the server makes the offers by itself; each holds its place, so that it can not be
lost between text and answer. This program watches for them. The texts go to the terminal here, and the answers come from it
(yes or no, one a line); put your gateway into `send` and `answer`. The key's role is `integration`.
"""

import sys
from zoneinfo import ZoneInfo

from clinic import Refused, connect, messages, moment, write


def send(phone, text):
    print(f"to {phone}: {text}", flush=True)


def answer():
    """The next answer: True, False, or None when no more will come."""
    line = sys.stdin.readline()
    return line.strip().lower() in ("y", "yes") if line else None


class Texts:
    def __init__(self, clinic):
        self.clinic = clinic
        catalog = clinic.call("catalog.GetCatalog")
        self.services = {service.id: service.name for service in catalog.services}
        self.sites = {site.id: site for site in catalog.sites}

    def offers(self):
        """Entries with an offer of which the client does not know. The snapshot has those that were made while nobody looked."""
        kind = messages("watch_service").RESOURCE_KIND_WAITLIST_ENTRY
        for message in self.clinic.watch(timeout=None, kinds=[kind]):
            for event in message.events:
                entry = event.waitlist_entry
                if entry.HasField("offer") and not entry.offer.HasField("contacted_at"):
                    yield entry

    def tell(self, entry):
        """Sends the text, then records it: from now on the time to answer runs."""
        client = self.clinic.call("client.GetClient", client_id=entry.client_id).client
        site = self.sites[entry.offer.site_id]
        start = moment(entry.offer.start, ZoneInfo(site.time_zone))
        text = f"{self.services[entry.service_id]} on {start:%a %d %b at %H:%M}, {site.name}, is free for you. Yes or no?"
        send(client.phone, text)
        told = self.clinic.call("waitlist.RecordContact", write=write(), entry_id=entry.id).entry
        until = moment(told.offer.expires_at, ZoneInfo(site.time_zone))
        print(f"kept for {client.name} until {until:%H:%M}", flush=True)

    def settle(self, entry, wanted):
        if wanted:
            booked = self.clinic.call("waitlist.AcceptOffer", write=write(), entry_id=entry.id, note="by text").appointment
            print(f"booked {booked.id} in {booked.room_id}", flush=True)
            return
        # Passed on: the next who waits is offered the place in the same step, and comes by the watch like any other.
        declined = self.clinic.call("waitlist.DeclineOffer", write=write(), entry_id=entry.id, pass_on=True)
        print(f"declined; {'passed on' if declined.HasField('next') else 'nobody else waits for it'}", flush=True)


def main():
    texts = Texts(connect())
    for entry in texts.offers():
        try:
            texts.tell(entry)
            wanted = answer()
            if wanted is None:
                return
            texts.settle(entry, wanted)
        except Refused as refusal:
            # The offer lapsed, or the desk was quicker: the entry's next change comes by the watch.
            if refusal.reason not in ("NO_OFFER", "CONTACT_RECORDED", "WRONG_STATE", "HOLD_GONE"):
                raise
            print(f"no longer to be settled here: {refusal.text}", flush=True)


if __name__ == "__main__":
    main()
