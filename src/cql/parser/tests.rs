use proptest::prelude::*;

use super::*;
use crate::cql::Position;
use crate::cql::ast::*;
use crate::data::LiteralKind;

fn statement(text: &str) -> Statement {
    match parse(text) {
        Ok(parsed) => parsed.statement,
        Err(error) => panic!("{text}\n{error}"),
    }
}

fn select(text: &str) -> Select {
    match statement(text) {
        Statement::Select(select) => select,
        other => panic!("{other:?}"),
    }
}

fn selectors(text: &str) -> Vec<Selector> {
    match select(&format!("SELECT {text} FROM t")).selection {
        Selection::Columns(columns) => columns.into_iter().map(|column| column.selector).collect(),
        Selection::All => panic!("not *"),
    }
}

fn relation(text: &str) -> Relation {
    let clause = select(&format!("SELECT * FROM t WHERE {text}")).where_clause;
    assert_eq!(clause.relations.len(), 1);
    clause.relations.into_iter().next().expect("one relation")
}

fn error(text: &str) -> SyntaxError {
    match parse(text) {
        Err(error) => error,
        Ok(parsed) => panic!("{text}\n{parsed:?}"),
    }
}

fn term(text: &str) -> Term {
    match relation(&format!("a = {text}")) {
        Relation::Column { value, .. } => value,
        other => panic!("{other:?}"),
    }
}

fn integer(text: &str) -> Term {
    Term::Literal(Literal {
        kind: LiteralKind::Integer,
        text: text.to_owned(),
    })
}

fn column(name: &str) -> Selector {
    Selector::Column(name.to_owned())
}

fn unqualified(name: &str) -> QualifiedName {
    QualifiedName {
        keyspace: None,
        name: name.to_owned(),
    }
}

#[test]
fn names_are_folded_unless_quoted() {
    let found = select("SELECT Id, \"Id\" AS X FROM Shop.\"Orders\"");
    assert_eq!(found.from.keyspace.as_deref(), Some("shop"));
    assert_eq!(found.from.name, "Orders");
    let Selection::Columns(columns) = found.selection else {
        panic!("not *")
    };
    assert_eq!(columns[0].selector, column("id"));
    assert_eq!(columns[1].selector, column("Id"));
    assert_eq!(columns[1].alias.as_deref(), Some("x"));
}

#[test]
fn flags_are_also_names() {
    let found = select("SELECT JSON DISTINCT a FROM t");
    assert!(found.json && found.distinct);
    assert_eq!(selectors("json, distinct"), [column("json"), column("distinct")]);
    assert!(!select("SELECT distinct FROM t").distinct);
}

#[test]
fn operators_bind_as_in_arithmetic() {
    assert_eq!(
        selectors("a + -b * 2"),
        [Selector::Arithmetic {
            left: Box::new(column("a")),
            operator: ArithmeticOperator::Plus,
            right: Box::new(Selector::Arithmetic {
                left: Box::new(Selector::Negation(Box::new(column("b")))),
                operator: ArithmeticOperator::Times,
                right: Box::new(Selector::Literal(Literal {
                    kind: LiteralKind::Integer,
                    text: "2".to_owned()
                })),
            }),
        }]
    );
    // As messages have it: what Cassandra calls the functions behind operators.
    assert_eq!(
        term("1 - 2 - 3").to_string(),
        "system.\"_substract\"(system.\"_substract\"(1, 2), 3)"
    );
    let Term::Arithmetic { left, .. } = term("1 - 2 - 3") else {
        panic!("arithmetic")
    };
    assert_eq!(left.to_string(), "system.\"_substract\"(1, 2)");
}

#[test]
fn parts_of_columns() {
    assert_eq!(
        selectors("a.b[1]"),
        [Selector::Element {
            of: Box::new(Selector::Field {
                of: Box::new(column("a")),
                field: "b".to_owned()
            }),
            key: integer("1"),
        }]
    );
    assert_eq!(
        selectors("a[..2]"),
        [Selector::Slice {
            of: Box::new(column("a")),
            from: None,
            to: Some(integer("2")),
        }]
    );
    assert_eq!(
        selectors("ttl(a.b)"),
        [Selector::Metadata {
            which: CellMetadata::TimeToLive,
            of: Box::new(Selector::Field {
                of: Box::new(column("a")),
                field: "b".to_owned()
            }),
        }]
    );
}

