//! The module that follows when it is first needed: on the memory, the tables and the globals of the first, whose functions it
//! imports. Once it is there it fills the table between the two.

use super::first::{Encoded, link_name, name_section, shared_name, table_between};
use super::plan::Plan;
use super::program::Program;
use std::convert::Infallible;
use wasm_encoder::reencode::{Reencode, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType, ExportKind, FunctionSection,
    ImportSection, Module, TypeSection,
};

/// Where it imports from: one place for all.
const FROM: &str = "first";

pub fn encode(program: &Program<'_>, plan: &Plan, names: bool) -> Encoded<Vec<u8>> {
    let mut rest = Rest { plan };
    let mut types = TypeSection::new();
    if let Some(section) = program.type_section.clone() {
        utils::parse_type_section(&mut rest, &mut types, section)?;
    }
    let mut functions = FunctionSection::new();
    for function in &plan.rest {
        functions.function(program.types[*function as usize]);
    }
    let mut elements = ElementSection::new();
    let entries: Vec<u32> = plan.entries.iter().map(|entry| plan.number_in_rest[entry]).collect();
    let between = program.tables.len() as u32;
    elements.active(
        Some(between),
        &ConstExpr::i32_const(0),
        Elements::Functions(entries.into()),
    );
    let mut code = CodeSection::new();
    for function in &plan.rest {
        utils::parse_function_body(&mut rest, &mut code, program.body(*function).clone())?;
    }
    let mut data = DataSection::new();
    for text in plan.late_texts.iter().map(|text| &program.late_texts[*text]) {
        data.active(
            0,
            &ConstExpr::i32_const(text.address as i32),
            text.bytes.iter().copied(),
        );
    }
    let mut module = Module::new();
    module
        .section(&types)
        .section(&imports(&mut rest, program)?)
        .section(&functions);
    module.section(&elements).section(&code).section(&data);
    if names {
        module.section(&name_section(program, &plan.number_in_rest));
    }
    Ok(module.finish())
}

fn imports(rest: &mut Rest<'_>, program: &Program<'_>) -> Encoded<ImportSection> {
    let plan = rest.plan;
    let mut imports = ImportSection::new();
    for (place, link) in plan.links.iter().enumerate() {
        imports.import(
            FROM,
            &link_name(place),
            EntityType::Function(program.types[*link as usize]),
        );
    }
    for (number, memory) in program.memories.iter().enumerate() {
        imports.import(
            FROM,
            &shared_name(ExportKind::Memory, number),
            rest.memory_type(*memory)?,
        );
    }
    for (number, table) in program.tables.iter().enumerate() {
        imports.import(FROM, &shared_name(ExportKind::Table, number), rest.table_type(*table)?);
    }
    let between = shared_name(ExportKind::Table, program.tables.len());
    imports.import(FROM, &between, table_between(plan));
    for (number, global) in program.globals.iter().enumerate() {
        imports.import(
            FROM,
            &shared_name(ExportKind::Global, number),
            rest.global_type(*global)?,
        );
    }
    Ok(imports)
}

struct Rest<'a> {
    plan: &'a Plan,
}

impl Reencode for Rest<'_> {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Encoded<u32> {
        Ok(self.plan.number_in_rest[&function])
    }
}
