//! Puts the functions of a WebAssembly module in the order of their names, and takes the names out.
//!
//! Compression finds what repeats within 32 KB. The instances of one generic function are alike and have like names; side by side
//! they cost a part of what they cost where the linker leaves them: some 5 % of all that travels.

use crate::process::Result;
use std::collections::BTreeMap;
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, FunctionSection, Module};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, FunctionSectionReader, KnownCustom, Name, Parser, Payload, TypeRef,
};

/// The module in the new order, without names. As it was, when it names no functions.
pub fn by_name(module: &[u8]) -> Result<Vec<u8>> {
    let wrong = |error: &dyn std::fmt::Display| format!("the WebAssembly is not understood: {error}");
    let Some(mut order) = Order::of(module).map_err(|error| wrong(&error))? else {
        return Ok(module.to_vec());
    };
    let mut ordered = Module::new();
    let parsed = order.parse_core_module(&mut ordered, Parser::new(0), module);
    parsed.map_err(|error| wrong(&error))?;
    Ok(ordered.finish())
}

struct Order {
    imported: u32,
    /// For each place of the module's own functions, whose place it was before.
    from: Vec<usize>,
    /// And the other way round.
    to: Vec<u32>,
}

impl Order {
    fn of(module: &[u8]) -> wasmparser::Result<Option<Order>> {
        let (mut imported, mut sizes, mut names) = (0, Vec::new(), BTreeMap::new());
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::CodeSectionEntry(body) => sizes.push(body.range().end - body.range().start),
                Payload::CustomSection(custom) => {
                    if let KnownCustom::Name(sections) = custom.as_known() {
                        names.extend(function_names(sections)?);
                    }
                }
                _ => {}
            }
        }
        if names.is_empty() {
            return Ok(None);
        }
        let mut from: Vec<usize> = (0..sizes.len()).collect();
        from.sort_by_key(|place| (names.get(&(imported + *place as u32)), sizes[*place]));
        let mut to = vec![0; from.len()];
        for (now, before) in from.iter().enumerate() {
            to[*before] = now as u32;
        }
        Ok(Some(Order { imported, from, to }))
    }
}

/// Without the hash at the end, which would mix instances up.
fn function_names(sections: wasmparser::NameSectionReader<'_>) -> wasmparser::Result<BTreeMap<u32, String>> {
    let mut names = BTreeMap::new();
    for section in sections {
        if let Name::Function(functions) = section? {
            for naming in functions {
                let naming = naming?;
                let name = naming.name.rsplit_once("::h").map_or(naming.name, |(name, _)| name);
                names.insert(naming.index, name.to_owned());
            }
        }
    }
    Ok(names)
}

type Encoded<T> = std::result::Result<T, Error<Infallible>>;

impl Reencode for Order {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Encoded<u32> {
        let own = function.checked_sub(self.imported);
        Ok(own.map_or(function, |own| self.imported + self.to[own as usize]))
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Encoded<()> {
        let types = section.into_iter().collect::<wasmparser::Result<Vec<u32>>>()?;
        for place in &self.from {
            functions.function(types[*place]);
        }
        Ok(())
    }

    fn parse_code_section(&mut self, code: &mut CodeSection, section: CodeSectionReader<'_>) -> Encoded<()> {
        let bodies = section.into_iter().collect::<wasmparser::Result<Vec<_>>>()?;
        for place in self.from.clone() {
            utils::parse_function_body(self, code, bodies[place].clone())?;
        }
        Ok(())
    }

    /// Names, and who made it with what, are for who works on the page.
    fn parse_custom_section(&mut self, _: &mut Module, _: CustomSectionReader<'_>) -> Encoded<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function, ImportSection,
        Instruction, NameMap, NameSection, TableSection, TableType, TypeSection,
    };

    /// Imports one function and has three of its own, each returning its number; `b` calls `c`, the table holds `c` and `a`.
    fn module(named: bool) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], [wasm_encoder::ValType::I32]);
        types.ty().function([], []);
        let mut imports = ImportSection::new();
        imports.import("host", "log", EntityType::Function(1));
        let mut functions = FunctionSection::new();
        (0..3).for_each(|_| {
            functions.function(0);
        });
        let mut tables = TableSection::new();
        tables.table(TableType {
            element_type: wasm_encoder::RefType::FUNCREF,
            minimum: 2,
            maximum: None,
            table64: false,
            shared: false,
        });
        let mut exports = ExportSection::new();
        exports.export("c", ExportKind::Func, 1);
        let mut elements = ElementSection::new();
        elements.active(None, &ConstExpr::i32_const(0), Elements::Functions([1, 3][..].into()));
        let mut code = CodeSection::new();
        for instruction in [
            Instruction::I32Const(30),
            Instruction::Call(1),
            Instruction::I32Const(10),
        ] {
            let mut function = Function::new([]);
            function.instruction(&instruction).instruction(&Instruction::End);
            code.function(&function);
        }
        let mut module = Module::new();
        module
            .section(&types)
            .section(&imports)
            .section(&functions)
            .section(&tables);
        module.section(&exports).section(&elements).section(&code);
        if named {
            let mut names = NameMap::new();
            for (index, name) in [(0, "log"), (1, "c::h2"), (2, "b::h0"), (3, "a::h1")] {
                names.append(index, name);
            }
            let mut section = NameSection::new();
            section.functions(&names);
            module.section(&section);
        }
        module.finish()
    }

    #[test]
    fn functions_stand_by_name_and_are_still_the_same() {
        let ordered = by_name(&module(true)).unwrap();
        let (mut bodies, mut table, mut exported) = (Vec::new(), Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(&ordered) {
            match payload.unwrap() {
                Payload::CodeSectionEntry(body) => {
                    let first = body.get_operators_reader().unwrap().into_iter().next();
                    bodies.push(format!("{:?}", first.unwrap().unwrap()));
                }
                Payload::ElementSection(elements) => {
                    for element in elements {
                        if let wasmparser::ElementItems::Functions(functions) = element.unwrap().items {
                            table.extend(functions.into_iter().map(|index| index.unwrap()));
                        }
                    }
                }
                Payload::ExportSection(exports) => exported.extend(exports.into_iter().map(|it| it.unwrap().index)),
                Payload::CustomSection(_) => panic!("names are taken out"),
                _ => {}
            }
        }
        assert_eq!(
            bodies,
            [
                "I32Const { value: 10 }",
                "Call { function_index: 3 }",
                "I32Const { value: 30 }"
            ]
        );
        assert_eq!((table, exported), (vec![3, 1], vec![3]));
    }

    #[test]
    fn without_names_nothing_changes() {
        assert_eq!(by_name(&module(false)).unwrap(), module(false));
        assert!(by_name(b"\0asm?").unwrap_err().contains("not understood"));
    }
}
