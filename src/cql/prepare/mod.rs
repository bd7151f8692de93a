//! Preparing: from a statement as it was written to a plan, with every name looked up and every value of its type.
//!
//! Knows the schema. Does not know where rows live: plans say what to read and what to write, and are told what was found.

mod access;
mod assignment;
mod attributes;
mod batch;
mod cas;
mod clustering_relations;
mod condition;
mod context;
mod definition;
mod expression;
mod filter;
mod indexing;
mod json_column;
mod keys;
mod marker;
mod modify;
mod operation;
mod paging;
mod plan;
mod prefetched;
mod restrictions;
mod row_view;
mod run;
mod select;
mod selectable;
mod selected_literal;
mod selection;
mod selector_term;
mod selector_text;
mod stamps;
mod term;
mod tuple_relation;
mod type_name;
mod user_function;
mod view;

pub use batch::BatchPlan;
pub use cas::{CasDecision, CasPlan};
pub use context::PrepareContext;
pub use marker::{BoundValue, BoundValues, MAX_MARKERS, Markers};
pub use modify::ModifyPlan;
pub use plan::{Evaluation, Plan, Prepared, UuidKind};
pub use prefetched::{Prefetched, RequiredRead};
pub use run::{SelectRun, SelectStep};
pub use select::SelectPlan;
pub use view::view_filter;

use std::sync::Arc;

use super::QueryError;
use super::ast::Statement;
use crate::data::KeyspaceName;

/// Prepares a statement.
pub fn prepare(statement: &Statement, context: &PrepareContext<'_>) -> Result<Prepared, QueryError> {
    let mut warnings = Vec::new();
    let plan = match statement {
        Statement::Select(select) => {
            let (plan, warned) = context.select(select)?;
            warnings = warned;
            Plan::Select(Arc::new(plan))
        }
        Statement::Modification(modification) => match context.cas(modification)? {
            Some(plan) => Plan::Cas(plan),
            None => Plan::Modify(context.modification(modification)?),
        },
        Statement::Batch(batch) => context.batch(batch)?,
        Statement::Use(keyspace) => Plan::Use(KeyspaceName::new(keyspace)),
        Statement::Truncate(name) => match context.table(name)? {
            table if table.view.is_some() => {
                return Err(QueryError::invalid(
                    "Cannot TRUNCATE materialized view directly; must truncate base table instead",
                ));
            }
            table => Plan::Truncate(table.clone()),
        },
        Statement::Schema(statement) => match context.change(statement)? {
            Some(change) => Plan::Change(change),
            None => Plan::Nothing,
        },
        Statement::Describe(describe) => Plan::Describe(describe.clone()),
        Statement::Access(statement) => return Err(access::refusal(statement)),
    };
    let partition_key = plan.one_table().and_then(|it| context.markers.of_partition_key(it));
    Ok(Prepared {
        plan,
        warnings,
        markers: context.markers.specs(),
        partition_key: partition_key.unwrap_or_default(),
    })
}
