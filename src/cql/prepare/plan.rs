//! Plans: what a statement comes to once its names and types are known. Values, carried out by whoever has the data.

use std::sync::Arc;

use uuid::Uuid;

use super::{BatchPlan, CasPlan, ModifyPlan, SelectPlan};
use crate::base::UnixMicros;
use crate::cql::ast::Describe;
use crate::data::KeyspaceName;
use crate::schema::TableMetadata;
use crate::schema::change::ChangeRequest;

/// A statement, ready to be carried out.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub plan: Plan,
    pub warnings: Vec<String>,
}

#[derive(Clone, Debug)]
pub enum Plan {
    Select(Box<SelectPlan>),
    Modify(ModifyPlan),
    Batch(BatchPlan),
    Cas(CasPlan),
    Change(ChangeRequest),
    Truncate(Arc<TableMetadata>),
    Use(KeyspaceName),
    Describe(Describe),
}

/// What terms are evaluated with: the coordinator's clock, and its source of uuids.
pub struct Evaluation<'a> {
    pub now: UnixMicros,
    pub uuids: &'a mut dyn FnMut(UuidKind) -> Uuid,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UuidKind {
    /// Version 4.
    Random,
    /// Version 1, of this moment.
    Time,
}
