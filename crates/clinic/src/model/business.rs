use jiff::civil::{Date, date};

/// The clinic as a business: what stands on every receipt, and what tax is charged.
///
/// There is one. [`Business::default`] knows the taxes of Nova Scotia and no name: receipts can not be
/// issued until a manager has given it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Business {
    /// The name under which receipts are issued, or empty.
    pub name: String,
    /// What the tax is called, such as "HST".
    pub tax_name: String,
    /// The number under which the tax is remitted, or empty.
    pub tax_number: String,
    /// The rates, each from its date on, in order of date. Before the first no tax is charged.
    pub rates: Vec<TaxRate>,
}

/// A rate of the tax, and the first treatment date on which it is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaxRate {
    /// The first date.
    pub from: Date,
    /// The rate in hundredths of a percent: 1,400 is 14 %. 0 to 10,000.
    pub basis_points: u16,
}

impl Business {
    /// The rate for a treatment on a local date, in hundredths of a percent.
    pub fn basis_points_on(&self, treated: Date) -> u16 {
        self.rates
            .iter()
            .rev()
            .find(|rate| rate.from <= treated)
            .map_or(0, |rate| rate.basis_points)
    }
}

impl Default for Business {
    fn default() -> Self {
        // Nova Scotia: 15 % until the end of March 2025, 14 % since.
        let rates = [(date(2010, 7, 1), 1_500), (date(2025, 4, 1), 1_400)];
        Self {
            name: String::new(),
            tax_name: "HST".to_owned(),
            tax_number: String::new(),
            rates: rates
                .map(|(from, basis_points)| TaxRate { from, basis_points })
                .to_vec(),
        }
    }
}
