//! Preparing: from a statement as it was written to a plan, with every name looked up and every value of its type.
//!
//! Knows the schema. Does not know where rows live: plans say what to read and what to write, and are told what was found.

mod attributes;
mod batch;
mod cas;
mod condition;
mod context;
mod definition;
mod expression;
mod keys;
mod modify;
mod operation;
mod plan;
mod restrictions;
mod row_view;
mod run;
mod select;
mod selection;
mod selector_term;
mod selector_text;
mod term;
mod tuple_relation;
mod type_name;

pub use batch::BatchPlan;
pub use cas::{CasDecision, CasPlan};
pub use context::PrepareContext;
pub(in crate::cql) use definition::not_yet;
pub use modify::ModifyPlan;
pub use plan::{Evaluation, Plan, Prepared, UuidKind};
pub use run::{SelectRun, SelectStep};
pub use select::SelectPlan;

use super::QueryError;
use super::ast::Statement;
use crate::data::KeyspaceName;

/// Prepares a statement.
pub fn prepare(statement: &Statement, context: &PrepareContext<'_>) -> Result<Prepared, QueryError> {
    let plain = |plan| {
        Ok(Prepared {
            plan,
            warnings: Vec::new(),
        })
    };
    match statement {
        Statement::Select(select) => {
            let (plan, warnings) = context.select(select)?;
            Ok(Prepared {
                plan: Plan::Select(Box::new(plan)),
                warnings,
            })
        }
        Statement::Modification(modification) => {
            if let Some(plan) = context.cas(modification)? {
                return plain(Plan::Cas(plan));
            }
            plain(Plan::Modify(context.modification(modification)?))
        }
        Statement::Batch(batch) => plain(Plan::Batch(context.batch(batch)?)),
        Statement::Use(keyspace) => plain(Plan::Use(KeyspaceName::new(keyspace))),
        Statement::Truncate(name) => plain(Plan::Truncate(context.table(name)?.clone())),
        Statement::Schema(statement) => plain(Plan::Change(context.change(statement)?)),
        Statement::Describe(describe) => plain(Plan::Describe(describe.clone())),
        Statement::Access(_) => Err(not_yet("Roles and permissions")),
    }
}
