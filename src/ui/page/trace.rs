//! A statement's trace as a list: Cassandra's words, line by line, beside the arrows they belong to.

use yew::prelude::*;

use super::bits::node_mark;
use super::wire::use_page;
use crate::base::Instant;
use crate::playground::api::{Command, TraceRow, TraceView};
use crate::ui::state::{Action, MessageKey};
use crate::ui::words;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub trace: TraceView,
    pub hovered: Option<MessageKey>,
    pub now: Instant,
}

#[component]
pub fn Trace(props: &Props) -> Html {
    let page = use_page();
    let trace = &props.trace;
    let key = |row: &TraceRow| {
        let arrow = trace.arrows.get(row.arrow? as usize)?;
        Some((arrow.from, arrow.id, arrow.sent_at))
    };
    html! {
        <div class="trace">
            <p class="trace-title"><code class="small">{ words::one_line(&trace.statement.statement) }</code></p>
            <ol class="trace-rows">
                { for trace.rows.iter().map(|row| {
                    let message = key(row);
                    let hover = |shown: Option<MessageKey>| {
                        let page = page.clone();
                        Callback::from(move |_: PointerEvent| page.act(Action::Hover(shown)))
                    };
                    let focus = |shown: Option<MessageKey>| {
                        let page = page.clone();
                        Callback::from(move |_: FocusEvent| page.act(Action::Hover(shown)))
                    };
                    let go = {
                        let (page, to) = (page.clone(), row.at);
                        Callback::from(move |_: MouseEvent| page.send(Command::GoTo { to }))
                    };
                    let hovered = (message.is_some() && message == props.hovered).then_some("hovered");
                    let class = classes!("trace-row", hovered, (row.at > props.now).then_some("ahead"));
                    html! {
                        <li>
                            <button type="button" {class} onpointerenter={hover(message)} onpointerleave={hover(None)} onfocus={focus(message)} onclick={go}
                                title={format!("{} – go there", row.at)}>
                                <span class="code soft elapsed">{ words::duration(row.at.since(trace.from)) }</span>
                                { node_mark(row.node) }
                                <span class="code">{ format!(".{}", row.node.number()) }</span>
                                <span class="activity">{ &row.activity }</span>
                            </button>
                        </li>
                    }
                }) }
            </ol>
            if trace.unlisted_rows > 0 {
                <p class="small soft">{ words::counted(u64::from(trace.unlisted_rows), "row not shown", "rows not shown") }</p>
            }
        </div>
    }
}
