//! A partition as each of its replicas holds it, cell by cell.

use web_sys::{HtmlInputElement, SubmitEvent};
use yew::prelude::*;

use super::bits::node_name;
use super::sources::sources;
use super::wire::use_page;
use crate::base::Endpoint;
use crate::node::Inspected;
use crate::playground::api::{CellState, PartitionRef, ReplicaCell, ReplicaRow, ReplicaView};
use crate::ui::shared::Shared;
use crate::ui::state::Action;
use crate::ui::words;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub replicas: Shared<Option<ReplicaView>>,
    /// The last statement's partition is shown, and none that was asked for.
    pub follows: bool,
    pub inspected: Shared<Option<Inspected>>,
    /// The replica of which it is shown where its cells come from.
    pub sources_of: Option<Endpoint>,
}

#[component]
pub fn Replicas(props: &Props) -> Html {
    let shown = props.replicas.as_ref();
    html! {
        <>
            <Question shown={shown.map(|view| view.partition.clone())} follows={props.follows} />
            <div class="scroll" tabindex="0">
                { match shown {
                    None => html! {
                        <p class="empty soft">{ "Write or read a row, and see here what each replica holds of its partition." }</p>
                    },
                    Some(ReplicaView { error: Some(error), .. }) => html! { <p class="empty bad">{ error }</p> },
                    Some(view) => html! {
                        <>
                            <Table view={view.clone()} sources_of={props.sources_of} />
                            { for props.sources_of.map(|node| sources(node, view, props.inspected.as_ref())) }
                        </>
                    },
                } }
            </div>
        </>
    }
}

#[derive(PartialEq, Properties)]
struct QuestionProps {
    shown: Option<PartitionRef>,
    follows: bool,
}

/// Which partition: the last statement's, or any by its table and key.
#[component]
fn Question(props: &QuestionProps) -> Html {
    let page = use_page();
    let (table, key) = (use_node_ref(), use_node_ref());
    use_effect_with(props.shown.clone(), {
        let (table, key) = (table.clone(), key.clone());
        move |shown: &Option<PartitionRef>| {
            let Some(shown) = shown else { return };
            let name = format!("{}.{}", shown.keyspace, shown.table);
            for (input, value) in [(&table, &name), (&key, &shown.key)] {
                if let Some(input) = input.cast::<HtmlInputElement>() {
                    input.set_value(value);
                }
            }
        }
    });
    let onsubmit = {
        let (page, table, key) = (page.clone(), table.clone(), key.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let value = |input: &NodeRef| {
                input
                    .cast::<HtmlInputElement>()
                    .map(|input| input.value().trim().to_owned())
                    .unwrap_or_default()
            };
            let (name, key) = (value(&table), value(&key));
            let (keyspace, table) = name.split_once('.').unwrap_or(("", &name));
            let asked = PartitionRef {
                keyspace: keyspace.to_owned(),
                table: table.to_owned(),
                key,
            };
            page.act(Action::Partition(Some(asked)));
        })
    };
    let follow = Callback::from(move |_: MouseEvent| page.act(Action::Partition(None)));
    html! {
        <form class="panel-bar" {onsubmit}>
            { input("table", table, "18", "keyspace.table") }
            { input("key", key, "12", "1, 'a'") }
            <button type="submit" class="button lined">{ "show" }</button>
            if !props.follows {
                <button type="button" class="button link" onclick={follow}>{ "follow the last statement" }</button>
            }
        </form>
    }
}

fn input(name: &'static str, input: NodeRef, size: &'static str, placeholder: &'static str) -> Html {
    html! {
        <label class="field-inline">
            <span class="small soft">{ name }</span>
            <input class="input code" ref={input} {size} {placeholder} autocomplete="off" spellcheck="false" />
        </label>
    }
}

#[derive(PartialEq, Properties)]
struct TableProps {
    view: ReplicaView,
    sources_of: Option<Endpoint>,
}

