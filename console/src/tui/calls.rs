//! Calls under way: at most one for each purpose, the newest question waiting, and request ids that make a repeat safe.

use std::collections::BTreeMap;

use super::{
    call::Call,
    event::{Effect, Purpose, Ticket},
    failure::{Failure, FailureKind},
};

/// The calls of one console.
#[derive(Debug)]
pub(crate) struct Calls {
    request_prefix: String,
    serial: u64,
    under_way: BTreeMap<Purpose, UnderWay>,
    /// Changes whose answer was lost: sent again unchanged they carry the same request id, so they are done once.
    uncertain: BTreeMap<Purpose, Sent>,
    /// While nobody is at the desk: the newest question of each purpose, for when somebody is again.
    held: Option<BTreeMap<Purpose, Call>>,
}

#[derive(Debug)]
struct UnderWay {
    serial: u64,
    /// What was sent.
    sent: Sent,
    /// The newest question that came while this one is under way.
    next: Option<Call>,
}

#[derive(Debug, Clone)]
struct Sent {
    /// The call before it got its request id.
    call: Call,
    /// For a change, the id that it was sent with; empty for a question.
    request_id: String,
}

impl Calls {
    /// No calls yet; request ids begin with the prefix.
    pub(crate) fn new(request_prefix: String) -> Self {
        Self {
            request_prefix,
            serial: 0,
            under_way: BTreeMap::new(),
            uncertain: BTreeMap::new(),
            held: None,
        }
    }

    /// A call for this purpose has no answer yet.
    pub(crate) fn is_under_way(&self, purpose: Purpose) -> bool {
        let held = self.held.as_ref();
        self.under_way.contains_key(&purpose) || held.is_some_and(|it| it.contains_key(&purpose))
    }

    /// From now on nothing is asked but whose key it is: whoever is shown something of clients' health is noted, and nobody is shown
    /// anything. Changes that were begun are still made.
    pub(crate) fn hold(&mut self) {
        let under_way = self.under_way.iter_mut();
        let waiting = under_way.filter(|(purpose, _)| is_held(**purpose));
        let waiting = waiting.filter_map(|(purpose, call)| Some((*purpose, call.next.take()?)));
        self.held.get_or_insert_default().extend(waiting);
    }

    /// Asks what was held, and from now on everything.
    pub(crate) fn go_on(&mut self) -> Vec<Effect> {
        let held = self.held.take().unwrap_or_default().into_iter();
        held.flat_map(|(purpose, call)| self.ask(purpose, call))
            .collect()
    }

    /// The change of this purpose of which it is not known whether it was done: its answer was lost. Sent again unchanged
    /// it is done once.
    pub(crate) fn uncertain(&self, purpose: Purpose) -> Option<Call> {
        self.uncertain.get(&purpose).map(|sent| sent.call.clone())
    }

    /// A question has no answer yet.
    pub(crate) fn reads(&self) -> bool {
        self.under_way.keys().any(|purpose| !purpose.writes())
    }

    /// A change has no answer yet.
    pub(crate) fn writes(&self) -> bool {
        self.under_way.keys().any(|purpose| purpose.writes())
    }

    /// Sends the call, or keeps it until the one before is answered, or until somebody is at the desk.
    pub(crate) fn ask(&mut self, purpose: Purpose, call: Call) -> Vec<Effect> {
        if let Some(held) = &mut self.held
            && is_held(purpose)
        {
            held.insert(purpose, call);
            return Vec::new();
        }
        if let Some(before) = self.under_way.get_mut(&purpose) {
            before.next = Some(call);
            return Vec::new();
        }
        vec![self.send(purpose, call)]
    }

    /// Takes note of an answer. None when nobody waits for it any more; otherwise what was asked, and what is sent next.
    pub(crate) fn answered(
        &mut self,
        ticket: Ticket,
        failure: Option<&Failure>,
    ) -> Option<(Call, Vec<Effect>)> {
        if self
            .under_way
            .get(&ticket.purpose)
            .is_none_or(|call| call.serial != ticket.serial)
        {
            return None;
        }
        let call = self.under_way.remove(&ticket.purpose)?;
        let lost = failure.is_some_and(|failure| failure.kind == FailureKind::Unreachable);
        if lost && !call.sent.request_id.is_empty() {
            self.uncertain.insert(ticket.purpose, call.sent.clone());
        }
        let next = call
            .next
            .into_iter()
            .map(|next| self.send(ticket.purpose, next))
            .collect();
        Some((call.sent.call, next))
    }

    /// Another person signs in: what is under way was asked by the one before. Serials go on, so that a late answer finds nobody.
    pub(crate) fn forget(&mut self) {
        let serial = self.serial;
        *self = Self {
            serial,
            ..Self::new(std::mem::take(&mut self.request_prefix))
        };
    }

    fn send(&mut self, purpose: Purpose, mut call: Call) -> Effect {
        self.serial += 1;
        let mut sent = Sent {
            call: call.clone(),
            request_id: String::new(),
        };
        let earlier = self.uncertain.remove(&purpose);
        if let Some(options) = call.write_options() {
            let repeated = earlier
                .filter(|earlier| earlier.call == sent.call)
                .map(|earlier| earlier.request_id);
            sent.request_id =
                repeated.unwrap_or_else(|| format!("{}-{}", self.request_prefix, self.serial));
            options.request_id.clone_from(&sent.request_id);
        }
        let serial = self.serial;
        self.under_way.insert(
            purpose,
            UnderWay {
                serial,
                sent,
                next: None,
            },
        );
        Effect::Call(Ticket { purpose, serial }, Box::new(call))
    }
}

/// Whether a call waits while nobody is at the desk.
fn is_held(purpose: Purpose) -> bool {
    !purpose.writes() && purpose != Purpose::WhoAmI
}
