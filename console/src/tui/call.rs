//! The calls that the screens make, as data, so that `update` can ask for them without waiting.

use treadwell_api::v1;

/// Hands the table of calls to a macro: kind, variant (the RPC's name), request, answer, method of the client.
macro_rules! each_call {
    ($then:ident) => {
        $then! {
            read GetBoard(GetBoardRequest) -> GetBoardResponse, get_board;
            read GetCatalog(GetCatalogRequest) -> GetCatalogResponse, get_catalog;
            read ListTherapists(ListTherapistsRequest) -> ListTherapistsResponse, list_therapists;
            read WhoAmI(WhoAmIRequest) -> WhoAmIResponse, who_am_i;
            read GetStatus(GetStatusRequest) -> GetStatusResponse, get_status;
            read ListFreeRooms(ListFreeRoomsRequest) -> ListFreeRoomsResponse, list_free_rooms;
            read GetDaySheet(GetDaySheetRequest) -> GetDaySheetResponse, get_day_sheet;
            read ListTurnovers(ListTurnoversRequest) -> ListTurnoversResponse, list_turnovers;
            read ListWaitlistEntries(ListWaitlistEntriesRequest) -> ListWaitlistEntriesResponse, list_waitlist_entries;
            read ListShifts(ListShiftsRequest) -> ListShiftsResponse, list_shifts;
            read ListTimeOff(ListTimeOffRequest) -> ListTimeOffResponse, list_time_off;
            read ListWeekTemplates(ListWeekTemplatesRequest) -> ListWeekTemplatesResponse, list_week_templates;
            read PlanRepair(PlanRepairRequest) -> PlanRepairResponse, plan_repair;
            read ListCalls(ListCallsRequest) -> ListCallsResponse, list_calls;
            read ListItems(ListItemsRequest) -> ListItemsResponse, list_items;
            read GetSessionHygiene(GetSessionHygieneRequest) -> GetSessionHygieneResponse, get_session_hygiene;
            read ListRuleSetVersions(ListRuleSetVersionsRequest) -> ListRuleSetVersionsResponse, list_rule_set_versions;
            read GetHygieneLog(GetHygieneLogRequest) -> GetHygieneLogResponse, get_hygiene_log;
            read ListAlerts(ListAlertsRequest) -> ListAlertsResponse, list_alerts;
            read GetEntitlements(GetEntitlementsRequest) -> GetEntitlementsResponse, get_entitlements;
            read ListTraining(ListTrainingRequest) -> ListTrainingResponse, list_training;
            read ListClients(ListClientsRequest) -> ListClientsResponse, list_clients;
            read GetClient(GetClientRequest) -> GetClientResponse, get_client;
            read ListDeclarations(ListDeclarationsRequest) -> ListDeclarationsResponse, list_declarations;
            read ListRetention(ListRetentionRequest) -> ListRetentionResponse, list_retention;
            read ListAppointments(ListAppointmentsRequest) -> ListAppointmentsResponse, list_appointments;
            read GetAppointment(GetAppointmentRequest) -> GetAppointmentResponse, get_appointment;
            read SearchAvailability(SearchAvailabilityRequest) -> SearchAvailabilityResponse, search_availability;
            read ExplainSlot(ExplainSlotRequest) -> ExplainSlotResponse, explain_slot;
            read Screen(ScreenRequest) -> ScreenResponse, screen;
            read GetSessionRecord(GetSessionRecordRequest) -> GetSessionRecordResponse, get_session_record;
            read ListSessionRecords(ListSessionRecordsRequest) -> ListSessionRecordsResponse, list_session_records;
            read GetAftercare(GetAftercareRequest) -> GetAftercareResponse, get_aftercare;
            read GetAccount(GetAccountRequest) -> GetAccountResponse, get_account;
            read GetReceipt(GetReceiptRequest) -> GetReceiptResponse, get_receipt;
            read GetUtilization(GetUtilizationRequest) -> GetUtilizationResponse, get_utilization;
            read GetAttendance(GetAttendanceRequest) -> GetAttendanceResponse, get_attendance;
            read GetScreeningOutcomes(GetScreeningOutcomesRequest) -> GetScreeningOutcomesResponse, get_screening_outcomes;
            read GetTurnoverTimes(GetTurnoverTimesRequest) -> GetTurnoverTimesResponse, get_turnover_times;
            read GetWaitlistConversion(GetWaitlistConversionRequest) -> GetWaitlistConversionResponse, get_waitlist_conversion;
            read GetStockUse(GetStockUseRequest) -> GetStockUseResponse, get_stock_use;
            write CreateHold(CreateHoldRequest) -> CreateHoldResponse, create_hold;
            write ReleaseHold(ReleaseHoldRequest) -> ReleaseHoldResponse, release_hold;
            write CreateClient(CreateClientRequest) -> CreateClientResponse, create_client;
            write UpdateClient(UpdateClientRequest) -> UpdateClientResponse, update_client;
            write RecordDeclaration(RecordDeclarationRequest) -> RecordDeclarationResponse, record_declaration;
            write ReviewScreening(ReviewScreeningRequest) -> ReviewScreeningResponse, review_screening;
            write BookAppointment(BookAppointmentRequest) -> BookAppointmentResponse, book_appointment;
            write ConfirmAppointment(ConfirmAppointmentRequest) -> ConfirmAppointmentResponse, confirm_appointment;
            write MoveAppointment(MoveAppointmentRequest) -> MoveAppointmentResponse, move_appointment;
            write CancelAppointment(CancelAppointmentRequest) -> CancelAppointmentResponse, cancel_appointment;
            write BookSeries(BookSeriesRequest) -> BookSeriesResponse, book_series;
            write MoveSeries(MoveSeriesRequest) -> MoveSeriesResponse, move_series;
            write CancelSeries(CancelSeriesRequest) -> CancelSeriesResponse, cancel_series;
            write MarkNoShow(MarkNoShowRequest) -> MarkNoShowResponse, mark_no_show;
            write CheckIn(CheckInRequest) -> CheckInResponse, check_in;
            write StartSession(StartSessionRequest) -> StartSessionResponse, start_session;
            write ExtendSession(ExtendSessionRequest) -> ExtendSessionResponse, extend_session;
            write FinishSession(FinishSessionRequest) -> FinishSessionResponse, finish_session;
            write UndoLastOperation(UndoLastOperationRequest) -> UndoLastOperationResponse, undo_last_operation;
            write TickTurnover(TickTurnoverRequest) -> TickTurnoverResponse, tick_turnover;
            write OpenOutage(OpenOutageRequest) -> OpenOutageResponse, open_outage;
            write CloseOutage(CloseOutageRequest) -> CloseOutageResponse, close_outage;
            write SaveSessionNotes(SaveSessionNotesRequest) -> SaveSessionNotesResponse, save_session_notes;
            write SignSessionNotes(SignSessionNotesRequest) -> SignSessionNotesResponse, sign_session_notes;
            write AddSessionAddendum(AddSessionAddendumRequest) -> AddSessionAddendumResponse, add_session_addendum;
            write IssueAftercare(IssueAftercareRequest) -> IssueAftercareResponse, issue_aftercare;
            write TakePayment(TakePaymentRequest) -> TakePaymentResponse, take_payment;
            write RefundPayment(RefundPaymentRequest) -> RefundPaymentResponse, refund_payment;
            write IssueReceipt(IssueReceiptRequest) -> IssueReceiptResponse, issue_receipt;
            write ReissueReceipt(ReissueReceiptRequest) -> ReissueReceiptResponse, reissue_receipt;
            write ApplyRepair(ApplyRepairRequest) -> ApplyRepairResponse, apply_repair;
            write RecordMovement(RecordMovementRequest) -> RecordMovementResponse, record_movement;
            write StockTake(StockTakeRequest) -> StockTakeResponse, stock_take;
            write RecordInspection(RecordInspectionRequest) -> RecordInspectionResponse, record_inspection;
            write RecordOwnItems(RecordOwnItemsRequest) -> RecordOwnItemsResponse, record_own_items;
            write RenewCredential(RenewCredentialRequest) -> RenewCredentialResponse, renew_credential;
            write PutTraining(PutTrainingRequest) -> PutTrainingResponse, put_training;
            write RemoveTraining(RemoveTrainingRequest) -> RemoveTrainingResponse, remove_training;
            write PutRuleSet(PutRuleSetRequest) -> PutRuleSetResponse, put_rule_set;
            write AttestFootCare(AttestFootCareRequest) -> AttestFootCareResponse, attest_foot_care;
            write CreateWaitlistEntry(CreateWaitlistEntryRequest) -> CreateWaitlistEntryResponse, create_waitlist_entry;
            write MakeOffer(MakeOfferRequest) -> MakeOfferResponse, make_offer;
            write PutShift(PutShiftRequest) -> PutShiftResponse, put_shift;
            write RemoveShift(RemoveShiftRequest) -> RemoveShiftResponse, remove_shift;
            write PutTimeOff(PutTimeOffRequest) -> PutTimeOffResponse, put_time_off;
            write RemoveTimeOff(RemoveTimeOffRequest) -> RemoveTimeOffResponse, remove_time_off;
            write PutWeekTemplate(PutWeekTemplateRequest) -> PutWeekTemplateResponse, put_week_template;
            write RemoveWeekTemplate(RemoveWeekTemplateRequest) -> RemoveWeekTemplateResponse, remove_week_template;
            write PutSite(PutSiteRequest) -> PutSiteResponse, put_site;
            write PutItem(PutItemRequest) -> PutItemResponse, put_item;
            write RecordContact(RecordContactRequest) -> RecordContactResponse, record_contact;
            write AcceptOffer(AcceptOfferRequest) -> AcceptOfferResponse, accept_offer;
            write DeclineOffer(DeclineOfferRequest) -> DeclineOfferResponse, decline_offer;
            write WithdrawWaitlistEntry(WithdrawWaitlistEntryRequest) -> WithdrawWaitlistEntryResponse, withdraw_waitlist_entry;
        }
    };
}
#[allow(unused_imports, reason = "the runtime makes its dispatch of it")]
pub(crate) use each_call;

