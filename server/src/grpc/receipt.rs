//! Money: prices and taxes, payments, receipts, a day's totals. One service, because payments are there
//! to make an account whole, and a receipt is what that leads to.

use tonic::{Request, Status};
use treadwell_api::v1;
use treadwell_api::v1::receipt_service_server::ReceiptService;
use treadwell_clinic::Command;
use treadwell_clinic::command::{Pay, Put, Step, VoidReceipt};
use treadwell_clinic::id::{AppointmentId, ClientId};
use treadwell_clinic::limits;
use treadwell_clinic::model::{ReceiptNumber, RecordId};
use treadwell_clinic::money::day_totals;

use super::call::{self, Answer, Options, pick};
use super::page::{Page, paged};
use super::status;
use crate::access::Caller;
use crate::convert;
use crate::convert::fields::Fields;
use crate::engine::{Committed, Engine};

paged!(ListReceiptsRequest);

/// The service.
#[derive(Clone, Debug)]
pub struct Service {
    engine: Engine,
}

impl Service {
    /// The service on this engine.
    pub const fn new(engine: Engine) -> Self {
        Self { engine }
    }

    /// Takes money or gives it back, and tells the account after it.
    async fn pay<M: Paying>(&self, request: Request<M>) -> Result<(u64, v1::Account), Status> {
        let (caller, message) = call::open(request)?;
        let (options, pay) = call::read(|f| message.read(f))?;
        let id = pay.step.appointment;
        let done = call::submit(&self.engine, &caller, M::COMMAND(pay), options.write).await?;
        Ok((done.revision, account_after(&done, id)?))
    }
}

/// A request that moves money.
trait Paying: Sized {
    /// What it asks for.
    const COMMAND: fn(Pay) -> Command;

    /// Reads it.
    fn read(&self, f: &mut Fields<'_>) -> Option<(Options, Pay)>;
}

/// Implements [`Paying`] for a request: its method, its command, and the shortest note that it may have.
macro_rules! paying {
    ($($request:ident: $method:literal, $command:ident, $note:literal;)*) => {$(
        impl Paying for v1::$request {
            const COMMAND: fn(Pay) -> Command = Command::$command;

            fn read(&self, f: &mut Fields<'_>) -> Option<(Options, Pay)> {
                let options = call::options($method, self, self.write.as_ref(), f);
                let appointment = f.id("appointment_id", &self.appointment_id);
                let parts = convert::money::read_parts(&self.parts, f);
                let note = f.text("note", &self.note, $note..=limits::REASON_CHARS);
                let options = options?;
                let step = Step {
                    appointment: appointment?,
                    etag: options.etag,
                };
                let (parts, note) = (parts?, note?);
                Some((options, Pay { step, parts, note }))
            }
        }
    )*};
}

paying! {
    TakePaymentRequest: "TakePayment", TakePayment, 0;
    RefundPaymentRequest: "RefundPayment", Refund, 1;
}

/// The account of an appointment after a change to it.
fn account_after(done: &Committed, id: AppointmentId) -> Result<v1::Account, Status> {
    let clinic = done.clinic();
    let appointment = clinic
        .appointment(id)
        .ok_or_else(|| status::internal("money was paid for an appointment that is not there"))?;
    Ok(convert::money::show_account(clinic, appointment))
}

fn shown(caller: &Caller, number: ReceiptNumber) -> Option<v1::Receipt> {
    let receipt = caller.clinic().receipt(number)?;
    if !caller.view.reaches(receipt.site) {
        return None;
    }
    let what = RecordId::Receipt(number);
    let revision = caller.clinic().revision_of(&what).unwrap_or(0);
    Some(convert::money::show_receipt(receipt, revision))
}

#[tonic::async_trait]
impl ReceiptService for Service {
    async fn get_account(
        &self,
        request: Request<v1::GetAccountRequest>,
    ) -> Answer<v1::GetAccountResponse> {
        let (caller, message) = call::open(request)?;
        let id = call::read(|f| f.id("appointment_id", &message.appointment_id))?;
        let appointment = call::appointment(&caller, id)?;
        Ok(v1::GetAccountResponse {
            revision: caller.published.revision,
            account: Some(convert::money::show_account(caller.clinic(), appointment)),
        }
        .into())
    }

