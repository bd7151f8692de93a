//! One block of the transcript: an input, its output or error, and the line about how it went.

use yew::prelude::*;

use super::bits::node_name;
use super::editor;
use super::icons::{Icon, IconButton, pictogram};
use super::wire::use_page;
use crate::base::{Arrange, Duration, RequestId};
use crate::cql::SourcePosition;
use crate::event::Outcome;
use crate::playground::api::{Command, StatementSummary};
use crate::ui::shared::Shared;
use crate::ui::state::{Action, Tab};
use crate::ui::text;
use crate::ui::transcript::{Block, Item, Numbered, Output};
use crate::ui::words;

/// Lines of one output, and of an input, that are shown before a reader asks for more; of all but the last output of a script fewer.
const LINES_SHOWN: usize = 100;
const EARLIER_LINES_SHOWN: usize = 12;
/// And how many more come with each asking.
const MORE_LINES: usize = 1_000;
/// Bytes of an input that are coloured; a pasted script beyond that is shown plain.
pub const MOST_COLOURED: usize = 16 * 1024;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub block: Shared<Block>,
    pub traced: Option<RequestId>,
}

#[component]
pub fn BlockView(props: &Props) -> Html {
    let block = &props.block;
    if block.is_note {
        return html! { <p class="note soft">{ pictogram(Icon::Network) }{ block.input.as_str() }</p> };
    }
    let wrong = block.first_error().and_then(|(_, position)| {
        position.filter(|_| block.input.len() <= MOST_COLOURED && text::is_one_statement(&block.input))
    });
    let is_output = |numbered: &Numbered| matches!(*numbered.item, Item::Output(_));
    let last_output = block.items.iter().rfind(|it| is_output(it)).map(|it| it.number);
    html! {
        <article class="block">
            if !block.input.is_empty() { <Input block={block.clone()} {wrong} /> }
            if block.is_shortened { <p class="left-out small soft">{ left_out(block) }</p> }
            { for block.items.iter().map(|Numbered { number, item }| {
                let lines = if Some(*number) == last_output { LINES_SHOWN } else { EARLIER_LINES_SHOWN };
                let traced = matches!(&**item, Item::Summary(summary) if props.traced == Some(summary.request));
                html! { <ItemView key={*number} item={item.clone()} {lines} {traced} /> }
            }) }
        </article>
    }
}

/// What of a script's results is no longer here.
fn left_out(block: &Block) -> String {
    match block.left_out {
        0 => "Earlier output is not kept.".into(),
        left_out => format!(
            "{} not kept.",
            words::counted(left_out, "earlier result is", "earlier results are")
        ),
    }
}

#[derive(PartialEq, Properties)]
struct ItemProps {
    item: Shared<Item>,
    lines: usize,
    traced: bool,
}

/// What a statement said, or how it went.
#[component]
fn ItemView(props: &ItemProps) -> Html {
    let more = use_state_eq(|| 0);
    match &*props.item {
        Item::Output(output) => lines_of(&more, output, props.lines),
        Item::Error { text, .. } => {
            html! { <div class="error">{ pictogram(Icon::Warning) }<pre>{ text }</pre></div> }
        }
        Item::Summary(summary) => html! { <Footing summary={(**summary).clone()} traced={props.traced} /> },
    }
}

#[derive(PartialEq, Properties)]
struct InputProps {
    block: Shared<Block>,
    wrong: Option<SourcePosition>,
}

#[component]
fn Input(props: &InputProps) -> Html {
    let page = use_page();
    let (block, wrong) = (props.block.clone(), props.wrong);
    let coloured = use_memo((block.clone(), wrong), |(block, wrong)| paint(&block.input, *wrong));
    let back = {
        // A moment before it was typed.
        let to = block.begun - Duration::from_micros(1);
        Callback::from(move |_: MouseEvent| page.send(Command::GoTo { to }))
    };
    html! {
        <div class="said">
            <pre><span class="prompt-text">{ &block.prompt }</span><code>{ (*coloured).clone() }</code></pre>
            <IconButton icon={Icon::Back} class="go-back" onclick={back}
                label={format!("Go back to {}, before this", block.begun)} />
        </div>
    }
}

