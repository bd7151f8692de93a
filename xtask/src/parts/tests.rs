use super::*;
use std::fmt::Write;
use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, GlobalType, ImportSection, Instruction, MemorySection, MemoryType, Module, NameMap, NameSection,
    RefType, TableSection, TableType, TypeSection, ValType,
};
use wasmparser::{Operator, Parser, Payload, Validator};

const LOG: u32 = 0;
const MAIN: u32 = 1;
const COLD: u32 = 2;
const COLD_TOO: u32 = 3;
const SHARED: u32 = 4;
const LOAD: u32 = 5;
const TABLED: u32 = 6;

const NAMES: [(u32, &str); 7] = [
    (LOG, "log"),
    (MAIN, "main::h1"),
    (COLD, "<ringscope::cold::Cold as core::fmt::Debug>::fmt::h2"),
    (COLD_TOO, "helper::h3"),
    (SHARED, "alloc::h4"),
    (LOAD, "ringscope_load_rest"),
    (TABLED, "ringscope::colder::run::h5"),
];

/// `main` calls a cold function, that one a helper of its own and one that both need; another is in the table.
fn module(named: bool) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], [ValType::I32]);
    types.ty().function([], []);
    let mut imports = ImportSection::new();
    imports.import("host", "log", EntityType::Function(1));
    let mut functions = FunctionSection::new();
    for signature in [0, 0, 0, 0, 1, 0] {
        functions.function(signature);
    }
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        minimum: 2,
        maximum: None,
        table64: false,
        shared: false,
    });
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut globals = GlobalSection::new();
    let stack_pointer = GlobalType {
        val_type: ValType::I32,
        mutable: true,
        shared: false,
    };
    globals.global(stack_pointer, &ConstExpr::i32_const(7));
    let mut exports = ExportSection::new();
    exports.export("main", ExportKind::Func, MAIN);
    exports.export(plan::LOAD_REST, ExportKind::Func, LOAD);
    let mut elements = ElementSection::new();
    let tabled = Elements::Functions([SHARED, TABLED][..].into());
    elements.active(None, &ConstExpr::i32_const(0), tabled);
    let mut code = CodeSection::new();
    let calls: [&[u32]; 6] = [&[SHARED, COLD], &[COLD_TOO, SHARED], &[SHARED], &[], &[], &[SHARED]];
    for (function, callees) in (MAIN..).zip(calls) {
        let mut body = Function::new([]);
        if function != LOAD {
            body.instruction(&Instruction::GlobalGet(0));
            callees.iter().for_each(|callee| {
                body.instruction(&Instruction::Call(*callee));
            });
        } else {
            body.instruction(&Instruction::Call(LOG));
        }
        body.instruction(&Instruction::End);
        code.function(&body);
    }
    let mut module = Module::new();
    module
        .section(&types)
        .section(&imports)
        .section(&functions)
        .section(&tables)
        .section(&memories);
    module
        .section(&globals)
        .section(&exports)
        .section(&elements)
        .section(&code);
    if named {
        let mut names = NameMap::new();
        for (index, name) in NAMES {
            names.append(index, name);
        }
        let mut section = NameSection::new();
        section.functions(&names);
        module.section(&section);
    }
    module.finish()
}

/// What a reader sees of a module: a line for each import, export, table entry and body.
fn shown(module: &[u8]) -> String {
    Validator::new().validate_all(module).unwrap();
    let mut text = String::new();
    let mut line = |what: std::fmt::Arguments<'_>| writeln!(text, "{what}").unwrap();
    for payload in Parser::new(0).parse_all(module) {
        match payload.unwrap() {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import.unwrap();
                    line(format_args!("import {}.{}", import.module, import.name));
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export.unwrap();
                    line(format_args!(
                        "export {} {:?} {}",
                        export.name, export.kind, export.index
                    ));
                }
            }
            Payload::ElementSection(elements) => {
                for element in elements {
                    if let wasmparser::ElementItems::Functions(functions) = element.unwrap().items {
                        let functions: Vec<u32> = functions.into_iter().map(|index| index.unwrap()).collect();
                        line(format_args!("table {functions:?}"));
                    }
                }
            }
            Payload::CodeSectionEntry(body) => {
                let mut operators = Vec::new();
                for operator in body.get_operators_reader().unwrap() {
                    operators.push(match operator.unwrap() {
                        Operator::Call { function_index } => format!("call {function_index}"),
                        Operator::CallIndirect { table_index, .. } => format!("through table {table_index}"),
                        Operator::I32Const { value } => format!("{value}"),
                        Operator::LocalGet { .. } => "argument".to_owned(),
                        Operator::GlobalGet { .. } => "global".to_owned(),
                        Operator::TableGet { table } => format!("in table {table}"),
                        Operator::RefIsNull => "is null?".to_owned(),
                        Operator::If { .. } => "if".to_owned(),
                        Operator::End => "end".to_owned(),
                        other => panic!("{other:?}"),
                    });
                }
                line(format_args!("{}", operators.join(", ")));
            }
            Payload::CustomSection(_) => panic!("names are taken out"),
            _ => {}
        }
    }
    text
}

#[test]
fn what_only_the_later_ones_need_is_the_rest() {
    let parts = take_apart_by(&module(true), &["ringscope::cold", "ringscope::colder"], false).unwrap();
    // By kind: alloc, core::fmt::Debug, main, ringscope::colder, ringscope_load_rest, and what is added to await the rest.
    let first = "\
import host.log
export main Func 3
export ringscope_load_rest Func 5
export ~0 Func 1
export ~~m0 Memory 0
export ~~t0 Table 0
export ~~t1 Table 1
export ~~g0 Global 0
table [1, 4]
global, end
call 6, argument, 0, through table 1, end
global, call 1, call 2, end
call 6, argument, 1, through table 1, end
call 0, end
0, in table 1, is null?, if, call 5, end, end
";
    assert_eq!(shown(&parts.first), first);
    let rest = "\
import first.~0
import first.~~m0
import first.~~t0
import first.~~t1
import first.~~g0
table [1, 3]
global, call 2, call 0, end
global, call 0, end
global, call 0, end
";
    assert_eq!(shown(&parts.rest.unwrap()), rest);
}

#[test]
fn functions_stand_by_kind_and_are_still_the_same() {
    let parts = take_apart_by(&module(true), &[], false).unwrap();
    assert!(parts.rest.is_none());
    let ordered = "\
import host.log
export main Func 4
export ringscope_load_rest Func 6
table [1, 5]
global, end
global, call 3, call 1, end
global, call 1, end
global, call 1, call 2, end
global, call 1, end
call 0, end
";
    assert_eq!(shown(&parts.first), ordered);
}

#[test]
fn a_path_is_below_a_module_and_not_below_one_whose_name_it_begins_with() {
    let later = &["ringscope::cold"];
    for (name, below) in [
        ("ringscope::cold::run", true),
        ("<ringscope::cold::Cold as core::fmt::Debug>::fmt", true),
        (
            "<alloc::vec::Vec<ringscope::cold::Cold> as core::ops::Drop>::drop",
            false,
        ),
        ("ringscope::colder::run", false),
        ("ringscope::warm::run::<ringscope::cold::Cold>", false),
        ("core::fmt::write", false),
    ] {
        assert_eq!(plan::is_below(name, later), below, "{name}");
    }
}

#[test]
fn without_names_nothing_changes() {
    assert_eq!(take_apart(&module(false), false).unwrap().first, module(false));
    assert!(take_apart(b"\0asm?", false).err().unwrap().contains("not understood"));
}
