//! Every RPC as a typed method of [`crate::Client`], by service; only Watch is apart (see `watch`), and the one other
//! stream, at the end.
//!
//! A new RPC is one line here. What the methods mean stands in the comments of `proto/treadwell/v1`.

use treadwell_api::v1::{
    self, access_service_client::AccessServiceClient,
    appointment_service_client::AppointmentServiceClient, audit_service_client::AuditServiceClient,
    availability_service_client::AvailabilityServiceClient,
    catalog_service_client::CatalogServiceClient, client_service_client::ClientServiceClient,
    floor_service_client::FloorServiceClient, hygiene_service_client::HygieneServiceClient,
    operations_service_client::OperationsServiceClient,
    receipt_service_client::ReceiptServiceClient, report_service_client::ReportServiceClient,
    roster_service_client::RosterServiceClient,
    session_record_service_client::SessionRecordServiceClient,
    stock_service_client::StockServiceClient, therapist_service_client::TherapistServiceClient,
    waitlist_service_client::WaitlistServiceClient,
};

use crate::{connection::LARGEST_ANSWER, random, retry::Repeat};

/// A request that changes something.
pub(crate) trait Write {
    /// Its request id, dry run, etag and reason.
    fn write_options(&mut self) -> &mut Option<v1::WriteOptions>;
}

/// Gives the request an id, unless the caller chose one.
pub(crate) fn name_request(request: &mut impl Write) {
    let options = request.write_options().get_or_insert_default();
    if options.request_id.is_empty() {
        options.request_id = random::request_id();
    }
}

