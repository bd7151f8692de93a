//! The page as a whole: its state, its keyboard, and where everything stands.

use gloo::events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent, window};
use yew::prelude::*;

use super::brought::{self, use_drops};
use super::drawer::{Divider, Panel, Tabs};
use super::header::Header;
use super::help::Help;
use super::hooks::use_media;
use super::notices::Notices;
use super::palette::Palette;
use super::shell::Shell;
use super::stage::Stage;
use super::strip::{Panes, Strip};
use super::wire::{Page, Wire};
use super::{editor, settings, share};
use crate::node::{ArchiveView, Finding, Subject};
use crate::playground::api::{Command, Frame, NodeState, Notice, NoticeKind, Rate, ShellEntry};
use crate::ui::keys::{self, KeyCommand};
use crate::ui::shared::Shared;
use crate::ui::state::{Action, Noticing, State, Tab, Theme};
use crate::ui::words;

#[derive(PartialEq, Properties)]
pub struct AppProps {
    pub wire: Wire,
}

#[component]
pub fn App(props: &AppProps) -> Html {
    let state = use_reducer(|| State {
        theme: settings::theme(),
        drawer_height: settings::drawer_height().unwrap_or(State::default().drawer_height),
        ..State::default()
    });
    let dark_system = use_media("(prefers-color-scheme: dark)");
    let still = use_media("(prefers-reduced-motion: reduce)");
    let wide = use_media("(min-width: 1024px)");
    let dark = match state.theme {
        Theme::System => dark_system,
        theme => theme == Theme::Dark,
    };

    let dispatcher = state.dispatcher();
    use_connection(&props.wire, &dispatcher);
    use_effect_with(wide, {
        let dispatcher = dispatcher.clone();
        move |wide| dispatcher.dispatch(Action::Wide(*wide))
    });
    use_effect_with(state.drawer_height, |height| settings::set_drawer_height(*height));
    use_effect_with(state.watch(), {
        let wire = props.wire.clone();
        move |watch| wire.send(Command::Watch(Box::new(watch.clone())))
    });
    // The theme is set before the palette is read from it.
    let palette = use_memo((state.theme, dark), |(theme, _)| {
        settings::set_theme(*theme);
        Shared::new(Palette::read())
    });
    use_effect_with(dark, |dark| editor::set_theme(*dark));

    // A script that waited for a node to be noticed goes on, at the rate there was before.
    use_effect_with(state.is_noticed().then_some(state.noticing).flatten(), {
        let (wire, dispatcher) = (props.wire.clone(), dispatcher.clone());
        move |noticed| {
            if let Some(Noticing { node, rate, .. }) = *noticed {
                wire.send(Command::SetRate(rate));
                dispatcher.dispatch(Action::Played(Some(format!("The other nodes have noticed {node}"))));
            }
        }
    });

    let page = Page {
        wire: props.wire.clone(),
        dispatcher,
        palette: (*palette).clone(),
        still,
    };
    use_keyboard(&page, &state);
    use_drops(&page);

    let front = if state.shell_in_front { "shell" } else { "rest" };
    html! {
        <ContextProvider<Page> context={page}>
            <div class="app" data-front={front} data-tab={state.shown_tab().name()}>
                <Header ready={state.ready} now={state.now} end={state.end} paused={state.paused} rate={state.rate}
                    replaying={state.replaying} theme={state.theme} keeping={state.keeping} />
                <Strip nodes={state.cluster.nodes.clone()} coordinator={state.session.coordinator} />
                <Panes shell={state.shell_in_front} cluster={state.tab == Tab::Cluster} />
                <Stage cluster={state.cluster.clone()} flights={state.flights.clone()} unlisted={state.unlisted_flights}
                    statement={state.statement.clone()} sentence={state.sentence.clone()} now={state.now} speed={state.speed}
                    chosen={state.chosen} coordinator={state.session.coordinator} popover={state.popover}
                    gossip={state.gossip} hovered={state.hovered} ready={state.ready} />
                <Shell transcript={state.transcript.clone()} session={state.session.clone()} nodes={state.cluster.nodes.clone()}
                    script={state.script.clone()} completion={state.completion.clone()} ready={state.ready}
                    traced={state.trace.as_ref().map(|trace| trace.request)} />
                <Divider height={state.drawer_height} />
                <Tabs shown={state.shown_tab()} />
                <Panel state={(*state).clone()} />
            </div>
            <Notices notices={state.notices.clone()} />
            <Help open={state.help} />
            <p class="unseen" aria-live="polite">{ state.announced.as_str() }</p>
        </ContextProvider<Page>>
    }
}

const NOT_SAVED: &str = "The browser does not let the page hand out a file here.";