macro_rules! define {
    ($($kind:ident $name:ident($request:ident) -> $answer:ident, $method:ident;)*) => {
        /// A question to the server, one variant an RPC.
        #[allow(clippy::large_enum_variant, reason = "short-lived values, a handful at a time")]
        #[derive(Debug, Clone, PartialEq)]
        pub(crate) enum Call {
            $(
                #[doc = concat!("See `", stringify!($request), "`.")]
                $name(v1::$request),
            )*
        }

        /// What the server answered, one variant an RPC.
        #[derive(Debug, Clone, PartialEq)]
        pub(crate) enum Answer {
            $(
                #[doc = concat!("See `", stringify!($answer), "`.")]
                $name(v1::$answer),
            )*
        }

        $(
            impl From<v1::$request> for Call {
                fn from(request: v1::$request) -> Self {
                    Self::$name(request)
                }
            }

            impl From<v1::$answer> for Answer {
                fn from(answer: v1::$answer) -> Self {
                    Self::$name(answer)
                }
            }
        )*

        impl Call {
            /// The write options, for calls that change something.
            pub(crate) fn write_options(&mut self) -> Option<&mut v1::WriteOptions> {
                match self {
                    $(Self::$name(request) => define!(@options $kind request),)*
                }
            }

            /// The same call, only tried.
            pub(crate) fn dry(mut self) -> Self {
                if let Some(options) = self.write_options() {
                    options.validate_only = true;
                }
                self
            }

            /// The call that was tried, meant this time: what was read before still counts.
            pub(crate) fn meant(mut self) -> Self {
                if let Some(options) = self.write_options() {
                    options.validate_only = false;
                    options.request_id.clear();
                }
                self
            }
        }

        impl Answer {
            /// The revision that it reflects.
            pub(crate) fn revision(&self) -> u64 {
                match self {
                    $(Self::$name(answer) => answer.revision,)*
                }
            }
        }
    };
    (@options read $request:ident) => {{
        let _ = $request;
        None
    }};
    (@options write $request:ident) => {
        Some($request.write.get_or_insert_default())
    };
}
each_call!(define);
