//! What other products call clients and appointments that were imported from them.

use std::sync::Arc;

use imbl::OrdSet;

use super::Clinic;
use crate::id::{AppointmentId, ClientId};
use crate::model::{Appointment, CancelReason, Client, State};

/// By external id, of those that have one. An appointment has its own still when it was undone and imported again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct External {
    clients: OrdSet<(Box<str>, ClientId)>,
    appointments: OrdSet<(Box<str>, AppointmentId)>,
}

impl External {
    pub(super) fn add_client(&mut self, client: &Client) {
        if !client.external.is_empty() {
            self.clients
                .insert((client.external.as_str().into(), client.id));
        }
    }

    pub(super) fn remove_client(&mut self, client: &Client) {
        if !client.external.is_empty() {
            self.clients
                .remove(&(client.external.as_str().into(), client.id));
        }
    }

    pub(super) fn add_appointment(&mut self, appointment: &Appointment) {
        if let Some(external) = &appointment.external {
            self.appointments.insert((external.clone(), appointment.id));
        }
    }

    pub(super) fn remove_appointment(&mut self, appointment: &Appointment) {
        if let Some(external) = &appointment.external {
            self.appointments
                .remove(&(external.clone(), appointment.id));
        }
    }
}

impl Clinic {
    /// The client whom another product calls so.
    pub fn client_of_external(&self, external: &str) -> Option<&Arc<Client>> {
        let (first, last) = (ClientId::new(0), ClientId::new(u64::MAX));
        let of = (external.into(), first)..=(external.into(), last);
        let (_, id) = self.indexes.external.clients.range(of).next_back()?;
        self.client(*id)
    }

    /// The appointment that another product calls so. One whose booking was undone is as if it had never been.
    pub fn appointment_of_external(&self, external: &str) -> Option<&Arc<Appointment>> {
        let (first, last) = (AppointmentId::new(0), AppointmentId::new(u64::MAX));
        let of = (external.into(), first)..=(external.into(), last);
        let found = self.indexes.external.appointments.range(of);
        let mut found = found.filter_map(|(_, id)| self.appointment(*id));
        found.find(|it| !is_undone(it))
    }
}

fn is_undone(appointment: &Appointment) -> bool {
    matches!(&appointment.state, State::Cancelled(how) if how.reason == CancelReason::Undone)
}
