//! Therapists, their shifts and foot care, clients, declarations and keys.

use jiff::civil::Date;
use treadwell_api::store::v1 as stored;
use treadwell_clinic::id::{ClientId, DeclarationId, KeyId, ShiftId, TemplateId};
use treadwell_clinic::model::{
    Answer, Answered, Care, Client, Credential, Declaration, FootCare, Key, KeyHash,
    PassphraseHash, Registration, Role, Shift, Sites, Therapist, When,
};

use super::value::{
    date, date_form, forms, id, id_or_none, ids, instant, instant_form, instant_or_none, list,
    part, texts,
};
use super::{Bad, Stored};

impl Stored for Therapist {
    type Form = stored::Therapist;

    fn form(&self) -> stored::Therapist {
        stored::Therapist {
            id: self.id.to_string(),
            name: self.name.clone(),
            sites: texts(&self.sites),
            credentials: forms(&self.credentials),
            registration: self.registration.as_ref().map(Stored::form),
            retired: self.retired,
        }
    }

    fn read(form: stored::Therapist) -> Result<Self, Bad> {
        Ok(Self {
            id: id("id", &form.id)?,
            name: form.name,
            sites: ids("sites", &form.sites)?,
            credentials: list(form.credentials)?,
            registration: form.registration.map(Stored::read).transpose()?,
            retired: form.retired,
        })
    }
}

impl Stored for Credential {
    type Form = stored::Credential;

    fn form(&self) -> stored::Credential {
        stored::Credential {
            kind: self.kind.to_string(),
            issuer: self.issuer.clone(),
            number: self.number.clone(),
            expires: self.expires.map(date_form),
        }
    }

    fn read(form: stored::Credential) -> Result<Self, Bad> {
        Ok(Self {
            kind: id("credentials.kind", &form.kind)?,
            issuer: form.issuer,
            number: form.number,
            expires: date_or_none("credentials.expires", form.expires)?,
        })
    }
}

fn date_or_none(field: &'static str, number: Option<i32>) -> Result<Option<Date>, Bad> {
    number.map(|number| date(field, number)).transpose()
}

impl Stored for Registration {
    type Form = stored::Registration;

    fn form(&self) -> stored::Registration {
        stored::Registration {
            association: self.association.clone(),
            number: self.number.clone(),
            expires: self.expires.map(date_form),
        }
    }

    fn read(form: stored::Registration) -> Result<Self, Bad> {
        Ok(Self {
            association: form.association,
            number: form.number,
            expires: date_or_none("registration.expires", form.expires)?,
        })
    }
}

impl Stored for FootCare {
    type Form = stored::FootCare;

    fn form(&self) -> stored::FootCare {
        stored::FootCare {
            therapist: self.therapist.to_string(),
            date: date_form(self.date),
            soak: self.care.soak,
            scrub: self.care.scrub,
            pedicure: self.care.pedicure,
            polish_free: self.polish_free,
            by: self.by.number(),
            at: Some(instant_form(self.at)),
        }
    }

    fn read(form: stored::FootCare) -> Result<Self, Bad> {
        Ok(Self {
            therapist: id("therapist", &form.therapist)?,
            date: date("date", form.date)?,
            care: Care {
                soak: form.soak,
                scrub: form.scrub,
                pedicure: form.pedicure,
            },
            polish_free: form.polish_free,
            by: KeyId::new(form.by),
            at: instant("at", form.at)?,
        })
    }
}

impl Stored for Shift {
    type Form = stored::Shift;

    fn form(&self) -> stored::Shift {
        stored::Shift {
            id: self.id.number(),
            therapist: self.therapist.to_string(),
            site: self.site.to_string(),
            time: Some(self.time.form()),
            breaks: forms(&self.breaks),
            template: self.template.map_or(0, TemplateId::number),
        }
    }

    fn read(form: stored::Shift) -> Result<Self, Bad> {
        Ok(Self {
            id: ShiftId::new(form.id),
            therapist: id("therapist", &form.therapist)?,
            site: id("site", &form.site)?,
            time: part("time", form.time)?,
            breaks: list(form.breaks)?,
            template: (form.template != 0).then(|| TemplateId::new(form.template)),
        })
    }
}

impl Stored for Client {
    type Form = stored::Client;

    fn form(&self) -> stored::Client {
        stored::Client {
            id: self.id.number(),
            name: self.name.clone(),
            phone: self.phone.clone(),
            email: self.email.clone(),
            born: self.born.map(date_form),
            preferred: self.preferred.map(|therapist| therapist.to_string()),
            note: self.note.clone(),
            external: self.external.clone(),
            since: self.since.map(instant_form),
        }
    }

    fn read(form: stored::Client) -> Result<Self, Bad> {
        Ok(Self {
            id: ClientId::new(form.id),
            name: form.name,
            phone: form.phone,
            email: form.email,
            born: date_or_none("born", form.born)?,
            preferred: id_or_none("preferred", form.preferred.as_deref())?,
            note: form.note,
            external: form.external,
            since: instant_or_none("since", form.since)?,
        })
    }
}