    async fn take_payment(
        &self,
        request: Request<v1::TakePaymentRequest>,
    ) -> Answer<v1::TakePaymentResponse> {
        let (revision, account) = self.pay(request).await?;
        Ok(v1::TakePaymentResponse {
            revision,
            account: Some(account),
        }
        .into())
    }

    async fn refund_payment(
        &self,
        request: Request<v1::RefundPaymentRequest>,
    ) -> Answer<v1::RefundPaymentResponse> {
        let (revision, account) = self.pay(request).await?;
        Ok(v1::RefundPaymentResponse {
            revision,
            account: Some(account),
        }
        .into())
    }

    async fn issue_receipt(
        &self,
        request: Request<v1::IssueReceiptRequest>,
    ) -> Answer<v1::IssueReceiptResponse> {
        let (caller, message) = call::open(request)?;
        let (options, step) = call::read(|f| {
            let options = call::options("IssueReceipt", &message, message.write.as_ref(), f);
            let appointment = f.id("appointment_id", &message.appointment_id);
            let options = options?;
            let step = Step {
                appointment: appointment?,
                etag: options.etag,
            };
            Some((options, step))
        })?;
        let command = Command::IssueReceipt(step);
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        Ok(v1::IssueReceiptResponse {
            revision: done.revision,
            receipt: Some(call::answer(&done, &caller, pick!(Receipt))?),
        }
        .into())
    }

    async fn reissue_receipt(
        &self,
        request: Request<v1::ReissueReceiptRequest>,
    ) -> Answer<v1::ReissueReceiptResponse> {
        let (caller, message) = call::open(request)?;
        let (options, receipt) = call::read(|f| {
            let options = call::options("ReissueReceipt", &message, message.write.as_ref(), f);
            let receipt = convert::money::read_number("number", message.number, f);
            Some((options?, receipt?))
        })?;
        let command = Command::ReissueReceipt {
            receipt,
            etag: options.etag,
        };
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        Ok(v1::ReissueReceiptResponse {
            revision: done.revision,
            receipt: Some(call::answer(&done, &caller, pick!(Receipt))?),
        }
        .into())
    }

    async fn void_receipt(
        &self,
        request: Request<v1::VoidReceiptRequest>,
    ) -> Answer<v1::VoidReceiptResponse> {
        let (caller, message) = call::open(request)?;
        let (options, receipt, reason) = call::read(|f| {
            let options = call::options("VoidReceipt", &message, message.write.as_ref(), f);
            let receipt = convert::money::read_number("number", message.number, f);
            let reason = f.text(
                "void_reason",
                &message.void_reason,
                1..=limits::REASON_CHARS,
            );
            Some((options?, receipt?, reason?))
        })?;
        let command = Command::VoidReceipt(VoidReceipt {
            receipt,
            reason,
            etag: options.etag,
        });
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        Ok(v1::VoidReceiptResponse {
            revision: done.revision,
            receipt: Some(call::answer(&done, &caller, pick!(Receipt))?),
        }
        .into())
    }

    async fn get_receipt(
        &self,
        request: Request<v1::GetReceiptRequest>,
    ) -> Answer<v1::GetReceiptResponse> {
        let (caller, message) = call::open(request)?;
        let number = call::read(|f| convert::money::read_number("number", message.number, f))?;
        let receipt = shown(&caller, number)
            .ok_or_else(|| status::not_found("receipt", number.to_string()))?;
        Ok(v1::GetReceiptResponse {
            revision: caller.published.revision,
            receipt: Some(receipt),
        }
        .into())
    }