/// Frames in; what is no part of the state goes where it belongs.
#[hook]
fn use_connection(wire: &Wire, dispatcher: &UseReducerDispatcher<State>) {
    let (wire, dispatcher) = (wire.clone(), dispatcher.clone());
    use_effect_with((), move |()| {
        wire.connect(move |mut frame: Frame| {
            if let Some(link) = frame.share.take() {
                if let Ok(link) = &link {
                    dispatcher.dispatch(Action::Note(words::shared(link)));
                }
                let dispatcher = dispatcher.clone();
                share::publish(link, move |notice| dispatcher.dispatch(Action::Notice(notice)));
            }
            if let Some(answer) = frame
                .inspected
                .take_if(|it| matches!(it.question.what, Subject::Archive(_)))
            {
                dispatcher.dispatch(Action::Fetch(None));
                let saved = match &answer.answer {
                    Ok(Finding::Archive(archive)) => brought::save(archive).map_err(|_| NOT_SAVED.to_owned()),
                    Ok(_) => Ok(()),
                    Err(why) => Err(why.clone()),
                };
                if let Err(text) = saved {
                    let kind = NoticeKind::Refused;
                    dispatcher.dispatch(Action::Notice(Notice { kind, text }));
                }
            }
            let entries = frame.shells.iter_mut().flat_map(|it| it.entries.iter_mut());
            // A replay writes its files once more, but nobody asked for them.
            for entry in entries.filter(|_| frame.replaying.is_none()) {
                let ShellEntry::File { name, text } = entry else {
                    continue;
                };
                let (name, bytes) = (core::mem::take(name), core::mem::take(text).into_bytes());
                if brought::save(&ArchiveView { name, bytes }).is_err() {
                    let (kind, text) = (NoticeKind::Refused, NOT_SAVED.to_owned());
                    dispatcher.dispatch(Action::Notice(Notice { kind, text }));
                }
            }
            dispatcher.dispatch(Action::Frame(Box::new(frame)));
        });
    });
}

/// The keys that work anywhere but in a text field. The listener is set once and reads the state of the last drawing.
#[hook]
fn use_keyboard(page: &Page, state: &UseReducerHandle<State>) {
    let latest = use_mut_ref(|| None);
    *latest.borrow_mut() = Some((page.clone(), state.clone()));
    use_effect_with((), move |()| {
        let listener = window().and_then(|window| window.document()).map(|document| {
            let active = EventListenerOptions::enable_prevent_default();
            EventListener::new_with_options(&document, "keydown", active, move |event| {
                if let (Some(event), Some((page, state))) = (event.dyn_ref::<KeyboardEvent>(), &*latest.borrow()) {
                    on_key(event, page, state);
                }
            })
        });
        move || drop(listener)
    });
}

fn on_key(event: &KeyboardEvent, page: &Page, state: &State) {
    if event.default_prevented() || event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    if event.key() == "Escape" && state.popover.is_some() {
        page.act(Action::Popover(None));
        return;
    }
    let target = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
    if state.help
        || target
            .as_ref()
            .is_some_and(|target| takes_text(target) || (event.key() == " " && takes_space(target)))
    {
        return;
    }
    let Some(command) = keys::command(&event.key()) else {
        return;
    };
    event.prevent_default();
    obey(command, page, state);
}

fn obey(command: KeyCommand, page: &Page, state: &State) {
    match command {
        KeyCommand::PauseOrResume => page.send(Command::SetPaused(!state.paused)),
        KeyCommand::Step => page.send(Command::Step),
        KeyCommand::Slower => page.send(Command::SetRate(slower(state.rate))),
        KeyCommand::Faster => page.send(Command::SetRate(faster(state.rate))),
        KeyCommand::Help => page.act(Action::Help(true)),
        KeyCommand::ToShell => {
            page.act(Action::ShowShell(true));
            editor::focus();
        }
        KeyCommand::KillOrRevive => {
            if let Some(node) = state.chosen.and_then(|chosen| state.cluster.node(chosen)) {
                let down = node.state == NodeState::Down;
                let node = node.endpoint;
                page.send(if down {
                    Command::Start { node }
                } else {
                    Command::Kill { node }
                });
            }
        }
    }
}

fn slower(rate: Rate) -> Rate {
    if rate == Rate::Max {
        Rate::RealTime
    } else {
        Rate::SlowMotion
    }
}

fn faster(rate: Rate) -> Rate {
    if rate == Rate::SlowMotion {
        Rate::RealTime
    } else {
        Rate::Max
    }
}

fn takes_text(element: &HtmlElement) -> bool {
    element.is_content_editable() || ["INPUT", "SELECT", "TEXTAREA"].contains(&element.tag_name().as_str())
}

/// Space works these themselves.
fn takes_space(element: &HtmlElement) -> bool {
    element.tag_name() == "BUTTON" || element.tag_name() == "SUMMARY" || element.has_attribute("role")
}
