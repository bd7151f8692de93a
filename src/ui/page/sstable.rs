//! One SSTable opened: its rows, or the bytes of one of its files with what the format calls each stretch of them.

use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, window};
use yew::prelude::*;

use super::bits::heads;
use super::brought::shelf;
use super::wire::{Page, use_page};
use crate::base::Endpoint;
use crate::node::{BytesView, FilesView, Finding, Inspected, MAX_ROWS, PartitionView, RowsView, SstableRef, Subject};
use crate::playground::api::BroughtSstable;
use crate::storage::sstable::annotate::Span;
use crate::ui::shared::Shared;
use crate::ui::state::Action;
use crate::ui::words;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub of: Endpoint,
    pub subject: Subject,
    pub inspected: Shared<Option<Inspected>>,
    pub brought: Shared<Vec<BroughtSstable>>,
}

#[component]
pub fn Sstable(props: &Props) -> Html {
    let page = use_page();
    let back = use_node_ref();
    // What was pressed to come here is gone: the way back takes the focus.
    use_effect_with((), {
        let back = back.clone();
        move |()| {
            if let Some(button) = back.cast::<HtmlElement>() {
                let _ = button.focus();
            }
        }
    });
    let Some(of) = props.subject.sstable() else {
        return html! {};
    };
    let close = {
        let page = page.clone();
        Callback::from(move |_: MouseEvent| {
            page.act(Action::Inspect(None));
            let tab = window().and_then(|it| it.document()?.get_element_by_id("tab-node"));
            if let Some(tab) = tab.and_then(|tab| tab.dyn_into::<HtmlElement>().ok()) {
                let _ = tab.focus();
            }
        })
    };
    let found = props.inspected.as_ref();
    let found = found.filter(|it| it.question.node == props.of && it.question.what == props.subject);
    let files = match found.map(|it| &it.answer) {
        Some(Ok(Finding::Rows(view))) => Some(&view.files),
        Some(Ok(Finding::Bytes(view))) => Some(&view.files),
        _ => None,
    };
    html! {
        <section class="sstable">
            <div class="table-bar">
                <button type="button" class="button lined" ref={back} onclick={close}>{ "back" }</button>
                <h3>{ title(of, props) }</h3>
                if matches!(of, SstableRef::Own { .. }) { { download(&page, of) } }
            </div>
            if let (SstableRef::Brought(number), true) = (of, props.brought.len() > 1) { { shelf(&page, &props.brought, Some(*number)) } }
            // One child whether there are any or not: were there one more, Yew would make those before it anew, and the focus be lost.
            if let Some(files) = files { { views(&page, of, &props.subject, files) } }
            { match found.map(|it| &it.answer) {
                Some(Ok(Finding::Rows(view))) => rows(view),
                Some(Ok(Finding::Bytes(view))) => bytes(&page, &props.subject, view),
                Some(Err(why)) => html! { <p class="empty bad" role="alert">{ why }</p> },
                _ => html! { <p class="small soft" role="status">{ "Reading it …" }</p> },
            } }
        </section>
    }
}

fn title(of: &SstableRef, props: &Props) -> String {
    match of {
        SstableRef::Own {
            keyspace,
            table,
            generation,
        } => format!("SSTable {generation} of {keyspace}.{table} on {}", props.of),
        SstableRef::Brought(number) => {
            let name = props.brought.get(*number as usize).map_or("", |it| it.name.as_str());
            format!("{name}, from files: only looked at, no node has it")
        }
    }
}

fn download(page: &Page, of: &SstableRef) -> Html {
    let (page, of) = (page.clone(), of.clone());
    let onclick = Callback::from(move |_: MouseEvent| page.act(Action::Fetch(Some(of.clone()))));
    html! {
        <button type="button" class="button lined" {onclick}
            title="All its files, as Cassandra's sstabledump opens them when they are unpacked">{ "download .tar" }</button>
    }
}

/// A button for the rows, and one for each file.
fn views(page: &Page, of: &SstableRef, shown: &Subject, files: &FilesView) -> Html {
    let mut all = vec![("rows".to_owned(), Subject::Rows(of.clone()))];
    for (file, length) in &files.components {
        let bytes = |inside| Subject::Bytes {
            of: of.clone(),
            file: file.clone(),
            inside,
            from: 0,
        };
        if file == "Data.db" && files.compressor.is_some() {
            all.push(("Data.db inside its chunks".to_owned(), bytes(true)));
        }
        all.push((format!("{file}, {}", words::bytes(*length)), bytes(false)));
    }
    let button = |(text, subject): (String, Subject)| {
        let pressed = is_of_same(&subject, shown);
        let page = page.clone();
        let onclick = Callback::from(move |_: MouseEvent| page.act(Action::Inspect(Some(subject.clone()))));
        html! { <button type="button" class="button lined" aria-pressed={pressed.to_string()} {onclick}>{ text }</button> }
    };
    html! {
        <>
            <p class="small soft code">{ files.columns.join(", ") }</p>
            <div class="table-bar" role="group" aria-label="what is shown of it">{ for all.into_iter().map(button) }</div>
        </>
    }
}

/// Whether both are one view, wherever in it.
fn is_of_same(one: &Subject, other: &Subject) -> bool {
    let side = |subject: &Subject| match subject {
        Subject::Bytes { file, inside, .. } => Some((file.clone(), *inside)),
        _ => None,
    };
    side(one) == side(other)
}

fn rows(view: &RowsView) -> Html {
    html! {
        <>
            if view.goes_on {
                <p class="small soft" role="status">{ format!("The first {MAX_ROWS} rows; the others are not shown.") }</p>
            }
            <table class="plain">
                { heads(&["partition", "row", "cell", "value", "written"]) }
                { for view.partitions.iter().map(partition) }
            </table>
        </>
    }
}

