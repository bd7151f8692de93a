//! What can be done to a node.

use yew::prelude::*;

use super::bits::node_name;
use super::icons::{Icon, pictogram};
use super::popover::Popover;
use super::wire::use_page;
use crate::base::Duration;
use crate::playground::api::{Command, NodeState, NodeSummary, ShellId};
use crate::ui::geometry::Point;
use crate::ui::state::{Action, Tab};
use crate::ui::words;

/// Virtual time a node stays down when it is restarted: long enough that the others notice.
const RESTART_TAKES: Duration = Duration::from_secs(20);

#[derive(PartialEq, Properties)]
pub struct Props {
    pub node: NodeSummary,
    pub at: Point,
    pub reach: f64,
    /// The shell talks to it.
    pub coordinator: bool,
}

#[component]
pub fn NodeMenu(props: &Props) -> Html {
    let page = use_page();
    let node = props.node.endpoint;
    let does = |command: Command| {
        let page = page.clone();
        Callback::from(move |_: MouseEvent| {
            page.send(command.clone());
            page.act(Action::Popover(None));
        })
    };
    let look = {
        let page = page.clone();
        Callback::from(move |_: MouseEvent| {
            page.act(Action::Popover(None));
            page.act(Action::Choose(Some(node)));
            page.act(Action::Tab(Tab::Node));
        })
    };
    let down = props.node.state == NodeState::Down;
    let paused = props.node.state == NodeState::Paused;
    html! {
        <Popover at={props.at} clear={props.reach} role="menu" label={format!("Node {node}")}>
            <div class="heading">
                { node_name(node) }
                <span class="small soft">{ format!("{}, {}", words::node_state(props.node.state), props.node.rack) }</span>
            </div>
            if down {
                <Entry icon={Icon::Power} text="Start" key_hint="k" onclick={does(Command::Start { node })} />
            } else {
                <Entry icon={Icon::Power} text="Kill" key_hint="k" note="what is not synced is lost"
                    onclick={does(Command::Kill { node })} />
                <Entry icon={Icon::Restart} text="Restart" note={format!("down for {} s", RESTART_TAKES.as_secs())}
                    onclick={does(Command::Restart { node, down_for: RESTART_TAKES })} />
                if paused {
                    <Entry icon={Icon::Play} text="Resume" onclick={does(Command::ResumeNode { node })} />
                } else {
                    <Entry icon={Icon::Pause} text="Pause" note="as in a long collection"
                        onclick={does(Command::PauseNode { node })} />
                }
            }
            if !props.coordinator && !down {
                <Entry icon={Icon::Plug} text="Connect the shell here"
                    onclick={does(Command::Connect { shell: ShellId::FIRST, node })} />
            }
            <Entry icon={Icon::Eye} text="Show its own view" onclick={look} />
        </Popover>
    }
}

#[derive(PartialEq, Properties)]
struct EntryProps {
    icon: Icon,
    text: &'static str,
    #[prop_or_default]
    note: Option<AttrValue>,
    #[prop_or_default]
    key_hint: Option<&'static str>,
    onclick: Callback<MouseEvent>,
}

#[component]
fn Entry(props: &EntryProps) -> Html {
    html! {
        <button type="button" role="menuitem" class="menu-item" onclick={props.onclick.clone()}>
            { pictogram(props.icon) }
            <span>{ props.text }</span>
            if let Some(note) = &props.note { <span class="small soft">{ note }</span> }
            if let Some(hint) = props.key_hint { <kbd>{ hint }</kbd> }
        </button>
    }
}
