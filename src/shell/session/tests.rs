use super::*;
use crate::cql::{QueryError, QueryResult, ResultColumn, Rows};
use crate::data::{ColumnName, CqlType, Value};
use crate::node::ClientReply;

fn session() -> Session {
    Session::new(SessionConfig::new(Endpoint::nth(1)))
}

/// Runs text against answers given in order; what is printed, errors among it.
fn run(session: &mut Session, text: &str, answers: Vec<Result<QueryResult, QueryError>>) -> String {
    let mut answers = answers.into_iter();
    let mut shown = String::new();
    session.submit(text);
    loop {
        match session.step() {
            Some(Step::Print(text)) => shown += &text,
            Some(Step::Error(error)) => shown += &format!("{}\n", error.text),
            Some(Step::Request(_)) => session.on_reply(ClientReply {
                id: RequestId(1),
                result: answers.next().expect("an answer"),
                warnings: Vec::new(),
            }),
            Some(_) => {}
            None => return shown,
        }
    }
}

fn ids(ids: &[i32], more: bool) -> Result<QueryResult, QueryError> {
    Ok(QueryResult::Rows(Rows {
        columns: vec![ResultColumn {
            keyspace: KeyspaceName::new("k"),
            table: "t".into(),
            name: ColumnName::new("id"),
            ty: CqlType::Int,
        }],
        rows: ids.iter().map(|id| vec![Some(Value::Int(*id).encode())]).collect(),
        paging_state: more.then(|| Bytes::from_static(b"next")),
    }))
}

#[test]
fn pages_of_a_script_make_one_table() {
    let answers = vec![ids(&[1, 2], true), ids(&[100], true), ids(&[], false)];
    assert_eq!(
        run(&mut session(), "SELECT id FROM t;\n", answers),
        "\n id\n----\n  1\n  2\n 100\n\n(3 rows)\n"
    );
}

#[test]
fn a_conditional_statement_shows_its_outcome() {
    assert_eq!(
        run(
            &mut session(),
            "UPDATE t SET a = 1 WHERE id = 1 IF a = 2;\n",
            vec![ids(&[7], false)]
        ),
        "\n id\n----\n  7\n"
    );
    let none = run(
        &mut session(),
        "INSERT INTO t (id) VALUES (1);\n",
        vec![Ok(QueryResult::Void)],
    );
    assert_eq!(none, "");
}

#[test]
fn an_error_does_not_stop_what_follows() {
    let mut session = session();
    let answers = vec![Err(QueryError::invalid("no")), ids(&[3], false)];
    let shown = run(&mut session, "SELECT 1; SELECT id FROM t;\n", answers);
    assert!(shown.starts_with("InvalidRequest: Error from server: code=2200 [Invalid query] message=\"no\"\n\n id\n"));
}

#[test]
fn settings_go_with_requests() {
    let mut session = session();
    let used = vec![Ok(QueryResult::SetKeyspace(KeyspaceName::new("k")))];
    assert_eq!(
        run(&mut session, "CONSISTENCY QUORUM\nPAGING 7\nUSE k;\n", used),
        "Consistency level set to QUORUM.\nPage size: 7\n"
    );
    assert_eq!(session.prompt(), "cqlsh:k> ");
    session.submit("SELECT *\n");
    assert_eq!(session.step(), None);
    assert_eq!(session.prompt(), "     ... ");
    session.submit("FROM t;\n");
    let Some(Step::Request(request)) = session.step() else {
        panic!("no request");
    };
    assert_eq!(request.query, "SELECT *\nFROM t;");
    assert_eq!(request.keyspace, Some(KeyspaceName::new("k")));
    assert_eq!(
        (request.consistency, request.page_size),
        (ConsistencyLevel::Quorum, Some(7))
    );
    assert!(session.is_busy());
    assert_eq!(session.step(), None, "it waits for the answer");
}

#[test]
fn paging_as_cqlsh_words_it() {
    let shown = run(&mut session(), "PAGING\nPAGING OFF\nPAGING ON\nPAGING 0\n", vec![]);
    assert_eq!(
        shown,
        "PAGING is ON\nPage size: 100\nPAGING set to OFF\nPAGING set to ON\nPage size: 100\nPage size: 0\n"
    );
}

#[test]
fn an_interruption_forgets_what_waits() {
    let mut session = session();
    session.submit("SELECT 1; SELECT 2; SELECT\n");
    session.interrupt();
    assert_eq!(session.step(), None);
    assert_eq!(session.prompt(), "cqlsh> ");
    session.on_reply(ClientReply {
        id: RequestId(1),
        result: ids(&[1], false),
        warnings: Vec::new(),
    });
    assert_eq!(session.step(), None);
}

#[test]
fn a_dead_coordinator_and_a_silent_one() {
    let mut session = session();
    session.submit("SELECT 1; SELECT 2;\n");
    session.step();
    session.on_disconnect();
    let Some(Step::Error(error)) = session.step() else {
        panic!("no error");
    };
    assert_eq!(
        error.text,
        "ConnectionShutdown: Connection to 127.0.0.1:9042 was closed"
    );
    assert_eq!(session.step(), Some(Step::Done));
    assert!(matches!(session.step(), Some(Step::Request(_))));
    session.on_timeout();
    assert!(matches!(session.step(), Some(Step::Error(error)) if error.text.starts_with("OperationTimedOut: ")));
}

#[test]
fn a_trace_follows_its_statement() {
    use crate::base::{Instant, UnixMicros, WallClock};
    use crate::event::{Event, Outcome, What};
    let mut session = session();
    session.submit("TRACING ON\nINSERT INTO t (id) VALUES (1);\n");
    session.step();
    session.step();
    session.on_reply(ClientReply {
        id: RequestId(5),
        result: Ok(QueryResult::Void),
        warnings: Vec::new(),
    });
    assert_eq!(session.step(), Some(Step::Trace(RequestId(5))));
    let event = |micros, node, what| Event {
        at: Instant::from_micros(micros),
        node: Endpoint::nth(node),
        cause: Some(RequestId(5)),
        what,
    };
    let received = What::StatementReceived {
        query: "INSERT".into(),
        consistency: ConsistencyLevel::One,
    };
    let events = [
        event(0, 1, received),
        event(300, 1, What::Preparing),
        event(
            900,
            1,
            What::StatementDone {
                outcome: Outcome::Done { rows: None },
            },
        ),
        event(700, 2, What::CommitLogAppended),
    ];
    let clock = WallClock {
        epoch: UnixMicros(1_767_225_600_000_000),
        skew_micros: 0,
    };
    session.on_trace(&events, clock);
    let Some(Step::Print(text)) = session.step() else {
        panic!("no trace");
    };
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[1].starts_with("Tracing session: "));
    assert_eq!(
        lines[3].split('|').map(str::trim).collect::<Vec<_>>(),
        ["activity", "timestamp", "source", "source_elapsed", "client"]
    );
    assert!(lines[6].contains("Preparing statement [Native-Transport-Requests-1] | 2026-01-01 00:00:00.000300+00:00 | 127.0.0.1 |            300 |"));
    assert!(lines[7].contains(
        "Appending to commitlog [MutationStage-1] | 2026-01-01 00:00:00.000700+00:00 | 127.0.0.2 |              0 |"
    ));
    assert!(lines[8].contains("Request complete |       2026-01-01 00:00:00.000900 | 127.0.0.1 |            900 |"));
    assert_eq!(session.step(), Some(Step::Done));
}