/// One line of the table of rows, without the partition.
struct Line {
    row: String,
    cell: String,
    value: String,
    at: i64,
    is_deletion: bool,
}

fn lines(partition: &PartitionView) -> Vec<Line> {
    let line = |row: &str, cell: &str, value: String, at: i64| Line {
        row: row.to_owned(),
        cell: cell.to_owned(),
        value,
        at,
        is_deletion: false,
    };
    let deleted = |row: &str, cell: &str, at: i64| Line {
        is_deletion: true,
        ..line(row, cell, "deleted".into(), at)
    };
    let mut all = Vec::new();
    if let Some(deletion) = &partition.deletion {
        all.push(deleted("(partition)", "", deletion.timestamp));
    }
    for (from, to, deletion) in &partition.ranges {
        all.push(deleted(&format!("{from} … {to}"), "", deletion.timestamp));
    }
    for row in &partition.rows {
        if let Some(at) = row.liveness {
            all.push(line(&row.clustering, "(row)", String::new(), at));
        }
        if let Some(deletion) = &row.deletion {
            all.push(deleted(&row.clustering, "(row)", deletion.timestamp));
        }
        for cell in &row.cells {
            let name = match &cell.path {
                Some(path) => format!("{}[{path}]", cell.column),
                None => cell.column.clone(),
            };
            all.push(match &cell.value {
                None => deleted(&row.clustering, &name, cell.timestamp),
                Some(value) => {
                    let expires = if cell.expires_at.is_some() { ", expires" } else { "" };
                    line(&row.clustering, &name, format!("{value}{expires}"), cell.timestamp)
                }
            });
        }
    }
    all
}

fn partition(partition: &PartitionView) -> Html {
    let lines = lines(partition);
    let count = lines.len();
    let line = |(at, line): (usize, Line)| {
        html! {
            <tr>
                if at == 0 {
                    <th scope="rowgroup" class="code key" rowspan={count.to_string()}>{ &partition.key }</th>
                }
                <td class="code">{ line.row }</td>
                <td class="code">{ line.cell }</td>
                <td class={classes!("code", line.is_deletion.then_some("deleted-value"))}>{ line.value }</td>
                <td class="code" title={format!("{} µs", line.at)}>{ words::write_time(line.at) }</td>
            </tr>
        }
    };
    html! { <tbody>{ for lines.into_iter().enumerate().map(line) }</tbody> }
}

fn bytes(page: &Page, subject: &Subject, view: &BytesView) -> Html {
    let found = &view.annotation;
    let (first, count) = (found.before, found.spans.len() as u64);
    let goto = |text: &'static str, to: Option<u64>| {
        let mut subject = subject.clone();
        if let (Subject::Bytes { from, .. }, Some(to)) = (&mut subject, to) {
            *from = to;
        }
        let page = page.clone();
        let onclick = Callback::from(move |_: MouseEvent| page.act(Action::Inspect(Some(subject.clone()))));
        html! { <button type="button" class="button lined" disabled={to.is_none()} {onclick}>{ text }</button> }
    };
    let parts = first > 0 || found.goes_on;
    html! {
        <>
            <div class="table-bar">
                <span class="small soft" role="status">{ format!(
                    "{}{}: stretches {} to {}{}",
                    words::bytes(found.length),
                    if matches!(subject, Subject::Bytes { inside: true, .. }) { " before compression" } else { "" },
                    first + u64::from(count > 0), first + count, if found.goes_on { ", and more" } else { "" },
                ) }</span>
                if parts {
                    { goto("earlier", first.checked_sub(1).map(|_| first.saturating_sub(crate::node::MAX_SPANS))) }
                    { goto("later", found.goes_on.then_some(first + count)) }
                }
            </div>
            <table class="plain bytes">
                { heads(&["#at", "bytes", "what it is", "says"]) }
                <tbody>{ for found.spans.iter().map(span) }</tbody>
            </table>
        </>
    }
}

fn span(span: &Span) -> Html {
    let shown = span.hex.len().div_ceil(3) as u64;
    html! {
        <tr>
            <td class="number code">{ span.at }</td>
            <td class="code hex">{ &span.hex }
                if span.length > shown { <span class="soft">{ format!(" … {} bytes", span.length) }</span> }
            </td>
            <td class={format!("depth-{}", span.depth.min(3))}>{ &span.name }</td>
            <td class="code wraps">{ &span.value }</td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{CellView, DeletionView, RowView};

    #[test]
    fn a_partition_is_told_line_by_line_deletions_first() {
        let deletion = DeletionView {
            timestamp: 3,
            at_seconds: 0,
        };
        let cell = CellView {
            column: "m".into(),
            path: Some("'k'".into()),
            value: Some("1".into()),
            timestamp: 9,
            expires_at: Some(1),
        };
        let partition = PartitionView {
            key: "1".into(),
            deletion: Some(deletion),
            rows: vec![RowView {
                clustering: "2".into(),
                liveness: Some(5),
                deletion: None,
                cells: vec![cell],
            }],
            ranges: Vec::new(),
        };
        let told: Vec<String> = lines(&partition)
            .iter()
            .map(|it| format!("{}|{}|{}|{}|{}", it.row, it.cell, it.value, it.at, it.is_deletion))
            .collect();
        assert_eq!(
            told,
            [
                "(partition)||deleted|3|true",
                "2|(row)||5|false",
                "2|m['k']|1, expires|9|false"
            ]
        );
    }
}
