//! The `caching` option of a table. Source: Cassandra 5.0, `CachingParams.java`.

use super::SchemaError;
use crate::base::SortedMap;

const KEYS: &str = "keys";
const ROWS: &str = "rows_per_partition";

/// What is not named is not cached.
pub(super) fn read(mut map: SortedMap<String, String>) -> Result<SortedMap<String, String>, SchemaError> {
    let wrong = |text: String| Err(SchemaError::Configuration(text));
    let all_or_none = |value: &str| Some(value.to_uppercase()).filter(|it| it == "ALL" || it == "NONE");
    let keys = map.remove(KEYS).unwrap_or_else(|| "NONE".into());
    let Some(keys) = all_or_none(&keys) else {
        return wrong(format!(
            "Invalid value '{keys}' for caching sub-option 'keys': only 'ALL' and 'NONE' are allowed"
        ));
    };
    let rows = map.remove(ROWS).unwrap_or_else(|| "NONE".into());
    let is_numeric = !rows.is_empty() && rows.bytes().all(|it| it.is_ascii_digit());
    let rows = match (all_or_none(&rows), rows.parse::<i32>()) {
        (Some(word), _) => word,
        (None, Ok(0)) if is_numeric => "NONE".into(),
        (None, Ok(i32::MAX)) if is_numeric => "ALL".into(),
        (None, Ok(number)) if is_numeric => number.to_string(),
        _ => {
            return wrong(format!(
                "Invalid value '{rows}' for caching sub-option 'rows_per_partition': only 'ALL', 'NONE', and integer values \
                 are allowed"
            ));
        }
    };
    if !map.is_empty() {
        let unknown: Vec<&str> = map.keys().map(String::as_str).collect();
        return wrong(format!(
            "Invalid caching sub-options [{}]: only 'keys' and 'rows_per_partition' are allowed",
            unknown.join(", ")
        ));
    }
    Ok([(KEYS.to_string(), keys), (ROWS.to_string(), rows)].into())
}
