//! The business, its taxes, and dated prices.

use treadwell_clinic::Clinic;
use treadwell_clinic::model::{Business, RecordId};

use super::{Writer, money};

pub(super) fn write(file: &mut Writer, clinic: &Clinic) {
    // What nobody has put is the default, which the file need not say.
    if clinic.revision_of(&RecordId::Business).is_some() {
        business(file, clinic.business());
    }
    for list in clinic.price_lists() {
        for price in &list.prices {
            file.table("# A price by the date of the treatment.\n[[price]]");
            file.field("service", list.service.as_str());
            if let Some(extension) = price.extension {
                file.field("extension", extension.as_str());
            }
            file.raw("from", &price.from.to_string());
            file.field("price", money(price.cents));
        }
    }
}

fn business(file: &mut Writer, business: &Business) {
    file.table("# The clinic as a business: what stands on receipts.\n[business]");
    file.text("name", &business.name);
    file.text("tax_name", &business.tax_name);
    file.text("tax_number", &business.tax_number);
    for rate in &business.rates {
        file.table("# A rate of the tax, by the date of the treatment.\n[[business.tax]]");
        file.raw("from", &rate.from.to_string());
        file.field("percent", money(rate.basis_points.into()));
    }
}
