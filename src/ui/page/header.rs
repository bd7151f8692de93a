//! The bar on top: the run's clock, what moves it, and what concerns the page as a whole.

use yew::prelude::*;

use super::empty::Empty;
use super::icons::{Icon, IconButton, pictogram};
use super::wire::use_page;
use crate::base::Instant;
use crate::playground::api::{Command, Keeping, Rate};
use crate::ui::state::{Action, Theme};

#[derive(PartialEq, Properties)]
pub struct Props {
    pub ready: bool,
    pub now: Instant,
    pub end: Instant,
    pub paused: bool,
    pub rate: Rate,
    pub replaying: Option<u8>,
    pub theme: Theme,
    pub keeping: Keeping,
}

#[component]
pub fn Header(props: &Props) -> Html {
    html! {
        <header class="header">
            <h1 class="wordmark" aria-label="Ringscope">
                <svg class="logo" viewBox="0 0 24 24" aria-hidden="true">
                    <circle class="logo-ring" cx="12" cy="12" r="8.5" />
                    <circle class="node-1" cx="12" cy="3.5" r="3" /><circle class="node-2" cx="19.4" cy="16.2" r="3" />
                    <circle class="node-3" cx="4.6" cy="16.2" r="3" />
                </svg>
                <span class="name">{ "Ringscope" }</span>
            </h1>
            <Clock now={props.now} end={props.end} replaying={props.replaying} keeping={props.keeping} />
            <Transport ready={props.ready} paused={props.paused} rate={props.rate} keeping={props.keeping} />
            <Tools theme={props.theme} />
        </header>
    }
}

#[derive(PartialEq, Properties)]
struct ClockProps {
    now: Instant,
    end: Instant,
    replaying: Option<u8>,
    keeping: Keeping,
}

/// Hours to milliseconds, and the microseconds that pass in slow motion.
#[component]
fn Clock(props: &ClockProps) -> Html {
    let page = use_page();
    let end = props.end;
    let to_the_end = Callback::from(move |_| page.send(Command::GoTo { to: end }));
    html! {
        <div class="clock-box">
            <span class="clock code" role="timer" aria-label="virtual time" title="Virtual time, to the microsecond">
                { props.now.to_string() }<span class="micros">{ format!("{:03}", props.now.as_micros() % 1_000) }</span>
            </span>
            if let Some(percent) = props.replaying {
                <span class="small soft">{ format!("replaying, {percent} %") }</span>
            } else if props.now < props.end {
                <IconButton icon={Icon::Forward} class="back-to-end" text="to the end" onclick={to_the_end}
                    label={format!("Looking back: go to where the run ended, {end}")} />
            }
            if matches!(props.keeping, Keeping::Memory | Keeping::Unread) {
                <span class="small soft unkept" title="In memory: gone when the page is closed">{ "not kept" }</span>
            }
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct TransportProps {
    ready: bool,
    paused: bool,
    rate: Rate,
    keeping: Keeping,
}

#[component]
fn Transport(props: &TransportProps) -> Html {
    let page = use_page();
    let paused = props.paused;
    let send = |command: Command| {
        let page = page.clone();
        Callback::from(move |_: MouseEvent| page.send(command.clone()))
    };
    let rates = [
        (Rate::SlowMotion, "slow motion"),
        (Rate::RealTime, "real time"),
        (Rate::Max, "max"),
    ];
    html! {
        <div class="transport" role="toolbar" aria-label="time">
            if props.keeping == Keeping::Memory {
                <IconButton icon={Icon::Restart} label="Restart: a fresh run from the same seed" text="restart" disabled={!props.ready}
                    onclick={send(Command::NewRun { config: None })} />
            } else {
                <Empty ready={props.ready} />
            }
            <IconButton icon={if paused { Icon::Play } else { Icon::Pause }} disabled={!props.ready} class="pause"
                label={if paused { "Go on (Space)" } else { "Pause (Space)" }} text={if paused { "go on" } else { "pause" }}
                onclick={send(Command::SetPaused(!paused))} />
            <IconButton icon={Icon::Step} label="Step to the next event (.)" text="step" disabled={!props.ready}
                onclick={send(Command::Step)} />
            <div class="segments" role="radiogroup" aria-label="rate">
                { for rates.into_iter().map(|(rate, name)| html! {
                    <button type="button" class="button" role="radio" aria-checked={(props.rate == rate).to_string()}
                        data-label={name} onclick={send(Command::SetRate(rate))}>{ name }</button>
                }) }
            </div>
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct ToolsProps {
    theme: Theme,
}

#[component]
fn Tools(props: &ToolsProps) -> Html {
    let page = use_page();
    let (icon, now, next) = match props.theme {
        Theme::System => (Icon::Half, "as the system has it", Theme::Light),
        Theme::Light => (Icon::Sun, "light", Theme::Dark),
        Theme::Dark => (Icon::Moon, "dark", Theme::System),
    };
    let share = {
        let page = page.clone();
        Callback::from(move |_| page.send(Command::Share))
    };
    let theme = {
        let page = page.clone();
        Callback::from(move |_| page.act(Action::Theme(next)))
    };
    let help = Callback::from(move |_: MouseEvent| page.act(Action::Help(true)));
    html! {
        <div class="tools">
            <button type="button" class="button lined" onclick={share} aria-label="Share: copy a link to this run"
                title="Copy a link that brings this run back, command by command">
                { pictogram(Icon::Share) }<span class="label">{ "share" }</span>
            </button>
            <IconButton {icon} label={format!("Theme: {now}")} onclick={theme} />
            <IconButton icon={Icon::Help} label="Help and keys (?)" onclick={help} />
        </div>
    }
}
