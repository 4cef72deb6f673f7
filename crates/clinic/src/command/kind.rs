use std::fmt;

use super::Command;

macro_rules! kinds {
    ($($name:ident = $text:literal, $undoable:literal;)*) => {
        /// The name of a command, as a commit keeps it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum CommandKind {
            $(#[doc = concat!("[`Command::", stringify!($name), "`].")] $name,)*
        }

        impl CommandKind {
            /// Every kind, in the order of [`Command`].
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name's stable text.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// The kind of this name.
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// Whether [`Command::Undo`] takes such a command back. What shapes the clinic, makes
            /// or erases a client, makes a key, records a declaration, is signed, or moves money, is changed by a new
            /// command instead.
            pub const fn is_undoable(self) -> bool {
                match self {
                    $(Self::$name => $undoable,)*
                }
            }
        }
    };
}

kinds! {
    ImportCatalog = "import_catalog", false;
    PutSite = "put_site", false;
    PutRoom = "put_room", false;
    PutRuleSet = "put_rule_set", false;
    PutService = "put_service", false;
    PutPolicy = "put_policy", false;
    PutTherapist = "put_therapist", false;
    Renew = "renew", true;
    PutTraining = "put_training", true;
    RemoveTraining = "remove_training", true;
    AttestFootCare = "attest_foot_care", true;
    PutShifts = "put_shifts", true;
    RemoveShift = "remove_shift", true;
    PutTemplate = "put_template", true;
    RemoveTemplate = "remove_template", true;
    PutAbsence = "put_absence", true;
    RemoveAbsence = "remove_absence", true;
    RollRoster = "roll_roster", false;
    CreateClient = "create_client", false;
    ImportClients = "import_clients", false;
    UpdateClient = "update_client", true;
    EraseClient = "erase_client", false;
    RecordDeclaration = "record_declaration", false;
    ReviewScreening = "review_screening", true;
    Hold = "hold", true;
    ReleaseHold = "release_hold", true;
    Book = "book", true;
    ImportAppointments = "import_appointments", true;
    Confirm = "confirm", true;
    Move = "move", true;
    Cancel = "cancel", true;
    BookSeries = "book_series", true;
    MoveSeries = "move_series", true;
    CancelSeries = "cancel_series", true;
    NoShow = "no_show", true;
    CheckIn = "check_in", true;
    Reconfirm = "reconfirm", true;
    Start = "start", true;
    Extend = "extend", true;
    Finish = "finish", true;
    CompleteItems = "complete_items", true;
    CompleteTurnover = "complete_turnover", true;
    OpenOutage = "open_outage", true;
    CloseOutage = "close_outage", true;
    SaveNotes = "save_notes", true;
    SignNotes = "sign_notes", false;
    AddAddendum = "add_addendum", false;
    IssueAftercare = "issue_aftercare", false;
    PutBusiness = "put_business", false;
    PutPriceList = "put_price_list", false;
    TakePayment = "take_payment", false;
    Refund = "refund", false;
    IssueReceipt = "issue_receipt", false;
    ReissueReceipt = "reissue_receipt", false;
    VoidReceipt = "void_receipt", false;
    CreateKey = "create_key", false;
    RevokeKey = "revoke_key", false;
    SetPassphrase = "set_passphrase", false;
    PutStockItem = "put_stock_item", false;
    MoveStock = "move_stock", true;
    TakeStock = "take_stock", true;
    RecordInspection = "record_inspection", false;
    RecordOwnItems = "record_own_items", true;
    Undo = "undo", false;
    Expire = "expire", false;
    Rejudge = "rejudge", false;
    PutOnWaitlist = "put_on_waitlist", true;
    UpdateWaitlistEntry = "update_waitlist_entry", true;
    WithdrawWaitlistEntry = "withdraw_waitlist_entry", true;
    MakeOffer = "make_offer", true;
    RecordContact = "record_contact", true;
    AcceptOffer = "accept_offer", true;
    DeclineOffer = "decline_offer", true;
    OfferFreed = "offer_freed", false;
    ApplyRepair = "apply_repair", true;
    Rewrite = "rewrite", false;
}

impl CommandKind {
    /// Whether it is something that its actor did, and could expect [`Command::Undo`] to be about. An
    /// undo is one itself, so that undoing twice does not reach further back.
    pub const fn is_operation(self) -> bool {
        !matches!(
            self,
            Self::Expire | Self::Rejudge | Self::OfferFreed | Self::RollRoster | Self::Rewrite
        )
    }
}

