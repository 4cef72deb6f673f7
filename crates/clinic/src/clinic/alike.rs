//! Which clients are perhaps one person.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use imbl::OrdSet;

use super::Clinic;
use crate::id::ClientId;
use crate::model::Client;

/// Clients by what those have in common who are perhaps one person. Numbers stand for the texts, so that no
/// name is kept twice; what shares one by chance is told apart by [`are_alike`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Alike(OrdSet<(u64, ClientId)>);

impl Alike {
    pub(super) fn add(&mut self, client: &Client) {
        for mark in marks(client) {
            self.0.insert((mark, client.id));
        }
    }

    pub(super) fn remove(&mut self, client: &Client) {
        for mark in marks(client) {
            self.0.remove(&(mark, client.id));
        }
    }

    fn with(&self, mark: u64) -> impl Iterator<Item = ClientId> {
        let (first, last) = (ClientId::new(0), ClientId::new(u64::MAX));
        self.0
            .range((mark, first)..=(mark, last))
            .map(|&(_, id)| id)
    }
}

impl Clinic {
    /// The other clients who are perhaps the same person as this one, by id: with the same phone number, or
    /// the same name and birth date.
    pub fn similar_to(&self, client: &Client) -> impl Iterator<Item = &Arc<Client>> {
        let found: BTreeSet<ClientId> = marks(client)
            .flat_map(|mark| self.indexes.alike.with(mark))
            .filter(|id| *id != client.id)
            .collect();
        found
            .into_iter()
            .filter_map(|id| self.client(id))
            .filter(|other| are_alike(other, client))
    }

    /// The other clients who are the same person as this one as far as a file can tell, by id: those perhaps the same whose
    /// name and phone number are both the same.
    pub fn same_as(&self, client: &Client) -> impl Iterator<Item = &Arc<Client>> {
        self.similar_to(client)
            .filter(|other| is_called(other, &client.name, &client.phone))
    }

    /// The clients of this name and phone number, by id. A number without a digit finds nobody.
    pub fn clients_called(&self, name: &str, phone: &str) -> impl Iterator<Item = &Arc<Client>> {
        let digits = digits(phone);
        let known = !digits.is_empty();
        let with_phone = self.indexes.alike.with(mark(&("phone", digits)));
        with_phone
            .filter(move |_| known)
            .filter_map(|id| self.client(id))
            .filter(move |client| is_called(client, name, phone))
    }
}

fn is_called(client: &Client, name: &str, phone: &str) -> bool {
    client.name.to_lowercase() == name.to_lowercase() && digits(&client.phone) == digits(phone)
}

/// Whether two clients are perhaps one person.
fn are_alike(one: &Client, other: &Client) -> bool {
    let phone = digits(&one.phone);
    let same_phone = !phone.is_empty() && digits(&other.phone) == phone;
    let same_name = || one.name.to_lowercase() == other.name.to_lowercase();
    same_phone || (one.born == other.born && same_name())
}

/// One number for each thing of which one in common is enough.
fn marks(client: &Client) -> impl Iterator<Item = u64> + use<> {
    let phone = digits(&client.phone);
    let phone = (!phone.is_empty()).then(|| mark(&("phone", phone)));
    let name = mark(&("name", client.name.to_lowercase(), client.born));
    phone.into_iter().chain([name])
}

fn mark(common: &impl Hash) -> u64 {
    // Without a random key: the same run gives the same marks.
    let mut hasher = DefaultHasher::new();
    common.hash(&mut hasher);
    hasher.finish()
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};

    use super::*;

    fn client(id: u64, name: &str, phone: &str, born: Option<Date>) -> Client {
        Client {
            id: ClientId::new(id),
            name: name.to_owned(),
            phone: phone.to_owned(),
            email: String::new(),
            born,
            preferred: None,
            note: String::new(),
            external: String::new(),
            since: None,
        }
    }

    /// Ids of those of `known` who are perhaps the same as `new`.
    fn found(known: &[Client], new: &Client) -> Vec<ClientId> {
        let mut alike = Alike::default();
        for client in known {
            alike.add(client);
        }
        let by_mark: BTreeSet<ClientId> = marks(new).flat_map(|mark| alike.with(mark)).collect();
        let all: BTreeSet<ClientId> = known
            .iter()
            .filter(|client| are_alike(client, new))
            .map(|client| client.id)
            .collect();
        assert_eq!(by_mark, all, "the marks find what the rule says");
        for client in known {
            alike.remove(client);
        }
        assert_eq!(alike, Alike::default(), "nothing is left behind");
        all.into_iter().collect()
    }

    #[test]
    fn the_same_phone_or_the_same_name_and_birth_date_is_perhaps_the_same_person() {
        let born = Some(date(1980, 2, 29));
        let known = [
            client(1, "Iris Melanson", "902-555-0101", born),
            client(2, "Somebody Else", "", None),
        ];
        for (name, phone, born, expected) in [
            ("Nobody Known", "(902) 555 0101", None, vec![1]),
            ("iris melanson", "", born, vec![1]),
            ("SOMEBODY ELSE", "9025550101", None, vec![1, 2]),
            ("Iris Melanson", "", None, vec![]),
            ("Somebody Else", "", born, vec![]),
        ] {
            let new = client(3, name, phone, born);
            let expected: Vec<ClientId> = expected.into_iter().map(ClientId::new).collect();
            assert_eq!(found(&known, &new), expected, "{name} {phone}");
        }
    }
}
