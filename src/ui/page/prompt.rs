//! The prompt: the editor, what it runs, and sample scripts that type themselves into it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use gloo::timers::callback::{Interval, Timeout};
use web_sys::Element;
use yew::prelude::*;

use super::block::MOST_COLOURED;
use super::editor::{Answer, Editor, Events};
use super::icons::{Icon, IconButton};
use super::settings;
use super::shell::interrupt;
use super::wire::{Page, use_page};
use crate::playground::api::{CandidateKind, Command, Completion, Rate, ShellId};
use crate::ui::recall::Recall;
use crate::ui::samples::Step;
use crate::ui::shared::Shared;
use crate::ui::state::{Action, Session};
use crate::ui::text;
use crate::ui::transcript::Transcript;

/// Real milliseconds between the strokes of a script that types itself, and characters a stroke.
const STROKE_MS: u32 = 16;
const STROKE: usize = 2;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub ready: bool,
    pub session: Shared<Session>,
    pub script: Shared<VecDeque<Step>>,
    pub completion: Shared<Option<Completion>>,
    pub transcript: Shared<Transcript>,
}

/// What the editor's callbacks share with the component.
struct Desk {
    editor: Option<Editor>,
    recall: Recall,
    /// The question that completion is asked, and where its answer goes.
    asked: Option<(u32, String, Answer)>,
    questions: u32,
    /// The last statement if it failed at a place: shown again when it is called back.
    failed: Option<Failed>,
}

#[derive(Clone, PartialEq)]
struct Failed {
    input: String,
    from: usize,
    to: usize,
    message: String,
}

#[component]
pub fn Prompt(props: &Props) -> Html {
    let page = use_page();
    let place = use_node_ref();
    let desk = use_memo((), |()| {
        Rc::new(RefCell::new(Desk {
            editor: None,
            recall: settings::recall(),
            asked: None,
            questions: 0,
            failed: None,
        }))
    });
    let missing = use_state_eq(|| false);
    {
        let (page, place, desk, missing) = (page.clone(), place.clone(), Rc::clone(&desk), missing.clone());
        use_effect_with((), move |()| {
            if let Some(parent) = place.cast::<Element>() {
                let editor = Editor::new(&parent, "CQL statement", "SELECT … ; or HELP", events(&page, &desk));
                missing.set(editor.is_none());
                desk.borrow_mut().editor = editor;
            }
            move || drop(desk.borrow_mut().editor.take())
        });
    }
    use_effect_with(props.completion.clone(), {
        let desk = Rc::clone(&desk);
        move |completion: &Shared<Option<Completion>>| {
            if let Some(completion) = completion.as_ref() {
                answer(&desk, completion);
            }
        }
    });
    use_script(&page, &desk, props);
    use_effect_with(props.transcript.clone(), {
        let desk = Rc::clone(&desk);
        move |transcript: &Shared<Transcript>| desk.borrow_mut().failed = failed(transcript)
    });

    let submit = {
        let (page, desk) = (page.clone(), Rc::clone(&desk));
        Callback::from(move |_: MouseEvent| {
            let text = desk.borrow().editor.as_ref().map(Editor::text).unwrap_or_default();
            run(&page, &desk, &text);
        })
    };
    // Ctrl+C with nothing selected is cqlsh's interrupt; with a selection it copies, as everywhere.
    let onkeydown = {
        let (page, desk) = (page.clone(), Rc::clone(&desk));
        Callback::from(move |event: KeyboardEvent| {
            let selected = web_sys::window()
                .and_then(|window| window.get_selection().ok().flatten())
                .is_some_and(|selection| !selection.is_collapsed());
            if event.ctrl_key() && event.key() == "c" && !selected {
                event.prevent_default();
                interrupt(&page);
                desk.borrow().editor.iter().for_each(|editor| editor.set_text(""));
            }
        })
    };
    html! {
        <div class={classes!("prompt", props.session.busy.then_some("busy"))} {onkeydown}>
            <div class="prompt-line">
                <span class="prompt-text code" aria-hidden="true">{ &props.session.prompt }</span>
                <div class="editor" ref={place} />
                <IconButton icon={Icon::Run} label="Run (Ctrl+Enter)" class="primary run" disabled={!props.ready}
                    onclick={submit} />
            </div>
            if *missing {
                <p class="small bad">{ "The editor's script did not load: reload the page." }</p>
            } else {
                <p class="small soft hint">
                    <span class="code level" title="The consistency level of statements; CONSISTENCY sets it">
                        { props.session.consistency.name() }
                    </span>
                    <span>{ if props.session.busy { "running…" } else { "Enter runs a complete statement, Tab completes a word" } }</span>
                    <span class="keys-hint">
                        <kbd>{ "Tab" }</kbd>{ " completes " }<kbd>{ "↑" }</kbd>{ " earlier " }<kbd>{ "Esc" }</kbd>{ " leaves" }
                    </span>
                </p>
            }
        </div>
    }
}

type DeskRef = Rc<RefCell<Desk>>;