calls! {
    AccessServiceClient {
        read who_am_i(WhoAmIRequest) -> WhoAmIResponse;
        once create_key(CreateKeyRequest) -> CreateKeyResponse;
        write revoke_key(RevokeKeyRequest) -> RevokeKeyResponse;
        read list_keys(ListKeysRequest) -> ListKeysResponse;
        apart sign_in(SignInRequest) -> SignInResponse;
        apart sign_out(SignOutRequest) -> SignOutResponse;
        write set_passphrase(SetPassphraseRequest) -> SetPassphraseResponse;
        read lift_lock_out(LiftLockOutRequest) -> LiftLockOutResponse;
        read get_access_table(GetAccessTableRequest) -> GetAccessTableResponse;
    }
    AppointmentServiceClient {
        write create_hold(CreateHoldRequest) -> CreateHoldResponse;
        write release_hold(ReleaseHoldRequest) -> ReleaseHoldResponse;
        read list_holds(ListHoldsRequest) -> ListHoldsResponse;
        write book_appointment(BookAppointmentRequest) -> BookAppointmentResponse;
        write import_appointments(ImportAppointmentsRequest) -> ImportAppointmentsResponse;
        read get_calendar(GetCalendarRequest) -> GetCalendarResponse;
        read get_appointment(GetAppointmentRequest) -> GetAppointmentResponse;
        read list_appointments(ListAppointmentsRequest) -> ListAppointmentsResponse;
        read get_day_sheet(GetDaySheetRequest) -> GetDaySheetResponse;
        write confirm_appointment(ConfirmAppointmentRequest) -> ConfirmAppointmentResponse;
        write move_appointment(MoveAppointmentRequest) -> MoveAppointmentResponse;
        write cancel_appointment(CancelAppointmentRequest) -> CancelAppointmentResponse;
        write book_series(BookSeriesRequest) -> BookSeriesResponse;
        write move_series(MoveSeriesRequest) -> MoveSeriesResponse;
        write cancel_series(CancelSeriesRequest) -> CancelSeriesResponse;
        write mark_no_show(MarkNoShowRequest) -> MarkNoShowResponse;
        write check_in(CheckInRequest) -> CheckInResponse;
        write start_session(StartSessionRequest) -> StartSessionResponse;
        write extend_session(ExtendSessionRequest) -> ExtendSessionResponse;
        write finish_session(FinishSessionRequest) -> FinishSessionResponse;
        write undo_last_operation(UndoLastOperationRequest) -> UndoLastOperationResponse;
    }
    AuditServiceClient {
        read list_audit_entries(ListAuditEntriesRequest) -> ListAuditEntriesResponse;
        read annotate_audit_entry(AnnotateAuditEntryRequest) -> AnnotateAuditEntryResponse;
        read verify_audit(VerifyAuditRequest) -> VerifyAuditResponse;
    }
    AvailabilityServiceClient {
        read search_availability(SearchAvailabilityRequest) -> SearchAvailabilityResponse;
        read explain_slot(ExplainSlotRequest) -> ExplainSlotResponse;
        read list_free_rooms(ListFreeRoomsRequest) -> ListFreeRoomsResponse;
    }
    CatalogServiceClient {
        read get_catalog(GetCatalogRequest) -> GetCatalogResponse;
        read list_rooms(ListRoomsRequest) -> ListRoomsResponse;
        write put_site(PutSiteRequest) -> PutSiteResponse;
        write put_room(PutRoomRequest) -> PutRoomResponse;
        write put_service(PutServiceRequest) -> PutServiceResponse;
        write put_rule_set(PutRuleSetRequest) -> PutRuleSetResponse;
        write update_policy(UpdatePolicyRequest) -> UpdatePolicyResponse;
        write open_outage(OpenOutageRequest) -> OpenOutageResponse;
        write close_outage(CloseOutageRequest) -> CloseOutageResponse;
        read list_outages(ListOutagesRequest) -> ListOutagesResponse;
        read export_catalog(ExportCatalogRequest) -> ExportCatalogResponse;
        read list_rule_set_versions(ListRuleSetVersionsRequest) -> ListRuleSetVersionsResponse;
    }
    ClientServiceClient {
        write create_client(CreateClientRequest) -> CreateClientResponse;
        write import_clients(ImportClientsRequest) -> ImportClientsResponse;
        write update_client(UpdateClientRequest) -> UpdateClientResponse;
        read get_client(GetClientRequest) -> GetClientResponse;
        read list_clients(ListClientsRequest) -> ListClientsResponse;
        write record_declaration(RecordDeclarationRequest) -> RecordDeclarationResponse;
        read list_declarations(ListDeclarationsRequest) -> ListDeclarationsResponse;
        read screen(ScreenRequest) -> ScreenResponse;
        read get_intake_form(GetIntakeFormRequest) -> GetIntakeFormResponse;
        write review_screening(ReviewScreeningRequest) -> ReviewScreeningResponse;
        read list_retention(ListRetentionRequest) -> ListRetentionResponse;
        write erase_client(EraseClientRequest) -> EraseClientResponse;
    }
    FloorServiceClient {
        read get_board(GetBoardRequest) -> GetBoardResponse;
        write tick_turnover(TickTurnoverRequest) -> TickTurnoverResponse;
        read list_turnovers(ListTurnoversRequest) -> ListTurnoversResponse;
        read plan_repair(PlanRepairRequest) -> PlanRepairResponse;
        write apply_repair(ApplyRepairRequest) -> ApplyRepairResponse;
        read list_calls(ListCallsRequest) -> ListCallsResponse;
    }
    HygieneServiceClient {
        write record_inspection(RecordInspectionRequest) -> RecordInspectionResponse;
        read list_inspections(ListInspectionsRequest) -> ListInspectionsResponse;
        write record_own_items(RecordOwnItemsRequest) -> RecordOwnItemsResponse;
        read get_session_hygiene(GetSessionHygieneRequest) -> GetSessionHygieneResponse;
        read get_hygiene_log(GetHygieneLogRequest) -> GetHygieneLogResponse;
    }
    OperationsServiceClient {
        read get_status(GetStatusRequest) -> GetStatusResponse;
        read verify(VerifyRequest) -> VerifyResponse;
        write accept_clock(AcceptClockRequest) -> AcceptClockResponse;
        write create_backup(CreateBackupRequest) -> CreateBackupResponse;
        read list_backups(ListBackupsRequest) -> ListBackupsResponse;
    }
    ReceiptServiceClient {
        read get_account(GetAccountRequest) -> GetAccountResponse;
        write take_payment(TakePaymentRequest) -> TakePaymentResponse;
        write refund_payment(RefundPaymentRequest) -> RefundPaymentResponse;
        write issue_receipt(IssueReceiptRequest) -> IssueReceiptResponse;
        write reissue_receipt(ReissueReceiptRequest) -> ReissueReceiptResponse;
        write void_receipt(VoidReceiptRequest) -> VoidReceiptResponse;
        read get_receipt(GetReceiptRequest) -> GetReceiptResponse;
        read list_receipts(ListReceiptsRequest) -> ListReceiptsResponse;
        read get_day_totals(GetDayTotalsRequest) -> GetDayTotalsResponse;
        read list_prices(ListPricesRequest) -> ListPricesResponse;
        write put_price_list(PutPriceListRequest) -> PutPriceListResponse;
        read get_business(GetBusinessRequest) -> GetBusinessResponse;
        write put_business(PutBusinessRequest) -> PutBusinessResponse;
    }
    ReportServiceClient {
        read get_utilization(GetUtilizationRequest) -> GetUtilizationResponse;
        read get_attendance(GetAttendanceRequest) -> GetAttendanceResponse;
        read get_screening_outcomes(GetScreeningOutcomesRequest) -> GetScreeningOutcomesResponse;
        read get_turnover_times(GetTurnoverTimesRequest) -> GetTurnoverTimesResponse;
        read get_waitlist_conversion(GetWaitlistConversionRequest) -> GetWaitlistConversionResponse;
        read get_stock_use(GetStockUseRequest) -> GetStockUseResponse;
        read get_entitlements(GetEntitlementsRequest) -> GetEntitlementsResponse;
    }
    RosterServiceClient {
        write put_shift(PutShiftRequest) -> PutShiftResponse;
        write remove_shift(RemoveShiftRequest) -> RemoveShiftResponse;
        read list_shifts(ListShiftsRequest) -> ListShiftsResponse;
        write put_week_template(PutWeekTemplateRequest) -> PutWeekTemplateResponse;
        write remove_week_template(RemoveWeekTemplateRequest) -> RemoveWeekTemplateResponse;
        read list_week_templates(ListWeekTemplatesRequest) -> ListWeekTemplatesResponse;
        write put_time_off(PutTimeOffRequest) -> PutTimeOffResponse;
        write remove_time_off(RemoveTimeOffRequest) -> RemoveTimeOffResponse;
        read list_time_off(ListTimeOffRequest) -> ListTimeOffResponse;
    }
    SessionRecordServiceClient {
        read get_session_record(GetSessionRecordRequest) -> GetSessionRecordResponse;
        read list_session_records(ListSessionRecordsRequest) -> ListSessionRecordsResponse;
        write save_session_notes(SaveSessionNotesRequest) -> SaveSessionNotesResponse;
        write sign_session_notes(SignSessionNotesRequest) -> SignSessionNotesResponse;
        write add_session_addendum(AddSessionAddendumRequest) -> AddSessionAddendumResponse;
        read get_aftercare(GetAftercareRequest) -> GetAftercareResponse;
        write issue_aftercare(IssueAftercareRequest) -> IssueAftercareResponse;
    }
    StockServiceClient {
        write put_item(PutItemRequest) -> PutItemResponse;
        read list_items(ListItemsRequest) -> ListItemsResponse;
        write record_movement(RecordMovementRequest) -> RecordMovementResponse;
        write stock_take(StockTakeRequest) -> StockTakeResponse;
        read list_movements(ListMovementsRequest) -> ListMovementsResponse;
        read list_alerts(ListAlertsRequest) -> ListAlertsResponse;
    }
    TherapistServiceClient {
        read get_therapist(GetTherapistRequest) -> GetTherapistResponse;
        read list_therapists(ListTherapistsRequest) -> ListTherapistsResponse;
        write put_therapist(PutTherapistRequest) -> PutTherapistResponse;
        write renew_credential(RenewCredentialRequest) -> RenewCredentialResponse;
        read list_training(ListTrainingRequest) -> ListTrainingResponse;
        write put_training(PutTrainingRequest) -> PutTrainingResponse;
        write remove_training(RemoveTrainingRequest) -> RemoveTrainingResponse;
        write attest_foot_care(AttestFootCareRequest) -> AttestFootCareResponse;
    }
    WaitlistServiceClient {
        write create_waitlist_entry(CreateWaitlistEntryRequest) -> CreateWaitlistEntryResponse;
        write update_waitlist_entry(UpdateWaitlistEntryRequest) -> UpdateWaitlistEntryResponse;
        write withdraw_waitlist_entry(WithdrawWaitlistEntryRequest) -> WithdrawWaitlistEntryResponse;
        read get_waitlist_entry(GetWaitlistEntryRequest) -> GetWaitlistEntryResponse;
        read list_waitlist_entries(ListWaitlistEntriesRequest) -> ListWaitlistEntriesResponse;
        read suggest_for_slot(SuggestForSlotRequest) -> SuggestForSlotResponse;
        read suggest_for_entry(SuggestForEntryRequest) -> SuggestForEntryResponse;
        write make_offer(MakeOfferRequest) -> MakeOfferResponse;
        write record_contact(RecordContactRequest) -> RecordContactResponse;
        write accept_offer(AcceptOfferRequest) -> AcceptOfferResponse;
        write decline_offer(DeclineOfferRequest) -> DeclineOfferResponse;
    }
}

impl crate::Client {
    /// Sends a [`v1::ExportClientRecordRequest`] and waits for the whole record; one that is cut off is asked for again.
    pub async fn export_client_record(
        &self,
        request: v1::ExportClientRecordRequest,
    ) -> Result<Vec<v1::ExportClientRecordResponse>, crate::Error> {
        self.call(Repeat::Safe, request, |channel, request| async move {
            let mut client =
                ClientServiceClient::new(channel).max_decoding_message_size(LARGEST_ANSWER);
            let mut parts = client.export_client_record(request).await?.into_inner();
            let mut record = Vec::new();
            while let Some(part) = parts.message().await? {
                record.push(part);
            }
            let whole = record.last().is_some_and(|last| {
                matches!(
                    last.part,
                    Some(v1::export_client_record_response::Part::End(_))
                )
            });
            if whole {
                Ok(tonic::Response::new(record))
            } else {
                Err(tonic::Status::unavailable("the record was cut off"))
            }
        })
        .await
    }
}