/// The text in spans of one colour each, with the word in error underlined.
fn paint(input: &str, wrong: Option<SourcePosition>) -> Html {
    if input.len() > MOST_COLOURED {
        let lines = input.lines().count();
        let end = input
            .match_indices('\n')
            .nth(LINES_SHOWN - 1)
            .map_or(input.len(), |(at, _)| at);
        let end = input.floor_char_boundary(end.min(MOST_COLOURED));
        let left = lines.saturating_sub(input[..end].lines().count());
        return html! { <>{ &input[..end] }<span class="soft">{ format!("\n… {left} more lines") }</span></> };
    }
    let (wrong_from, wrong_to) = wrong.map_or((usize::MAX, usize::MAX), |position| {
        let from = text::char_at(input, position.line as usize, position.column as usize);
        let units = |character| text::utf16_of_char(input, character);
        (units(from), units(from + (position.length as usize).max(1)))
    });
    let coloured = editor::coloured(input);
    let end = text::utf16_of_byte(input, input.len());
    let mut cuts = vec![0, end];
    cuts.extend(coloured.iter().flat_map(|(from, to, _)| [*from, *to]));
    cuts.extend([wrong_from, wrong_to].into_iter().filter(|cut| *cut < end));
    cuts.arrange();
    cuts.dedup();
    let mut stretches = coloured.iter().peekable();
    let pieces = cuts.windows(2).map(|cut| {
        while stretches.next_if(|(_, to, _)| *to <= cut[0]).is_some() {}
        let class = stretches
            .peek()
            .filter(|(from, _, _)| *from <= cut[0])
            .map(|(_, _, class)| class.clone());
        let is_wrong = (wrong_from..wrong_to).contains(&cut[0]).then_some("wrong");
        let piece = &input[text::byte_of_utf16(input, cut[0])..text::byte_of_utf16(input, cut[1])];
        html! { <span class={classes!(class, is_wrong)}>{ piece }</span> }
    });
    html! { <>{ for pieces }</> }
}

/// The beginning of an output, and a way to more of it.
fn lines_of(more: &UseStateHandle<usize>, output: &Output, lines: usize) -> Html {
    let (text, shown) = output.first(lines + **more);
    let left = output.lines.saturating_sub(shown);
    let is_kept = shown == lines + **more;
    let show = {
        let more = more.clone();
        Callback::from(move |_: MouseEvent| more.set(*more + MORE_LINES))
    };
    html! {
        <>
            <pre class="output" tabindex="0">{ text }</pre>
            if left > 0 && is_kept {
                <button type="button" class="button link" onclick={show}>{ format!("show more of {left} more lines") }</button>
            } else if left > 0 {
                <p class="left-out small soft">{ format!("{} not kept.", words::counted(left as u64, "more line is", "more lines are")) }</p>
            }
        </>
    }
}

#[derive(PartialEq, Properties)]
struct FootingProps {
    summary: StatementSummary,
    traced: bool,
}

/// Coordinator, level, answers, latency, and the way to the trace.
#[component]
fn Footing(props: &FootingProps) -> Html {
    let page = use_page();
    let summary = &props.summary;
    let request = summary.request;
    let trace = {
        let page = page.clone();
        Callback::from(move |_: MouseEvent| {
            page.act(Action::Trace(Some(request)));
            page.act(Action::Tab(Tab::Timeline));
        })
    };
    let replicas = summary.partition.clone().map(|partition| {
        Callback::from(move |_: MouseEvent| {
            page.act(Action::Partition(Some(partition.clone())));
            page.act(Action::Tab(Tab::Replicas));
        })
    });
    let failed = matches!(summary.outcome, Some(Outcome::Failed { .. }));
    html! {
        <div class={classes!("footing", failed.then_some("failed"))}>
            { node_name(summary.coordinator) }
            <span class="code">{ summary.consistency.name() }</span>
            if let Some(required) = summary.required {
                <span>{ format!("{} of {} answers", summary.answered.len(), required) }</span>
            }
            if let Some(took) = summary.took {
                <span title="Virtual time from sending to the answer">{ words::duration(took) }</span>
            }
            <button type="button" class="button link" onclick={trace} aria-pressed={props.traced.to_string()}>
                { "show trace" }
            </button>
            if let Some(onclick) = replicas { <button type="button" class="button link" {onclick}>{ "replicas" }</button> }
        </div>
    }
}