#[test]
fn functions_and_what_looks_like_them() {
    assert_eq!(selectors("count(*), count"), [Selector::CountRows, column("count")]);
    assert_eq!(
        selectors("ks.f(a)"),
        [Selector::Function {
            name: QualifiedName {
                keyspace: Some("ks".to_owned()),
                name: "f".to_owned()
            },
            arguments: vec![column("a")],
        }]
    );
    assert_eq!(
        selectors("CAST(a AS varchar)"),
        [Selector::Cast {
            selector: Box::new(column("a")),
            to: NativeType::Varchar,
        }]
    );
}

#[test]
fn a_type_before_a_value() {
    let hinted = |hint, text: &str| Term::TypeHint {
        hint,
        term: Box::new(Term::Literal(Literal {
            kind: LiteralKind::String,
            text: text.to_owned(),
        })),
    };
    assert_eq!(term("(text) 'x'"), hinted(TypeName::Native(NativeType::Text), "x"));
    assert_eq!(
        term("('Custom') 'x'"),
        hinted(TypeName::Custom("Custom".to_owned()), "x")
    );
    assert_eq!(term("('x')").to_string(), "('x')");
    assert_eq!(
        selectors("(int) a"),
        [Selector::TypeHint {
            hint: TypeName::Native(NativeType::Int),
            selector: Box::new(column("a")),
        }]
    );
}

#[test]
fn braces_hold_sets_maps_and_user_types() {
    assert_eq!(term("{}"), Term::Set(vec![]));
    assert_eq!(term("{1, 2}"), Term::Set(vec![integer("1"), integer("2")]));
    assert_eq!(term("{1: 2}"), Term::Map(vec![(integer("1"), integer("2"))]));
    assert_eq!(term("{a: 2}"), Term::UserType(vec![("a".to_owned(), integer("2"))]));
    assert_eq!(
        term("{f(): 2}"),
        Term::Map(vec![(
            Term::Function {
                name: unqualified("f"),
                arguments: vec![]
            },
            integer("2")
        )])
    );
}

#[test]
fn constants_keep_what_was_written() {
    let kinds = [
        ("'x'", LiteralKind::String, "x"),
        ("$$it's$$", LiteralKind::String, "it's"),
        ("-007", LiteralKind::Integer, "-007"),
        ("1.50", LiteralKind::Float, "1.50"),
        ("-nan", LiteralKind::Float, "NaN"),
        ("-INFINITY", LiteralKind::Float, "-Infinity"),
        ("True", LiteralKind::Boolean, "True"),
        ("0xAB", LiteralKind::Hex, "0xAB"),
        ("1h", LiteralKind::Duration, "1h"),
    ];
    for (written, kind, text) in kinds {
        let text = text.to_owned();
        assert_eq!(term(written), Term::Literal(Literal { kind, text }), "{written}");
    }
}

#[test]
fn relations() {
    assert_eq!(
        relation("a CONTAINS KEY 1"),
        Relation::Column {
            column: "a".to_owned(),
            operator: Operator::ContainsKey,
            value: integer("1"),
        }
    );
    assert_eq!(
        relation("a['k'] != 1"),
        Relation::Element {
            column: "a".to_owned(),
            key: Term::Literal(Literal {
                kind: LiteralKind::String,
                text: "k".to_owned(),
            }),
            operator: Operator::NotEqual,
            value: integer("1"),
        }
    );
    assert_eq!(
        relation("a IN (1, ?)"),
        Relation::ColumnIn {
            column: "a".to_owned(),
            values: InValues::Listed(vec![integer("1"), Term::Marker(BindMarker { index: 0, name: None }),]),
        }
    );
}

#[test]
fn relations_in_parentheses_are_the_same() {
    assert_eq!(relation("(a = 1)"), relation("a = 1"));
    assert_eq!(relation("((token(a) > 1))"), relation("token(a) > 1"));
    assert_eq!(
        relation("(a, b) >= (1, 2)"),
        Relation::Columns {
            columns: vec!["a".to_owned(), "b".to_owned()],
            operator: Operator::GreaterOrEqual,
            value: TupleValue::Literal(vec![integer("1"), integer("2")]),
        }
    );
    assert_eq!(
        relation("(a) IN ()"),
        Relation::ColumnsIn {
            columns: vec!["a".to_owned()],
            values: InTuples::Listed(vec![]),
        }
    );
}

