//! Update masks.

use super::fields::Fields;

/// The most paths of a mask.
const PATHS: usize = 100;

/// The fields that a mask names, out of those that may be named; all of them without a mask.
pub fn read(
    mask: Option<&prost_types::FieldMask>,
    known: &[&'static str],
    f: &mut Fields<'_>,
) -> Option<Vec<&'static str>> {
    let paths = match mask {
        Some(mask) if !mask.paths.is_empty() => &mask.paths,
        _ => return Some(known.to_vec()),
    };
    let mut f = f.inside("update_mask");
    f.count("paths", paths.len(), 1..=PATHS)?;
    let mut named = Vec::with_capacity(paths.len());
    let mut good = true;
    for (at, path) in paths.iter().enumerate() {
        match known.iter().find(|&field| field == path) {
            Some(&field) => named.push(field),
            None => {
                good = false;
                f.item("paths", at)
                    .wrong::<()>("", format!("one of {}", known.join(", ")));
            }
        }
    }
    good.then_some(named)
}