fn events(page: &Page, desk: &DeskRef) -> Events {
    let (run_page, run_desk) = (page.clone(), Rc::clone(desk));
    let recall_desk = Rc::clone(desk);
    let (ask_page, ask_desk) = (page.clone(), Rc::clone(desk));
    Events {
        run: Box::new(move |text| run(&run_page, &run_desk, &text)),
        is_whole: text::is_whole,
        recall: Box::new(move |step, shown| recall(&recall_desk, step, &shown)),
        complete: Box::new(move |text, at, answer| {
            let mut desk = ask_desk.borrow_mut();
            desk.questions += 1;
            let (id, cursor) = (desk.questions, text::char_of_utf16(&text, at) as u32);
            // One question at a time: what was asked before is no longer wanted.
            if let Some((_, _, old)) = desk.asked.replace((id, text.clone(), answer)) {
                old.none();
            }
            ask_page.send(Command::Complete {
                id,
                shell: ShellId::FIRST,
                text,
                cursor,
            });
        }),
    }
}

/// Sends what the prompt holds to the shell, and empties it.
fn run(page: &Page, desk: &DeskRef, text: &str) {
    if text.trim().is_empty() {
        return;
    }
    {
        let mut desk = desk.borrow_mut();
        desk.recall.remember(text);
        settings::set_recall(&desk.recall);
    }
    desk.borrow().editor.iter().for_each(|editor| editor.set_text(""));
    page.act(Action::Sent);
    page.send(Command::Shell {
        shell: ShellId::FIRST,
        text: text.to_owned(),
    });
}

fn answer(desk: &DeskRef, completion: &Completion) {
    let asked = desk.borrow_mut().asked.take_if(|(id, _, _)| *id == completion.id);
    let Some((_, text, answer)) = asked else { return };
    let from = text::utf16_of_char(&text, completion.from as usize);
    let proposals = completion.candidates.iter().map(|candidate| {
        [
            candidate.text.clone(),
            kind(candidate.kind).to_owned(),
            candidate.detail.clone(),
        ]
    });
    answer.give(from, proposals);
}

const fn kind(kind: CandidateKind) -> &'static str {
    match kind {
        CandidateKind::Column => "column",
        CandidateKind::Table => "table",
        CandidateKind::Keyspace => "keyspace",
        CandidateKind::Type => "type",
        CandidateKind::Function => "function",
        CandidateKind::Keyword => "keyword",
        CandidateKind::ShellCommand => "command",
        CandidateKind::ConsistencyLevel => "level",
    }
}

/// Plays the first step of a script once the shell has done with the one before.
#[hook]
fn use_script(page: &Page, desk: &Rc<DeskRef>, props: &Props) {
    let next = (!props.session.busy).then(|| props.script.front().cloned()).flatten();
    let left = props.script.len();
    let (page, desk) = (page.clone(), Rc::clone(desk));
    use_effect_with((next, left), move |(next, _)| {
        let typing = next.clone().and_then(|step| play(step, &page, &desk));
        move || drop(typing)
    });
}

/// Does a step at once, or begins to type it.
fn play(step: Step, page: &Page, desk: &Rc<DeskRef>) -> Option<Interval> {
    if let Some((command, said)) = step.act(ShellId::FIRST) {
        page.send(command);
        page.act(Action::Played(Some(said)));
        return None;
    }
    let text = match step {
        Step::Type(text) => text,
        Step::Notice(node) => {
            page.act(Action::Await(node));
            page.send(Command::SetRate(Rate::Max));
            return None;
        }
        _ => return None,
    };
    desk.borrow().editor.iter().for_each(|editor| editor.set_text(""));
    let mut letters = text.chars().collect::<VecDeque<char>>();
    let (page, desk) = (page.clone(), Rc::clone(desk));
    let stroke = if page.still { letters.len().max(1) } else { STROKE };
    let mut done = false;
    Some(Interval::new(STROKE_MS, move || {
        let piece: String = letters.drain(..stroke.min(letters.len())).collect();
        if !piece.is_empty() {
            desk.borrow().editor.iter().for_each(|editor| editor.insert(&piece));
        } else if !std::mem::replace(&mut done, true) {
            run(&page, &desk, &text);
            page.act(Action::Played(None));
        }
    }))
}

/// Where the last statement failed, if it did and says where.
fn failed(transcript: &Transcript) -> Option<Failed> {
    let block = transcript.blocks().next_back()?;
    let (message, position) = block.first_error()?;
    let position = position?;
    // A script is called back as a whole, and where in it something failed is not known.
    if block.input.len() > MOST_COLOURED || !text::is_one_statement(&block.input) {
        return None;
    }
    let input = block.input.to_string();
    let from = text::char_at(&input, position.line as usize, position.column as usize);
    let to = from + (position.length as usize).max(1);
    let (from, to) = (text::utf16_of_char(&input, from), text::utf16_of_char(&input, to));
    Some(Failed {
        input,
        from,
        to,
        message: message.clone(),
    })
}

/// What was typed before or after; a statement that failed comes back with its word underlined.
fn recall(desk: &DeskRef, step: i32, shown: &str) -> Option<String> {
    let text = desk.borrow_mut().recall.step(step, shown)?;
    let failed = desk.borrow().failed.clone().filter(|failed| failed.input == text);
    if let Some(failed) = failed {
        let desk = Rc::clone(desk);
        // Once the editor holds it.
        Timeout::new(0, move || {
            if let Some(editor) = &desk.borrow().editor {
                editor.mark(failed.from, failed.to, &failed.message);
            }
        })
        .forget();
    }
    Some(text)
}