impl fmt::Display for CommandKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Command {
    /// The command's name.
    pub const fn kind(&self) -> CommandKind {
        match self {
            Self::ImportCatalog(_) => CommandKind::ImportCatalog,
            Self::PutSite(_) => CommandKind::PutSite,
            Self::PutRoom(_) => CommandKind::PutRoom,
            Self::PutRuleSet(_) => CommandKind::PutRuleSet,
            Self::PutService(_) => CommandKind::PutService,
            Self::PutPolicy(_) => CommandKind::PutPolicy,
            Self::PutTherapist(_) => CommandKind::PutTherapist,
            Self::Renew(_) => CommandKind::Renew,
            Self::PutTraining(_) => CommandKind::PutTraining,
            Self::RemoveTraining { .. } => CommandKind::RemoveTraining,
            Self::AttestFootCare(_) => CommandKind::AttestFootCare,
            Self::PutShifts(_) => CommandKind::PutShifts,
            Self::RemoveShift { .. } => CommandKind::RemoveShift,
            Self::PutTemplate(_) => CommandKind::PutTemplate,
            Self::RemoveTemplate { .. } => CommandKind::RemoveTemplate,
            Self::PutAbsence(_) => CommandKind::PutAbsence,
            Self::RemoveAbsence { .. } => CommandKind::RemoveAbsence,
            Self::RollRoster => CommandKind::RollRoster,
            Self::Rewrite(_) => CommandKind::Rewrite,
            Self::CreateClient(_) => CommandKind::CreateClient,
            Self::ImportClients(_) => CommandKind::ImportClients,
            Self::UpdateClient(_) => CommandKind::UpdateClient,
            Self::EraseClient { .. } => CommandKind::EraseClient,
            Self::RecordDeclaration(_) => CommandKind::RecordDeclaration,
            Self::ReviewScreening(_) => CommandKind::ReviewScreening,
            Self::Hold(_) => CommandKind::Hold,
            Self::ReleaseHold { .. } => CommandKind::ReleaseHold,
            Self::Book(_) => CommandKind::Book,
            Self::ImportAppointments(_) => CommandKind::ImportAppointments,
            Self::Confirm(_) => CommandKind::Confirm,
            Self::Move(_) => CommandKind::Move,
            Self::Cancel(_) => CommandKind::Cancel,
            Self::BookSeries(_) => CommandKind::BookSeries,
            Self::MoveSeries(_) => CommandKind::MoveSeries,
            Self::CancelSeries(_) => CommandKind::CancelSeries,
            Self::NoShow(_) => CommandKind::NoShow,
            Self::CheckIn(_) => CommandKind::CheckIn,
            Self::Reconfirm(_) => CommandKind::Reconfirm,
            Self::Start(_) => CommandKind::Start,
            Self::Extend { .. } => CommandKind::Extend,
            Self::Finish { .. } => CommandKind::Finish,
            Self::CompleteItems { .. } => CommandKind::CompleteItems,
            Self::CompleteTurnover { .. } => CommandKind::CompleteTurnover,
            Self::OpenOutage(_) => CommandKind::OpenOutage,
            Self::CloseOutage { .. } => CommandKind::CloseOutage,
            Self::SaveNotes(_) => CommandKind::SaveNotes,
            Self::SignNotes(_) => CommandKind::SignNotes,
            Self::AddAddendum { .. } => CommandKind::AddAddendum,
            Self::IssueAftercare { .. } => CommandKind::IssueAftercare,
            Self::PutBusiness(_) => CommandKind::PutBusiness,
            Self::PutPriceList(_) => CommandKind::PutPriceList,
            Self::TakePayment(_) => CommandKind::TakePayment,
            Self::Refund(_) => CommandKind::Refund,
            Self::IssueReceipt(_) => CommandKind::IssueReceipt,
            Self::ReissueReceipt { .. } => CommandKind::ReissueReceipt,
            Self::VoidReceipt(_) => CommandKind::VoidReceipt,
            Self::CreateKey(_) => CommandKind::CreateKey,
            Self::RevokeKey { .. } => CommandKind::RevokeKey,
            Self::SetPassphrase(_) => CommandKind::SetPassphrase,
            Self::PutStockItem(_) => CommandKind::PutStockItem,
            Self::MoveStock(_) => CommandKind::MoveStock,
            Self::TakeStock(_) => CommandKind::TakeStock,
            Self::RecordInspection(_) => CommandKind::RecordInspection,
            Self::RecordOwnItems(_) => CommandKind::RecordOwnItems,
            Self::Undo => CommandKind::Undo,
            Self::Expire => CommandKind::Expire,
            Self::Rejudge(_) => CommandKind::Rejudge,
            Self::PutOnWaitlist(_) => CommandKind::PutOnWaitlist,
            Self::UpdateWaitlistEntry(_) => CommandKind::UpdateWaitlistEntry,
            Self::WithdrawWaitlistEntry(_) => CommandKind::WithdrawWaitlistEntry,
            Self::MakeOffer(_) => CommandKind::MakeOffer,
            Self::RecordContact(_) => CommandKind::RecordContact,
            Self::AcceptOffer { .. } => CommandKind::AcceptOffer,
            Self::DeclineOffer { .. } => CommandKind::DeclineOffer,
            Self::OfferFreed(_) => CommandKind::OfferFreed,
            Self::ApplyRepair(_) => CommandKind::ApplyRepair,
        }
    }
}
