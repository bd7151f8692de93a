//! HELP: what there is, and how it is written.

const COMMANDS: [(&str, &str); 13] = [
    ("CLEAR", "CLEAR, CLS\n\n  Clears the console."),
    (
        "CONSISTENCY",
        "CONSISTENCY [<level>]\n\n  Shows or sets how many replicas have to answer from now on: ANY (writes only), ONE, TWO, THREE,\n  \
         QUORUM, ALL, LOCAL_ONE, LOCAL_QUORUM, EACH_QUORUM; SERIAL and LOCAL_SERIAL for reads only. At first it is ONE.",
    ),
    (
        "COPY",
        "COPY <table> [(<column>, ...)] TO '<file>' | STDOUT [WITH <option> = <value> [AND ...]];\n  \
         COPY <table> [(<column>, ...)] FROM '<file>' [WITH <option> = <value> [AND ...]];\n\n  \
         Writes a table's rows as CSV, or inserts those of a file. A page hands the file out as a download, and reads none.\n\n  \
         DELIMITER, QUOTE, ESCAPE, NULL, HEADER, BOOLSTYLE, MAXROWS       both ways\n  \
         FLOATPRECISION, DOUBLEPRECISION                                  TO\n  \
         SKIPROWS, SKIPCOLS, TTL, ERRFILE, MAXPARSEERRORS, MAXINSERTERRORS   FROM",
    ),
    (
        "DESCRIBE",
        "DESCRIBE, DESC\n\n  DESCRIBE KEYSPACES | TABLES | TYPES | CLUSTER            names, or facts of the cluster\n  \
         DESCRIBE [KEYSPACE | TABLE | TYPE | INDEX] <name>         the statements that make it again\n  \
         DESCRIBE [FULL] SCHEMA                                    the statements that make everything again",
    ),
    ("EXIT", "EXIT, QUIT\n\n  Leaves the shell."),
    (
        "EXPAND",
        "EXPAND [ON | OFF]\n\n  Shows each row of a result as a list of its columns.",
    ),
    (
        "HELP",
        "HELP [<topic> ...], ? [<topic> ...]\n\n  Shows the topics, or what is known of some.",
    ),
    (
        "NODETOOL",
        "nodetool [-h <host>] <command> [<args>]\n\n  Asks the node this shell talks to, or <host>, about the cluster and itself: status, ring, info ...\n  \
         `nodetool help` lists the commands. In scripts, ! nodetool <n> <command> asks node n, ! down <n> kills it, ! up <n>\n  \
         starts it again.",
    ),
    (
        "PAGING",
        "PAGING [ON | OFF | <rows>]\n\n  Fetches results in pages of so many rows, 100 at first.",
    ),
    (
        "SERIAL",
        "SERIAL CONSISTENCY [SERIAL | LOCAL_SERIAL]\n\n  Shows or sets the level at which conditional statements (IF ...) agree.",
    ),
    (
        "SHOW",
        "SHOW VERSION | HOST | SESSION <id>\n\n  Shows versions, the node this shell talks to, or a trace once more.",
    ),
    (
        "SOURCE",
        "SOURCE '<file>'\n\n  Runs the statements of a file, in a shell of its own: USE and settings end with it.",
    ),
    (
        "TRACING",
        "TRACING [ON | OFF]\n\n  Shows after each statement what it made the nodes do.",
    ),
];

const CQL: [(&str, &str); 14] = [
    (
        "ALTER_KEYSPACE",
        "ALTER KEYSPACE [IF EXISTS] <name> WITH replication = {'class': 'SimpleStrategy', 'replication_factor': <n>};",
    ),
    (
        "ALTER_TABLE",
        "ALTER TABLE [IF EXISTS] <table> ADD <column> <type> | DROP <column> | RENAME <column> TO <name> | WITH <option> = <value>;",
    ),
    (
        "CREATE_KEYSPACE",
        "CREATE KEYSPACE [IF NOT EXISTS] <name> WITH replication = {'class': 'SimpleStrategy', 'replication_factor': <n>};\n  \
         ... WITH replication = {'class': 'NetworkTopologyStrategy', '<datacenter>': <n>, ...};",
    ),
    (
        "CREATE_TABLE",
        "CREATE TABLE [IF NOT EXISTS] <table> (<column> <type>, ..., PRIMARY KEY ((<partition key>), <clustering>, ...))\n  \
         [WITH CLUSTERING ORDER BY (<column> DESC, ...) AND <option> = <value>];",
    ),
    (
        "DELETE",
        "DELETE [<column>, ...] FROM <table> [USING TIMESTAMP <micros>] WHERE <key> = <value> AND ... [IF EXISTS | IF <condition>];",
    ),
    ("DROP_KEYSPACE", "DROP KEYSPACE [IF EXISTS] <name>;"),
    ("DROP_TABLE", "DROP TABLE [IF EXISTS] <table>;"),
    (
        "INSERT",
        "INSERT INTO <table> (<column>, ...) VALUES (<value>, ...) [IF NOT EXISTS] [USING TTL <seconds> AND TIMESTAMP <micros>];",
    ),
    (
        "PRIMARY_KEY",
        "PRIMARY KEY ((a, b), c, d): a and b choose the partition, and with it the replicas; c and d order the rows within it.",
    ),
    (
        "SELECT",
        "SELECT <columns> | * | count(*) FROM <table> [WHERE <relation> AND ...] [ORDER BY <clustering> DESC] [LIMIT <n>]\n  \
         [ALLOW FILTERING];",
    ),
    ("TRUNCATE", "TRUNCATE [TABLE] <table>;"),
    (
        "TYPES",
        "ascii bigint blob boolean counter date decimal double duration float inet int smallint text time timestamp\n  \
         timeuuid tinyint uuid varchar varint; list<t> set<t> map<k, v> tuple<...> vector<t, n> frozen<t>",
    ),
    (
        "UPDATE",
        "UPDATE <table> [USING TTL <seconds>] SET <column> = <value>, ... WHERE <key> = <value> AND ... [IF EXISTS | IF <condition>];",
    ),
    ("USE", "USE <keyspace>;"),
];

/// The text on some topics, or the list of all; the topic that there is nothing on.
pub fn help(topics: &[String]) -> Result<String, String> {
    if topics.is_empty() {
        return Ok(format!(
            "\n{}{}HELP <topic> tells more; statements end with a semicolon.\n\n",
            section("Documented shell commands:", &COMMANDS),
            section("CQL help topics:", &CQL)
        ));
    }
    let mut text = String::new();
    for topic in topics {
        let all = COMMANDS.iter().chain(&CQL);
        let mut named = all.filter(|(name, _)| name.eq_ignore_ascii_case(topic));
        let (_, entry) = named.next().ok_or_else(|| topic.clone())?;
        text += &format!("\n  {entry}\n\n");
    }
    Ok(text)
}

fn section(title: &str, topics: &[(&str, &str)]) -> String {
    let names: Vec<String> = topics.iter().map(|(name, _)| (*name).to_owned()).collect();
    format!(
        "{title}\n{}\n{}\n",
        "=".repeat(title.len()),
        super::describe::columns(&names)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_that_is_listed_is_explained() {
        let list = help(&[]).unwrap();
        for (name, _) in COMMANDS.iter().chain(&CQL) {
            assert!(list.contains(name));
            assert!(help(&[name.to_lowercase()]).unwrap().len() > name.len());
        }
        assert_eq!(help(&["nonsense".into()]), Err("nonsense".into()));
    }
}
