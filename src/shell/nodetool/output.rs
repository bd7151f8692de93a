//! What a command leaves: texts and an exit status.

/// What a nodetool command prints, and how it exits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    pub stdout: String,
    pub stderr: String,
    pub exit_status: u8,
}

impl Output {
    pub fn printed(stdout: impl Into<String>) -> Output {
        Output {
            stdout: stdout.into(),
            stderr: String::new(),
            exit_status: 0,
        }
    }

    /// The tool gives up before it has asked anything.
    pub fn bad_use_without_hint(message: &str) -> Output {
        Output {
            exit_status: 1,
            ..Output::printed(format!("nodetool: {message}\n"))
        }
    }

    /// The command was used wrongly.
    pub fn bad_use(message: &str) -> Output {
        Output {
            stdout: format!("nodetool: {message}\nSee 'nodetool help' or 'nodetool help <command>'.\n"),
            stderr: String::new(),
            exit_status: 1,
        }
    }

    /// The node refused, with an exception of Java's name. The frames of its stack are Cassandra's own and left out.
    pub fn refused(stdout: String, class: &str, message: &str) -> Output {
        Output {
            stdout,
            stderr: format!("error: {message}\n-- StackTrace --\n{class}: {message}\n\n"),
            exit_status: 2,
        }
    }
}