    async fn list_receipts(
        &self,
        request: Request<v1::ListReceiptsRequest>,
    ) -> Answer<v1::ListReceiptsResponse> {
        let (caller, message) = call::open(request)?;
        let page = Page::of(&message)?;
        let (named, client, issued_on) = call::read(|f| {
            let sites = call::read_sites(&message.site_ids, f);
            let client: Option<Option<ClientId>> = f.optional_id("client_id", &message.client_id);
            let issued_on = f.optional_date("issued_on", message.issued_on.as_ref());
            Some((sites?, client?, issued_on?))
        })?;
        let sites = call::sites(&caller, &named)?;
        let after: Option<ReceiptNumber> = page.after()?;
        let numbers = caller
            .clinic()
            .receipts()
            .filter(|receipt| {
                after.is_none_or(|after| receipt.number > after)
                    && sites.contains(&receipt.site)
                    && client.is_none_or(|client| receipt.client == client)
                    && issued_on.is_none_or(|date| receipt.content.issued_on == date)
            })
            .map(|receipt| receipt.number);
        let (numbers, next_page_token) = page.cut(numbers, |number| *number);
        let receipts = numbers.into_iter().filter_map(|it| shown(&caller, it));
        Ok(v1::ListReceiptsResponse {
            revision: caller.published.revision,
            receipts: receipts.collect(),
            next_page_token,
        }
        .into())
    }

    async fn get_day_totals(
        &self,
        request: Request<v1::GetDayTotalsRequest>,
    ) -> Answer<v1::GetDayTotalsResponse> {
        let (caller, message) = call::open(request)?;
        let (date, named) = call::read(|f| {
            let date = f.date("date", message.date.as_ref());
            let sites = call::read_sites(&message.site_ids, f);
            Some((date?, sites?))
        })?;
        let sites = call::sites(&caller, &named)?;
        let totals = day_totals(caller.clinic(), date, &sites);
        Ok(v1::GetDayTotalsResponse {
            revision: caller.published.revision,
            lines: totals.lines.iter().map(convert::money::show_till).collect(),
            receipt_count: i32::try_from(totals.receipts).unwrap_or(i32::MAX),
        }
        .into())
    }

    async fn list_prices(
        &self,
        request: Request<v1::ListPricesRequest>,
    ) -> Answer<v1::ListPricesResponse> {
        let (caller, _) = call::open(request)?;
        let clinic = caller.clinic();
        let lists = clinic.price_lists().map(|list| {
            let what = RecordId::PriceList(list.service);
            convert::money::show_price_list(list, clinic.revision_of(&what).unwrap_or(0))
        });
        Ok(v1::ListPricesResponse {
            revision: caller.published.revision,
            price_lists: lists.collect(),
        }
        .into())
    }

    async fn put_price_list(
        &self,
        request: Request<v1::PutPriceListRequest>,
    ) -> Answer<v1::PutPriceListResponse> {
        let (caller, message) = call::open(request)?;
        let (options, resource) = call::read(|f| {
            let options = call::options("PutPriceList", &message, message.write.as_ref(), f);
            let list = f.required("price_list", message.price_list.as_ref())?;
            let list = convert::money::read_price_list(list, &mut f.inside("price_list"));
            Some((options?, list?))
        })?;
        let etag = options.etag;
        let command = Command::PutPriceList(Put { resource, etag });
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        Ok(v1::PutPriceListResponse {
            revision: done.revision,
            price_list: Some(call::answer(&done, &caller, pick!(PriceList))?),
        }
        .into())
    }

    async fn get_business(
        &self,
        request: Request<v1::GetBusinessRequest>,
    ) -> Answer<v1::GetBusinessResponse> {
        let (caller, _) = call::open(request)?;
        let clinic = caller.clinic();
        let changed = clinic.revision_of(&RecordId::Business).unwrap_or(0);
        Ok(v1::GetBusinessResponse {
            revision: caller.published.revision,
            business: Some(convert::money::show_business(clinic.business(), changed)),
        }
        .into())
    }

    async fn put_business(
        &self,
        request: Request<v1::PutBusinessRequest>,
    ) -> Answer<v1::PutBusinessResponse> {
        let (caller, message) = call::open(request)?;
        let (options, resource) = call::read(|f| {
            let options = call::options("PutBusiness", &message, message.write.as_ref(), f);
            let business = f.required("business", message.business.as_ref())?;
            let business = convert::money::read_business(business, &mut f.inside("business"));
            Some((options?, business?))
        })?;
        let etag = options.etag;
        let command = Command::PutBusiness(Put { resource, etag });
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        Ok(v1::PutBusinessResponse {
            revision: done.revision,
            business: Some(call::answer(&done, &caller, pick!(Business))?),
        }
        .into())
    }
}
