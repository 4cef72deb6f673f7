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
        let field = known.iter().find(|&field| field == path);
        named.extend(field);
        if field.is_none() {
            good = false;
            let expected = format!("one of {}", known.join(", "));
            f.item("paths", at).wrong::<()>("", expected);
        }
    }
    good.then_some(named)
}