#[test]
fn markers_are_counted_in_order() {
    let parsed = parse("UPDATE t USING TTL ? SET a = :name WHERE b IN ? IF c = :Other").expect("a statement");
    assert_eq!(
        parsed.markers,
        [None, Some("name".to_owned()), None, Some("other".to_owned())]
    );
    // An attempt that fails leaves no markers.
    assert_eq!(parse("SELECT json, ? FROM t").expect("a statement").markers, [None]);
}

fn assignments(text: &str) -> Vec<Change> {
    match statement(&format!("UPDATE t SET {text} WHERE k = 1")) {
        Statement::Modification(Modification::Update(update)) => update
            .assignments
            .into_iter()
            .map(|assignment| assignment.change)
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn changes_of_a_column() {
    assert_eq!(assignments("a = 1"), [Change::Set(integer("1"))]);
    assert_eq!(
        assignments("a = a + 1, a += 1"),
        [Change::Add(integer("1")), Change::Add(integer("1"))]
    );
    assert_eq!(assignments("a = a -1"), [Change::Add(integer("-1"))]);
    assert_eq!(assignments("a = a - 1"), [Change::Subtract(integer("1"))]);
    assert_eq!(
        assignments("a = [1] + a"),
        [Change::Prepend(Term::List(vec![integer("1")]))]
    );
    assert_eq!(
        assignments("a[1] = 2, b.c = 3"),
        [
            Change::SetElement {
                key: integer("1"),
                value: integer("2")
            },
            Change::SetField {
                field: "c".to_owned(),
                value: integer("3")
            },
        ]
    );
}

#[test]
fn changes_that_make_no_sense_together() {
    for text in ["a = 1, a = 2", "a = 1, a[1] = 2", "a += 1, a = 2", "a.b = 1, a.b = 2"] {
        let found = error(&format!("UPDATE t SET {text} WHERE k = 1"));
        assert_eq!(found.to_string(), "Multiple incompatible setting of column a");
        assert_eq!(found.position, None);
    }
    assert_eq!(assignments("a[1] = 2, a[2] = 3, b.c = 1, b.d = 2").len(), 4);
}

#[test]
fn a_batch_holds_modifications() {
    let Statement::Batch(batch) = statement(
        "BEGIN UNLOGGED BATCH USING TIMESTAMP 1 INSERT INTO t (a) VALUES (1) DELETE FROM t WHERE a = 1; APPLY BATCH;",
    ) else {
        panic!("a batch")
    };
    assert_eq!(batch.kind, BatchKind::Unlogged);
    assert_eq!(batch.using.timestamp, Some(integer("1")));
    assert_eq!(batch.statements.len(), 2);
}

#[test]
fn a_table_as_it_was_written() {
    let Statement::Schema(SchemaStatement::CreateTable(table)) = statement(
        "CREATE TABLE t (a int, b frozen<list<text>> STATIC, c vector<float, 3>, PRIMARY KEY ((a), c)) \
         WITH CLUSTERING ORDER BY (c DESC) AND comment = 'x' AND caching = {'keys': 'ALL'}",
    ) else {
        panic!("a table")
    };
    assert_eq!(table.columns[1].type_name.to_string(), "frozen<list<text>>");
    assert!(table.columns[1].is_static && !table.columns[0].is_static);
    assert_eq!(
        table.primary_keys,
        [PrimaryKey {
            partition_key: vec!["a".to_owned()],
            clustering: vec!["c".to_owned()],
        }]
    );
    assert_eq!(
        table.options.clustering_order,
        [("c".to_owned(), Direction::Descending)]
    );
}

#[test]
fn keywords_of_types_name_user_types_too() {
    let Statement::Schema(SchemaStatement::CreateType(found)) = statement("CREATE TYPE t (a list, b key, c int.x)")
    else {
        panic!("a type")
    };
    let types: Vec<String> = found.fields.iter().map(|(_, ty)| ty.to_string()).collect();
    assert_eq!(types, ["list", "key", "int.x"]);
    assert!(matches!(found.fields[0].1, TypeName::UserType(_)));
}

#[test]
fn permissions_are_those_that_apply() {
    let Statement::Access(AccessStatement::GrantPermissions { permissions, .. }) = statement("GRANT ALL ON ks.t TO r")
    else {
        panic!("permissions")
    };
    assert!(permissions.contains(&Permission::Modify) && !permissions.contains(&Permission::Create));
    assert_eq!(
        error("GRANT EXECUTE ON KEYSPACE ks TO r").to_string(),
        "Resource type DataResource does not support any of the requested permissions"
    );
}

#[test]
fn errors_say_where() {
    let found = error("SELECT *\n  FROM 'ünï' t;");
    assert_eq!(found.position, Some(Position::At { line: 2, column: 7 }));
    let place = found.place.expect("a place");
    assert_eq!((place.line, place.column, place.length), (2, 7, 5));
    assert_eq!(found.offending, "ünï");

    let found = error("SELECT * FROM");
    assert_eq!(found.position, Some(Position::End));
    let place = found.place.expect("a place");
    assert_eq!((place.line, place.column, place.length), (1, 13, 0));
}

#[test]
fn what_is_met_first_is_told() {
    assert_eq!(
        error("UPDATE t SET a = 1, a = 2 WHERE k = = 1;").to_string(),
        "Multiple incompatible setting of column a"
    );
    assert!(
        error("UPDATE t SET a = = 1, a = 2 WHERE @;")
            .to_string()
            .starts_with("line 1:17 no viable")
    );
    assert_eq!(
        error("SELECT * FROM t WHERE @;").to_string(),
        "line 1:22 no viable alternative at character '@'"
    );
}

#[test]
fn numbers_no_double_can_hold() {
    assert_eq!(
        error("INSERT INTO t (a) VALUES (1e309)").to_string(),
        "Failed parsing statement: [INSERT INTO t (a) VALUES (1e309)] reason: NumberFormatException Character I is \
         neither a decimal digit number, decimal point, nor \"e\" notation exponential mark."
    );
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| format!("SELECT {}a{} FROM t", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(MAX_NESTING)).is_ok());
    assert_eq!(
        error(&nested(MAX_NESTING + 1)).to_string(),
        format!("Too many levels of nesting: at most {MAX_NESTING} are supported")
    );
    for (open, close) in [
        ("[", "]"),
        ("{", "}"),
        ("f(", ")"),
        ("(", ")"),
        ("(list<int>) ", ""),
        ("{1: ", "}"),
    ] {
        let text = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        assert!(parse(&format!("SELECT {text} FROM t")).is_err());
        assert!(parse(&format!("SELECT * FROM t WHERE a = {text}")).is_err());
    }
    assert!(parse(&format!("CREATE TABLE t (a {}int)", "list<".repeat(100_000))).is_err());
    assert!(parse(&format!("SELECT * FROM t WHERE {}a = 1", "(".repeat(100_000))).is_err());
}

#[test]
fn chains_have_a_limit() {
    let chain = |length: usize| format!("SELECT a{} FROM t", " + 1".repeat(length));
    assert!(parse(&chain(MAX_CHAINED_OPERATORS)).is_ok());
    assert!(
        error(&chain(MAX_CHAINED_OPERATORS + 1))
            .to_string()
            .starts_with("Too many operators")
    );
}

/// Words and signs that make statements, so that some nearly do.
fn scraps() -> impl Strategy<Value = String> {
    let keywords: Vec<&str> = Keyword::ALL.iter().map(|keyword| keyword.text()).collect();
    let scrap = prop_oneof![
        4 => proptest::sample::select(keywords),
        2 => proptest::sample::select(vec![
            "a", "b", "t", "\"Q\"", "\"\"", "1", "-1", "1.5", "'s'", "0x1f", "1h", "true", "?", ":m", "$$ x $$",
            "123e4567-e89b-12d3-a456-426614174000", "expr(", "@", "'",
        ]),
        4 => proptest::sample::select(vec![
            "(", ")", "[", "]", "{", "}", "<", ">", ",", ".", "..", ":", ";", "=", "!=", "+", "-", "*", "/", "%", "+=",
        ]),
    ];
    proptest::collection::vec(scrap, 0..30).prop_map(|scraps| scraps.join(" "))
}

const BEGINNINGS: [&str; 12] = [
    "",
    "SELECT ",
    "SELECT * FROM t WHERE ",
    "INSERT INTO t (a) VALUES (",
    "UPDATE t SET a = ",
    "DELETE ",
    "BEGIN BATCH ",
    "CREATE TABLE t (a ",
    "ALTER TABLE t ",
    "CREATE ",
    "GRANT ",
    "DESCRIBE ",
];

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,80}", beginning in 0..BEGINNINGS.len()) {
        let _ = parse(&format!("{}{text}", BEGINNINGS[beginning]));
    }

    #[test]
    fn no_words_make_it_panic(scraps in scraps(), beginning in 0..BEGINNINGS.len()) {
        let text = format!("{}{scraps}", BEGINNINGS[beginning]);
        if let Err(error) = parse(&text) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
