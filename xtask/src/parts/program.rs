//! A WebAssembly module as read: its functions, what they are called, whom they call, and what they share.

use std::collections::{BTreeMap, BTreeSet};
use wasmparser::{
    Data, DataKind, ElementItems, ExternalKind, FuncType, FunctionBody, GlobalType, KnownCustom, MemoryType, Name,
    NameSectionReader, Operator, Parser, Payload, Result, TableType, TypeRef, TypeSectionReader,
};

#[derive(Default)]
pub struct Program<'a> {
    /// How many functions it imports: its own are numbered after them.
    pub imported: u32,
    /// Of imported functions, then of its own: the number of the type.
    pub types: Vec<u32>,
    pub signatures: Vec<FuncType>,
    pub type_section: Option<TypeSectionReader<'a>>,
    pub bodies: Vec<FunctionBody<'a>>,
    /// For each own function, by number: whom it calls or refers to.
    pub callees: Vec<BTreeSet<u32>>,
    /// By number.
    pub names: BTreeMap<u32, String>,
    /// In a table, so that anybody may call them.
    pub tabled: BTreeSet<u32>,
    pub exported: BTreeMap<String, u32>,
    pub start: Option<u32>,
    pub tables: Vec<TableType>,
    pub memories: Vec<MemoryType>,
    pub globals: Vec<GlobalType>,
    /// Texts marked as read late (src/base/later.rs), by where in memory they are.
    pub late_texts: Vec<LateText<'a>>,
    /// Segments, each of which begins at a multiple of four.
    pub data: Vec<&'a [u8]>,
}

pub struct LateText<'a> {
    pub address: u32,
    pub bytes: &'a [u8],
}

impl LateText<'_> {
    pub fn contains(&self, address: u32) -> bool {
        (self.address..self.address + self.bytes.len() as u32).contains(&address)
    }
}

const MARK_BEFORE: &[u8] = b"\x01later\x02";
const MARK_AFTER: &[u8] = b"\x02later\x01";

impl<'a> Program<'a> {
    pub fn read(module: &'a [u8]) -> Result<Program<'a>> {
        let mut program = Program::default();
        for payload in Parser::new(0).parse_all(module) {
            program.take(payload?)?;
        }
        Ok(program)
    }

    fn take(&mut self, payload: Payload<'a>) -> Result<()> {
        match payload {
            Payload::TypeSection(types) => {
                self.type_section = Some(types.clone());
                for signature in types.into_iter_err_on_gc_types() {
                    self.signatures.push(signature?);
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    match import?.ty {
                        TypeRef::Func(signature) => {
                            self.imported += 1;
                            self.types.push(signature);
                        }
                        TypeRef::Table(table) => self.tables.push(table),
                        TypeRef::Memory(memory) => self.memories.push(memory),
                        TypeRef::Global(global) => self.globals.push(global),
                        _ => {}
                    }
                }
            }
            Payload::FunctionSection(functions) => {
                for signature in functions {
                    self.types.push(signature?);
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    self.tables.push(table?.ty);
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    self.memories.push(memory?);
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    self.globals.push(global?.ty);
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        self.exported.insert(export.name.to_owned(), export.index);
                    }
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::ElementSection(elements) => {
                for element in elements {
                    if let ElementItems::Functions(functions) = element?.items {
                        for function in functions {
                            self.tabled.insert(function?);
                        }
                    }
                }
            }
            Payload::CodeSectionEntry(body) => {
                self.callees.push(callees(&body)?);
                self.bodies.push(body);
            }
            Payload::DataSection(data) => {
                for datum in data {
                    let datum = datum?;
                    self.data.push(datum.data);
                    if let Some(address) = address_of(&datum) {
                        self.take_late_texts(address, datum.data);
                    }
                }
            }
            Payload::CustomSection(custom) => {
                if let KnownCustom::Name(sections) = custom.as_known() {
                    self.take_names(sections)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn take_names(&mut self, sections: NameSectionReader<'_>) -> Result<()> {
        for section in sections {
            if let Name::Function(functions) = section? {
                for naming in functions {
                    let naming = naming?;
                    self.names.insert(naming.index, without_hashes(naming.name));
                }
            }
        }
        Ok(())
    }

    fn take_late_texts(&mut self, address: u32, data: &'a [u8]) {
        let find = |from: usize, mark: &[u8]| {
            data[from..]
                .windows(mark.len())
                .position(|it| it == mark)
                .map(|at| from + at)
        };
        let mut from = 0;
        while let Some(begin) = find(from, MARK_BEFORE) {
            let Some(end) = find(begin, MARK_AFTER).map(|at| at + MARK_AFTER.len()) else {
                return;
            };
            self.late_texts.push(LateText {
                address: address + begin as u32,
                bytes: &data[begin..end],
            });
            from = end;
        }
    }

    /// The numbers of its own functions.
    pub fn own(&self) -> impl Iterator<Item = u32> + use<> {
        self.imported..self.imported + self.bodies.len() as u32
    }

    pub fn body(&self, function: u32) -> &FunctionBody<'a> {
        &self.bodies[(function - self.imported) as usize]
    }

    /// What may be addresses in its code.
    pub fn constants(&self, function: u32) -> Vec<u32> {
        let operators = self.body(function).get_operators_reader().into_iter().flatten();
        let constants = operators.filter_map(|operator| match operator {
            Ok(Operator::I32Const { value }) => Some(value as u32),
            _ => None,
        });
        constants.collect()
    }

    /// Nobody, for an imported function.
    pub fn called_by(&self, function: u32) -> impl Iterator<Item = u32> {
        let own = function.checked_sub(self.imported);
        own.map(|own| self.callees[own as usize].iter().copied())
            .into_iter()
            .flatten()
    }
}

/// `a[0123456789abcdef]::b` names a crate together with a hash that another build changes.
fn without_hashes(name: &str) -> String {
    let mut parts = name.split('[');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let after = part
            .split_once(']')
            .filter(|(hash, _)| hash.len() >= 8 && hash.bytes().all(|it| it.is_ascii_hexdigit()));
        match after {
            Some((_, after)) => plain += after,
            None => {
                plain.push('[');
                plain += part;
            }
        }
    }
    plain
}

/// Where in memory a segment is, when that is known.
pub fn address_of(datum: &Data<'_>) -> Option<u32> {
    let DataKind::Active { offset_expr, .. } = &datum.kind else {
        return None;
    };
    match offset_expr.get_operators_reader().read() {
        Ok(Operator::I32Const { value }) => Some(value as u32),
        _ => None,
    }
}

fn callees(body: &FunctionBody<'_>) -> Result<BTreeSet<u32>> {
    let mut callees = BTreeSet::new();
    for operator in body.get_operators_reader()? {
        match operator? {
            Operator::Call { function_index }
            | Operator::ReturnCall { function_index }
            | Operator::RefFunc { function_index } => {
                callees.insert(function_index);
            }
            _ => {}
        }
    }
    Ok(callees)
}