impl Stored for Declaration {
    type Form = stored::Declaration;

    fn form(&self) -> stored::Declaration {
        stored::Declaration {
            id: self.id.number(),
            client: self.client.number(),
            at: Some(instant_form(self.at)),
            by: self.by.number(),
            answers: forms(&self.answers),
        }
    }

    fn read(form: stored::Declaration) -> Result<Self, Bad> {
        let answers: Vec<Answered> = list(form.answers)?;
        // Answers are looked up by binary search.
        if !answers.is_sorted_by(|a, b| a.condition < b.condition) {
            return Err(Bad("answers"));
        }
        Ok(Self {
            id: DeclarationId::new(form.id),
            client: ClientId::new(form.client),
            at: instant("at", form.at)?,
            by: KeyId::new(form.by),
            answers,
        })
    }
}

impl Stored for Answered {
    type Form = stored::Answered;

    fn form(&self) -> stored::Answered {
        use stored::answered::Answer as Form;
        stored::Answered {
            condition: self.condition.to_string(),
            asked_at: Some(instant_form(self.asked_at)),
            answer: Some(match self.answer {
                Answer::No => Form::No(true),
                Answer::Yes(When::Unknown) => Form::YesUnknown(true),
                Answer::Yes(When::Month { year, month }) => {
                    Form::YesMonth(i32::from(year) * 100 + i32::from(month))
                }
                Answer::Yes(When::Date(date)) => Form::YesDate(date_form(date)),
                Answer::Yes(When::Instant(instant)) => Form::YesInstant(instant_form(instant)),
            }),
        }
    }

    fn read(form: stored::Answered) -> Result<Self, Bad> {
        use stored::answered::Answer as Form;
        const FIELD: &str = "answers.answer";
        let answer = match form.answer.ok_or(Bad(FIELD))? {
            Form::No(_) => Answer::No,
            Form::YesUnknown(_) => Answer::Yes(When::Unknown),
            Form::YesMonth(number) => {
                // A month is a date's first two parts; its first day checks both.
                let first = date(FIELD, number.checked_mul(100).ok_or(Bad(FIELD))? + 1)?;
                Answer::Yes(When::Month {
                    year: first.year(),
                    month: first.month(),
                })
            }
            Form::YesDate(number) => Answer::Yes(When::Date(date(FIELD, number)?)),
            Form::YesInstant(at) => Answer::Yes(When::Instant(instant(FIELD, Some(at))?)),
        };
        Ok(Self {
            condition: id("answers.condition", &form.condition)?,
            answer,
            asked_at: instant("answers.asked_at", form.asked_at)?,
        })
    }
}

impl Stored for Key {
    type Form = stored::Key;

    fn form(&self) -> stored::Key {
        let role = match self.role {
            Role::Owner => stored::Role::Owner,
            Role::Manager => stored::Role::Manager,
            Role::FrontDesk => stored::Role::FrontDesk,
            Role::Therapist => stored::Role::Therapist,
            Role::Integration => stored::Role::Integration,
            Role::Wallboard => stored::Role::Wallboard,
        };
        stored::Key {
            id: self.id.number(),
            secret_hash: self.hash.0.to_vec().into(),
            name: self.name.clone(),
            role: role.into(),
            all_sites: matches!(self.sites, Sites::All),
            sites: match &self.sites {
                Sites::All => Vec::new(),
                Sites::Only(sites) => texts(sites),
            },
            therapist: self.therapist.map(|therapist| therapist.to_string()),
            created: Some(instant_form(self.created)),
            expires: self.expires.map(instant_form),
            revoked: self.revoked.map(instant_form),
            passphrase: self.passphrase.as_ref().map(|it| it.0.to_string()),
        }
    }

    fn read(form: stored::Key) -> Result<Self, Bad> {
        Ok(Self {
            role: match form.role() {
                stored::Role::Unspecified => return Err(Bad("role")),
                stored::Role::Owner => Role::Owner,
                stored::Role::Manager => Role::Manager,
                stored::Role::FrontDesk => Role::FrontDesk,
                stored::Role::Therapist => Role::Therapist,
                stored::Role::Integration => Role::Integration,
                stored::Role::Wallboard => Role::Wallboard,
            },
            id: KeyId::new(form.id),
            hash: KeyHash(
                form.secret_hash
                    .as_ref()
                    .try_into()
                    .map_err(|_| Bad("secret_hash"))?,
            ),
            name: form.name,
            sites: if form.all_sites {
                Sites::All
            } else {
                Sites::Only(ids("sites", &form.sites)?)
            },
            therapist: id_or_none("therapist", form.therapist.as_deref())?,
            created: instant("created", form.created)?,
            expires: instant_or_none("expires", form.expires)?,
            revoked: instant_or_none("revoked", form.revoked)?,
            passphrase: form.passphrase.map(|it| PassphraseHash(it.into())),
        })
    }
}
