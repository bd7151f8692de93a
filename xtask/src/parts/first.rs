//! The module that the page opens with.

use super::plan::Plan;
use super::program::{Program, address_of};
use std::collections::BTreeMap;
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, DataSection, ExportKind, ExportSection, Function, FunctionSection, Module, NameMap, NameSection,
    RefType, TableSection,
};
use wasm_encoder::{TableType, TypeSection};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, Data, DataKind, ExportSectionReader, FunctionSectionReader, Parser,
    TableSectionReader, TypeSectionReader,
};

pub type Encoded<T> = Result<T, Error<Infallible>>;

/// The names under which the first module hands out what the rest shares with it. No name of wasm-bindgen's begins so.
pub fn link_name(link: usize) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let (mut name, mut left) = (String::from("~"), link);
    loop {
        name.push(char::from(DIGITS[left % DIGITS.len()]));
        left /= DIGITS.len();
        if left == 0 {
            return name;
        }
    }
}

pub fn shared_name(kind: ExportKind, number: usize) -> String {
    let kind = match kind {
        ExportKind::Memory => 'm',
        ExportKind::Table => 't',
        _ => 'g',
    };
    format!("~~{kind}{number}")
}

/// The table through which the first module calls the rest.
pub fn table_between(plan: &Plan) -> TableType {
    TableType {
        element_type: RefType::FUNCREF,
        minimum: plan.entries.len() as u64,
        maximum: None,
        table64: false,
        shared: false,
    }
}

pub fn encode(program: &Program<'_>, plan: &Plan, module: &[u8], names: bool) -> Encoded<Vec<u8>> {
    let mut encoded = Module::new();
    First { program, plan }.parse_core_module(&mut encoded, Parser::new(0), module)?;
    if names {
        encoded.section(&name_section(program, &plan.number_in_first));
    }
    Ok(encoded.finish())
}

/// For profilers and whoever reads a stack.
pub fn name_section(program: &Program<'_>, numbers: &BTreeMap<u32, u32>) -> NameSection {
    let mut named: Vec<(u32, &String)> = Vec::new();
    named.extend(
        numbers
            .iter()
            .filter_map(|(function, number)| Some((*number, program.names.get(function)?))),
    );
    named.sort();
    let mut names = NameMap::new();
    for (number, name) in named {
        names.append(number, name);
    }
    let mut section = NameSection::new();
    section.functions(&names);
    section
}

struct First<'a> {
    program: &'a Program<'a>,
    plan: &'a Plan,
}

impl First<'_> {
    fn has_rest(&self) -> bool {
        !self.plan.rest.is_empty()
    }

    /// The number of the type `() -> ()` that is added for `await_rest`.
    fn plain_type(&self) -> u32 {
        self.program.signatures.len() as u32
    }

    /// The number of the function that is added: it has the rest loaded unless it is.
    fn await_rest(&self) -> u32 {
        self.program.imported + self.plan.first.len() as u32
    }

    fn between(&self) -> u32 {
        self.program.tables.len() as u32
    }

    fn await_rest_body(&self, load: u32) -> Function {
        let mut function = Function::new([]);
        let mut code = function.instructions();
        code.i32_const(0).table_get(self.between()).ref_is_null();
        code.if_(wasm_encoder::BlockType::Empty)
            .call(self.plan.number_in_first[&load])
            .end()
            .end();
        function
    }

    /// Stands for a function of the rest.
    fn stub(&self, function: u32, slot: u32) -> Function {
        let signature = self.program.types[function as usize];
        let mut stub = Function::new([]);
        let mut code = stub.instructions();
        code.call(self.await_rest());
        for parameter in 0..self.program.signatures[signature as usize].params().len() as u32 {
            code.local_get(parameter);
        }
        code.i32_const(slot as i32)
            .call_indirect(self.between(), signature)
            .end();
        stub
    }
}

impl Reencode for First<'_> {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Encoded<u32> {
        Ok(self.plan.number_in_first[&function])
    }

    fn parse_type_section(&mut self, types: &mut TypeSection, section: TypeSectionReader<'_>) -> Encoded<()> {
        utils::parse_type_section(self, types, section)?;
        if self.has_rest() {
            types.ty().function([], []);
        }
        Ok(())
    }

    fn parse_function_section(&mut self, functions: &mut FunctionSection, _: FunctionSectionReader<'_>) -> Encoded<()> {
        for function in &self.plan.first {
            functions.function(self.program.types[*function as usize]);
        }
        if self.has_rest() {
            functions.function(self.plain_type());
        }
        Ok(())
    }

    fn parse_table_section(&mut self, tables: &mut TableSection, section: TableSectionReader<'_>) -> Encoded<()> {
        utils::parse_table_section(self, tables, section)?;
        if self.has_rest() {
            tables.table(table_between(self.plan));
        }
        Ok(())
    }

    fn parse_export_section(&mut self, exports: &mut ExportSection, section: ExportSectionReader<'_>) -> Encoded<()> {
        utils::parse_export_section(self, exports, section)?;
        if self.has_rest() {
            for (place, link) in self.plan.links.iter().enumerate() {
                exports.export(&link_name(place), ExportKind::Func, self.plan.number_in_first[link]);
            }
            let shared = [
                (ExportKind::Memory, self.program.memories.len()),
                (ExportKind::Table, self.program.tables.len() + 1),
                (ExportKind::Global, self.program.globals.len()),
            ];
            for (kind, count) in shared {
                for number in 0..count {
                    exports.export(&shared_name(kind, number), kind, number as u32);
                }
            }
        }
        Ok(())
    }

    fn parse_code_section(&mut self, code: &mut CodeSection, _: CodeSectionReader<'_>) -> Encoded<()> {
        for function in &self.plan.first {
            match self.plan.slots.get(function) {
                Some(slot) => {
                    code.function(&self.stub(*function, *slot));
                }
                None => utils::parse_function_body(self, code, self.program.body(*function).clone())?,
            }
        }
        if let Some(load) = self.plan.load.filter(|_| self.has_rest()) {
            code.function(&self.await_rest_body(load));
        }
        Ok(())
    }

    /// With nothing where a text went with the rest.
    fn parse_data(&mut self, data: &mut DataSection, datum: Data<'_>) -> Encoded<()> {
        let address = address_of(&datum);
        let (DataKind::Active { offset_expr, .. }, Some(address)) = (&datum.kind, address) else {
            return utils::parse_data(self, data, datum);
        };
        let mut bytes = datum.data.to_vec();
        for text in self.plan.late_texts.iter().map(|text| &self.program.late_texts[*text]) {
            if let Some(begin) = text.address.checked_sub(address).map(|begin| begin as usize)
                && begin < bytes.len()
            {
                bytes[begin..begin + text.bytes.len()].fill(0);
            }
        }
        let offset = self.const_expr(offset_expr.clone())?;
        data.active(0, &offset, bytes);
        Ok(())
    }

    /// Names, and who made it with what, are for who works on the page.
    fn parse_custom_section(&mut self, _: &mut Module, _: CustomSectionReader<'_>) -> Encoded<()> {
        Ok(())
    }
}