#[component]
fn Table(props: &TableProps) -> Html {
    let page = use_page();
    let view = &props.view;
    let partition = &view.partition;
    let verdict = if view.agree { "all agree" } else { "replicas differ" };
    let clustered = view.rows.iter().any(|row| !row.clustering.is_empty());
    html! {
        <>
            <p class="verdict">
                <span class={classes!("verdict-mark", (!view.agree).then_some("differ"))}>{ verdict }</span>
                <span class="small soft">{ format!("{}.{} key {}", partition.keyspace, partition.table, partition.key) }
                    if let Some(token) = view.token { { format!(", token {token}") } }
                </span>
            </p>
            if view.rows.is_empty() {
                <p class="empty soft">{ "No replica holds anything under this key." }</p>
            } else {
                <table class="replicas">
                    <thead>
                        <tr>
                            if clustered { <th scope="col">{ "row" }</th> }
                            <th scope="col">{ "cell" }</th>
                            { for view.replicas.iter().map(|replica| {
                                let (page, replica, shown) = (page.clone(), *replica, props.sources_of == Some(*replica));
                                let onclick = Callback::from(move |_: MouseEvent| {
                                    page.act(Action::Sources((!shown).then_some(replica)));
                                });
                                html! {
                                    <th scope="col">{ node_name(replica) }
                                        if view.unreachable.contains(&replica) { <span class="small soft">{ " down" }</span> } else {
                                            <button type="button" class="button link" aria-pressed={shown.to_string()} {onclick}
                                                aria-label={format!("where {replica} has it from")}>{ "from where" }</button>
                                        }
                                    </th>
                                }
                            }) }
                        </tr>
                    </thead>
                    { for view.rows.iter().map(|row| rows(row, clustered)) }
                </table>
                if view.unlisted_rows > 0 {
                    <p class="small soft">{ words::counted(u64::from(view.unlisted_rows), "row not shown", "rows not shown") }</p>
                }
            }
        </>
    }
}

fn rows(row: &ReplicaRow, clustered: bool) -> Html {
    let first = |cell: &ReplicaCell| row.cells.first().is_some_and(|first| std::ptr::eq(first, cell));
    html! {
        <tbody>
            { for row.cells.iter().map(|cell| html! {
                <tr>
                    if clustered && first(cell) {
                        <th scope="rowgroup" class="code clustering" rowspan={row.cells.len().to_string()}>{ &row.clustering }</th>
                    }
                    <th scope="row" class="code">{ &cell.column }</th>
                    { for cell.states.iter().map(|state| html! { <td>{ shown(state.as_ref()) }</td> }) }
                </tr>
            }) }
        </tbody>
    }
}

/// Told by line, weight and hatching as well as by words, never by colour alone.
fn shown(state: Option<&CellState>) -> Html {
    let stamp = |timestamp: i64, title: &'static str| {
        let title = format!("{title} at {timestamp} µs");
        html! { <span class="small soft stamp" {title}>{ words::write_time(timestamp) }</span> }
    };
    match state {
        None => {
            html! { <span class="cell unknown" title="This node is down: what it holds is not known">{ "–" }</span> }
        }
        Some(CellState::Missing) => html! { <span class="cell missing">{ "missing" }</span> },
        Some(CellState::Live {
            value,
            timestamp,
            expires_at,
            stale,
        }) => html! {
            <span class={classes!("cell", if *stale { "stale" } else { "newest" })}>
                <span class="code value">{ value }</span>{ stamp(*timestamp, "written") }
                if expires_at.is_some() { <span class="small soft">{ "expires" }</span> }
                if *stale { <span class="small">{ "stale" }</span> }
            </span>
        },
        Some(CellState::Deleted { timestamp, stale }) => html! {
            <span class={classes!("cell", "deleted", if *stale { "stale" } else { "newest" })}>
                <span class="value">{ "deleted" }</span>{ stamp(*timestamp, "deleted") }
                if *stale { <span class="small">{ "stale" }</span> }
            </span>
        },
    }
}
