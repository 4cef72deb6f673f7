use jiff::civil::Date;

use crate::id::{ExtensionId, ServiceId};

/// The dated prices of a service and its extensions. A date before them all has the price that stands
/// with the service itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceList {
    /// Whose prices.
    pub service: ServiceId,
    /// The prices, at most one of a thing for a date.
    pub prices: Vec<Price>,
}

/// What something costs from a date on, until another price of it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// What costs it: an extension, or the service without any.
    pub extension: Option<ExtensionId>,
    /// The first treatment date to which it applies.
    pub from: Date,
    /// The price before tax, in cents.
    pub cents: u32,
}

impl PriceList {
    /// The price of an extension, or of the service without any, for a treatment on a local date. None
    /// before its first one.
    pub fn price_on(&self, extension: Option<ExtensionId>, treated: Date) -> Option<u32> {
        self.prices
            .iter()
            .filter(|price| price.extension == extension && price.from <= treated)
            .max_by_key(|price| price.from)
            .map(|price| price.cents)
    }
}
