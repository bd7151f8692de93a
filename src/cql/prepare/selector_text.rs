//! Selectors as result columns and messages name them.

use crate::cql::ast::{CellMetadata, Selector};

pub(super) fn selector_text(selector: &Selector) -> String {
    let joined = |selectors: &[Selector]| selectors.iter().map(selector_text).collect::<Vec<_>>().join(", ");
    match selector {
        Selector::Column(name) => name.clone(),
        Selector::Literal(literal) => literal.to_string(),
        Selector::Null => "NULL".to_string(),
        Selector::Marker(_) => "?".to_string(),
        Selector::CountRows => "count".to_string(),
        // Counting a constant counts rows.
        Selector::Function { name, arguments }
            if name.name == "count" && matches!(arguments.as_slice(), [Selector::Literal(_)]) =>
        {
            "count".to_string()
        }
        Selector::Metadata { which, of } => {
            let function = match which {
                CellMetadata::TimeToLive => "ttl",
                CellMetadata::WriteTime => "writetime",
                CellMetadata::MaxWriteTime => "maxwritetime",
            };
            format!("{function}({})", selector_text(of))
        }
        Selector::Cast { selector, to } => format!("cast({} as {to})", selector_text(selector)),
        Selector::Function { name, arguments } => {
            let keyspace = name.keyspace.as_deref().unwrap_or("system");
            format!("{keyspace}.{}({})", name.name, joined(arguments))
        }
        Selector::Field { of, field } => format!("{}.{field}", selector_text(of)),
        Selector::Element { of, key } => format!("{}[{key}]", selector_text(of)),
        Selector::Slice { of, from, to } => {
            let bound = |term: &Option<crate::cql::ast::Term>| term.as_ref().map_or(String::new(), |it| it.to_string());
            format!("{}[{}..{}]", selector_text(of), bound(from), bound(to))
        }
        Selector::TypeHint { hint, selector } => format!("({hint}){}", selector_text(selector)),
        Selector::Parenthesized(inner) => format!("({})", joined(inner)),
        Selector::List(inner) => format!("[{}]", joined(inner)),
        Selector::Set(inner) => format!("{{{}}}", joined(inner)),
        Selector::MapOrUserType(entries) => {
            let entry =
                |(key, value): &(Selector, Selector)| format!("{}: {}", selector_text(key), selector_text(value));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Selector::Arithmetic { left, operator, right } => {
            format!("{} {operator} {}", selector_text(left), selector_text(right))
        }
        Selector::Negation(inner) => format!("-{}", selector_text(inner)),
    }
}
