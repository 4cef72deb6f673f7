//! Holds, bookings and their life cycle.

mod book;
mod calendar;
mod day;
mod import;
mod list;
mod series;
mod step;

use tonic::Request;
use treadwell_api::v1;
use treadwell_api::v1::appointment_service_server::AppointmentService;

use super::call::Answer;
use super::turn::Turn;
use crate::engine::Engine;

/// The service.
#[derive(Clone, Debug)]
pub struct Service {
    engine: Engine,
    turn: Turn,
    clinic_id: String,
}

impl Service {
    /// The service on this engine. Calendars wait for their turn; what they name bears the clinic's id.
    pub const fn new(engine: Engine, turn: Turn, clinic_id: String) -> Self {
        Self {
            engine,
            turn,
            clinic_id,
        }
    }
}

#[tonic::async_trait]
impl AppointmentService for Service {
    async fn create_hold(
        &self,
        request: Request<v1::CreateHoldRequest>,
    ) -> Answer<v1::CreateHoldResponse> {
        book::create_hold(&self.engine, request).await
    }

    async fn release_hold(
        &self,
        request: Request<v1::ReleaseHoldRequest>,
    ) -> Answer<v1::ReleaseHoldResponse> {
        book::release_hold(&self.engine, request).await
    }

    async fn list_holds(
        &self,
        request: Request<v1::ListHoldsRequest>,
    ) -> Answer<v1::ListHoldsResponse> {
        list::holds(request)
    }

    async fn book_appointment(
        &self,
        request: Request<v1::BookAppointmentRequest>,
    ) -> Answer<v1::BookAppointmentResponse> {
        book::book(&self.engine, request).await
    }

    async fn import_appointments(
        &self,
        request: Request<v1::ImportAppointmentsRequest>,
    ) -> Answer<v1::ImportAppointmentsResponse> {
        import::appointments(&self.engine, request).await
    }

    async fn get_calendar(
        &self,
        request: Request<v1::GetCalendarRequest>,
    ) -> Answer<v1::GetCalendarResponse> {
        calendar::calendar(&self.turn, &self.clinic_id, request).await
    }

    async fn get_appointment(
        &self,
        request: Request<v1::GetAppointmentRequest>,
    ) -> Answer<v1::GetAppointmentResponse> {
        list::appointment(request)
    }

    async fn list_appointments(
        &self,
        request: Request<v1::ListAppointmentsRequest>,
    ) -> Answer<v1::ListAppointmentsResponse> {
        list::appointments(request)
    }

    async fn get_day_sheet(
        &self,
        request: Request<v1::GetDaySheetRequest>,
    ) -> Answer<v1::GetDaySheetResponse> {
        day::sheet(request)
    }

    async fn confirm_appointment(
        &self,
        request: Request<v1::ConfirmAppointmentRequest>,
    ) -> Answer<v1::ConfirmAppointmentResponse> {
        step::confirm(&self.engine, request).await
    }

    async fn move_appointment(
        &self,
        request: Request<v1::MoveAppointmentRequest>,
    ) -> Answer<v1::MoveAppointmentResponse> {
        book::move_to(&self.engine, request).await
    }

    async fn cancel_appointment(
        &self,
        request: Request<v1::CancelAppointmentRequest>,
    ) -> Answer<v1::CancelAppointmentResponse> {
        step::cancel(&self.engine, request).await
    }

    async fn book_series(
        &self,
        request: Request<v1::BookSeriesRequest>,
    ) -> Answer<v1::BookSeriesResponse> {
        series::book(&self.engine, request).await
    }

    async fn move_series(
        &self,
        request: Request<v1::MoveSeriesRequest>,
    ) -> Answer<v1::MoveSeriesResponse> {
        series::move_to(&self.engine, request).await
    }

    async fn cancel_series(
        &self,
        request: Request<v1::CancelSeriesRequest>,
    ) -> Answer<v1::CancelSeriesResponse> {
        series::cancel(&self.engine, request).await
    }

    async fn mark_no_show(
        &self,
        request: Request<v1::MarkNoShowRequest>,
    ) -> Answer<v1::MarkNoShowResponse> {
        step::no_show(&self.engine, request).await
    }

    async fn check_in(&self, request: Request<v1::CheckInRequest>) -> Answer<v1::CheckInResponse> {
        step::check_in(&self.engine, request).await
    }

    async fn start_session(
        &self,
        request: Request<v1::StartSessionRequest>,
    ) -> Answer<v1::StartSessionResponse> {
        step::start(&self.engine, request).await
    }

    async fn extend_session(
        &self,
        request: Request<v1::ExtendSessionRequest>,
    ) -> Answer<v1::ExtendSessionResponse> {
        step::extend(&self.engine, request).await
    }

    async fn finish_session(
        &self,
        request: Request<v1::FinishSessionRequest>,
    ) -> Answer<v1::FinishSessionResponse> {
        step::finish(&self.engine, request).await
    }

    async fn undo_last_operation(
        &self,
        request: Request<v1::UndoLastOperationRequest>,
    ) -> Answer<v1::UndoLastOperationResponse> {
        step::undo(&self.engine, request).await
    }
}
