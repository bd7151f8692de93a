//! The keyboard: what each key does outside of text fields, in one table that the help reads too.

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyCommand {
    PauseOrResume,
    Step,
    Slower,
    Faster,
    KillOrRevive,
    Help,
    ToShell,
}

/// A line of the help: its keys, what they do, and the command of those that work anywhere on the page.
pub struct Binding {
    pub keys: &'static [&'static str],
    pub does: &'static str,
    command: Option<KeyCommand>,
}

const fn anywhere(keys: &'static [&'static str], does: &'static str, command: KeyCommand) -> Binding {
    Binding {
        keys,
        does,
        command: Some(command),
    }
}

const fn within(keys: &'static [&'static str], does: &'static str) -> Binding {
    Binding {
        keys,
        does,
        command: None,
    }
}

pub const BINDINGS: &[Binding] = &[
    anywhere(&["Space"], "pause or go on", KeyCommand::PauseOrResume),
    anywhere(&["."], "step to the next event", KeyCommand::Step),
    anywhere(&["["], "slower", KeyCommand::Slower),
    anywhere(&["]"], "faster", KeyCommand::Faster),
    anywhere(&["k"], "kill or revive the chosen node", KeyCommand::KillOrRevive),
    anywhere(&["/"], "to the shell's prompt", KeyCommand::ToShell),
    anywhere(&["?"], "this list", KeyCommand::Help),
    within(&["Ctrl", "Enter"], "run what is in the prompt"),
    within(&["Enter"], "run a complete statement, or a new line"),
    within(&["Tab"], "complete the word"),
    within(&["↑", "↓"], "earlier and later statements, from the first or last line"),
    within(&["Esc"], "leave the prompt, close a menu"),
    within(&["←", "→"], "on the ring: next node; on the timeline: back and forth"),
    within(&["↑", "↓"], "on the ring: the links of a node"),
    within(&["+", "−"], "on the timeline: zoom"),
    within(&["Enter"], "on a node or link: what can be done to it"),
];

pub fn command(key: &str) -> Option<KeyCommand> {
    let key = if key == " " { "Space" } else { key };
    BINDINGS
        .iter()
        .find(|binding| binding.keys == [key])
        .and_then(|binding| binding.command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_find_their_command() {
        assert_eq!(command(" "), Some(KeyCommand::PauseOrResume));
        assert_eq!(command("k"), Some(KeyCommand::KillOrRevive));
        assert_eq!((command("x"), command("Enter")), (None, None));
    }
}
