//! Plans: what a statement comes to once its names and types are known. Values, carried out by whoever has the data.

use std::sync::Arc;

use uuid::Uuid;

use super::{BatchPlan, BoundValue, CasPlan, ModifyPlan, SelectPlan};
use crate::base::UnixMicros;
use crate::cql::ResultColumn;
use crate::cql::ast::Describe;
use crate::data::KeyspaceName;
use crate::schema::TableMetadata;
use crate::schema::change::ChangeRequest;

/// A statement, ready to be carried out.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub plan: Plan,
    pub warnings: Vec<String>,
    /// The bind markers in the order of the text: what each is called, and of which type it is.
    pub markers: Vec<ResultColumn>,
    /// Which marker gives each column of the partition key; empty unless all are given by one.
    pub partition_key: Vec<u16>,
}

#[derive(Clone, Debug)]
pub enum Plan {
    Select(Arc<SelectPlan>),
    Modify(ModifyPlan),
    Batch(BatchPlan),
    Cas(CasPlan),
    Change(ChangeRequest),
    /// What it asks for is so already.
    Nothing,
    Truncate(Arc<TableMetadata>),
    Use(KeyspaceName),
    Describe(Describe),
}

impl Plan {
    /// The table it is about, if that is one.
    pub(super) fn one_table(&self) -> Option<&Arc<TableMetadata>> {
        match self {
            Plan::Select(plan) => Some(plan.table()),
            Plan::Modify(plan) => Some(plan.table()),
            Plan::Cas(plan) => Some(plan.table()),
            Plan::Batch(plan) => {
                let mut tables = plan.tables();
                let first = tables.next()?;
                tables.all(|it| it.id == first.id).then_some(first)
            }
            _ => None,
        }
    }
}

/// What terms are evaluated with: the coordinator's clock, its source of uuids, and what came for the markers.
pub struct Evaluation<'a> {
    pub now: UnixMicros,
    pub uuids: &'a mut dyn FnMut(UuidKind) -> Uuid,
    pub values: &'a [BoundValue],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UuidKind {
    /// Version 4.
    Random,
    /// Version 1, of this moment.
    Time,
}
