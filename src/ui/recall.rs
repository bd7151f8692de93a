//! What was typed before, for Up and Down in the prompt.

/// Inputs kept.
pub const INPUTS_KEPT: usize = 200;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recall {
    inputs: Vec<String>,
    /// How far back the prompt is; 0 is what was being written.
    back: usize,
    draft: String,
}

impl Recall {
    pub fn new(inputs: Vec<String>) -> Recall {
        Recall {
            inputs,
            ..Recall::default()
        }
    }

    pub fn inputs(&self) -> &[String] {
        &self.inputs
    }

    pub fn remember(&mut self, text: &str) {
        self.back = 0;
        if text.trim().is_empty() || self.inputs.last().is_some_and(|last| last == text) {
            return;
        }
        if self.inputs.len() == INPUTS_KEPT {
            self.inputs.remove(0);
        }
        self.inputs.push(text.to_owned());
    }

    /// One input back (-1) or forth (1) from what the prompt holds; `None` where there is no more.
    pub fn step(&mut self, step: i32, shown: &str) -> Option<String> {
        if self.back == 0 {
            shown.clone_into(&mut self.draft);
        }
        let back = if step < 0 {
            self.back + 1
        } else {
            self.back.checked_sub(1)?
        };
        if back > self.inputs.len() {
            return None;
        }
        self.back = back;
        Some(if back == 0 {
            self.draft.clone()
        } else {
            self.inputs[self.inputs.len() - back].clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_and_down_walk_and_the_draft_comes_back() {
        let mut recall = Recall::default();
        ["a", "b", "b", " "].iter().for_each(|text| recall.remember(text));
        assert_eq!(recall.inputs(), ["a", "b"]);
        let walked = [-1, -1, -1, 1, 1, 1].map(|step| recall.step(step, "draft"));
        assert_eq!(
            walked.map(|text| text.unwrap_or_else(|| "stay".into())),
            ["b", "a", "stay", "b", "draft", "stay"]
        );
    }
}
