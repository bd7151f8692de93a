//! What a node's storage is made of: the commit log's segments, memtables, SSTables as their strategy sees them, and a compaction
//! as it merges.

use yew::prelude::*;

use super::bits::heads;
use super::wire::{Page, use_page};
use crate::base::Endpoint;
use crate::data::CqlType;
use crate::node::{
    AmplificationView, CompactionUnderWay, Finding, GroupView, Inspected, SegmentView, SstableRef, SstableView,
    StorageView, Subject, TableStorageView,
};
use crate::playground::api::{Command, ShellId};
use crate::storage::compaction::Group;
use crate::ui::shared::Shared;
use crate::ui::state::Action;
use crate::ui::words;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub of: Endpoint,
    pub inspected: Shared<Option<Inspected>>,
}

#[component]
pub fn Storage(props: &Props) -> Html {
    let page = use_page();
    let found = props.inspected.as_ref();
    let found = found.filter(|it| it.question.node == props.of && it.question.what == Subject::Storage);
    match found.map(|it| &it.answer) {
        Some(Ok(Finding::Storage(view))) => shown(&page, props.of, view),
        Some(Err(why)) => html! { <p class="empty bad" role="alert">{ why }</p> },
        _ => html! { <p class="small soft">{ "Looking at its files …" }</p> },
    }
}

fn shown(page: &Page, node: Endpoint, view: &StorageView) -> Html {
    html! {
        <>
            <section class="card">
                <h3>{ "commit log" }</h3>
                <table class="plain">
                    { heads(&["segment", "#size", "needed for"]) }
                    <tbody>{ for view.segments.iter().map(segment) }</tbody>
                </table>
            </section>
            <section class="card tables">
                <h3>{ "memtables and SSTables" }</h3>
                if view.tables.is_empty() { <p class="small soft">{ "No table has any data." }</p> }
                { for view.tables.iter().map(|it| table(page, node, it, view.compaction.as_ref())) }
            </section>
        </>
    }
}

fn segment(segment: &SegmentView) -> Html {
    let mut needed = segment.dirty.join(", ");
    if segment.own_values > 0 {
        if !needed.is_empty() {
            needed += ", ";
        }
        needed += &words::counted(
            segment.own_values,
            "value of the node's own",
            "values of the node's own",
        );
    }
    if needed.is_empty() {
        needed = if segment.is_active {
            "nothing yet"
        } else {
            "nothing: it goes next"
        }
        .into();
    }
    html! {
        <tr>
            <td class="code">{ &segment.file }if segment.is_active { <span class="small soft">{ " takes writes" }</span> }</td>
            <td class="number">{ words::bytes(segment.bytes.into()) }</td>
            <td class="wraps">{ needed }</td>
        </tr>
    }
}

fn table(page: &Page, node: Endpoint, table: &TableStorageView, compaction: Option<&CompactionUnderWay>) -> Html {
    let name = format!("{}.{}", table.keyspace, table.table);
    let sstables: usize = table.groups.iter().map(|it| it.sstables.len()).sum();
    let bytes = table.groups.iter().flat_map(|it| &it.sstables).map(|it| it.bytes).sum();
    let compaction = compaction.filter(|it| it.keyspace == table.keyspace && it.table == table.table);
    let button = |verb: &'static str, label: String| {
        let (page, line) = (page.clone(), operation(node, verb, table));
        let onclick = Callback::from(move |_: MouseEvent| {
            page.act(Action::Sent);
            page.send(Command::Shell {
                shell: ShellId::FIRST,
                text: line.clone(),
            });
        });
        html! { <button type="button" class="button lined" aria-label={label} {onclick}>{ verb }</button> }
    };
    html! {
        <details class="table" key={name.clone()} open={!table.is_system}>
            <summary>
                <span class="code">{ &name }</span>
                <span class="small soft">{ format!(
                    " memtable {}, {}; {}, {}",
                    words::counted(table.memtable_partitions, "partition", "partitions"), words::bytes(table.memtable_bytes),
                    words::counted(sstables as u64, "SSTable", "SSTables"), words::bytes(bytes),
                ) }</span>
                if table.is_flushing { <span class="small">{ " is being flushed" }</span> }
            </summary>
            <div class="table-bar">
                { button("flush", format!("flush {name} on {node}")) }
                { button("compact", format!("compact {name} on {node}")) }
                <span class="small soft">{ &table.strategy }</span>
            </div>
            { for compaction.map(merging) }
            { for table.groups.iter().map(|it| group(page, table, it, compaction)) }
            <p class="small soft">{ amplification(&table.amplification) }</p>
        </details>
    }
}

/// As a person would type it: so it is in the transcript, and in the run.
fn operation(node: Endpoint, verb: &str, table: &TableStorageView) -> String {
    format!("! nodetool {} {verb} {} {}", node.number(), table.keyspace, table.table)
}

fn merging(of: &CompactionUnderWay) -> Html {
    let inputs: Vec<String> = of.inputs.iter().map(u64::to_string).collect();
    html! {
        <p class="merging small">
            <progress value={of.bytes_done.to_string()} max={of.bytes_total.max(1).to_string()} aria-label="merged so far" />
            { format!(
                "{} of SSTables {}: {} of {} read, {} written",
                of.kind, inputs.join(", "), words::bytes(of.bytes_done), words::bytes(of.bytes_total), words::bytes(of.bytes_written),
            ) }
        </p>
    }
}

fn group(page: &Page, table: &TableStorageView, group: &GroupView, compaction: Option<&CompactionUnderWay>) -> Html {
    let bytes = group.sstables.iter().map(|it| it.bytes).sum();
    html! {
        <table class="plain sstables">
            <caption class="small soft">
                { format!("{}: {}", group_name(&group.group), words::bytes(bytes)) }
            </caption>
            { heads(&["SSTable", "#size", "tokens", "first key", "last key", "#partitions", "#rows", "oldest write", "newest write", "#droppable"]) }
            <tbody>{ for group.sstables.iter().map(|it| sstable(page, table, it, compaction)) }</tbody>
        </table>
    }
}

/// What the SSTables of a group have in common, in words.
fn group_name(group: &Group) -> String {
    match group {
        Group::Level(level) => format!("level {level}"),
        Group::Tier { average_bytes } => format!("tier of about {}", words::bytes(*average_bytes)),
        Group::Window { start, seconds } => {
            let from = CqlType::Timestamp.decode(&start.saturating_mul(1_000).to_be_bytes());
            let from = from.map(|it| it.to_string()).unwrap_or_default();
            let length = crate::base::Duration::from_secs(seconds.unsigned_abs());
            format!("window of {} from {from}", words::duration(length))
        }
    }
}

fn sstable(page: &Page, table: &TableStorageView, of: &SstableView, compaction: Option<&CompactionUnderWay>) -> Html {
    let is_input = compaction.filter(|it| it.inputs.contains(&of.generation));
    // What is merged already pales.
    let left = is_input.map_or(1.0, |it| 1.0 - it.bytes_done as f64 / it.bytes_total.max(1) as f64);
    let rows = Subject::Rows(SstableRef::Own {
        keyspace: table.keyspace.clone(),
        table: table.table.clone(),
        generation: of.generation,
    });
    let page = page.clone();
    let onclick = Callback::from(move |_: MouseEvent| page.act(Action::Inspect(Some(rows.clone()))));
    let time = |micros: i64| {
        html! { <td class="code" title={format!("{micros} µs")}>{ words::write_time(micros) }</td> }
    };
    html! {
        <tr>
            <th scope="row" class="code">
                <button type="button" class="button link" aria-label={format!("open SSTable {}", of.generation)} {onclick}>
                    { of.generation }
                </button>
                if of.is_compacting { <span class="small warn">{ " is merged" }</span> }
            </th>
            <td class="number" title={format!("{} before compression", words::bytes(of.uncompressed_bytes))}>
                { words::bytes(of.bytes) }
            </td>
            <td>{ token_bar(of, left) }</td>
            <td class="code key">{ &of.first_key }</td>
            <td class="code key">{ &of.last_key }</td>
            <td class="number">{ of.partitions }</td>
            <td class="number">{ of.rows }</td>
            { time(of.min_timestamp) }
            { time(of.max_timestamp) }
            <td class="number" title="The share of its cells that are tombstones which may go">
                { format!("{:.0} %", of.droppable_tombstone_ratio * 100.0) }
            </td>
        </tr>
    }
}

/// Where on the ring an SSTable's partitions lie: bars that overlap are SSTables a read may have to look into both.
fn token_bar(of: &SstableView, left: f64) -> Html {
    let place = |token: i64| (token as f64 / i64::MAX as f64 + 1.0) * 50.0;
    let (from, to) = (place(of.first.0), place(of.last.0));
    let width = (to - from).max(2.0);
    html! {
        <svg class="token-bar" viewBox="0 0 100 8" role="img"
            aria-label={format!("tokens {} to {}", of.first.0, of.last.0)}>
            <rect class="ring" width="100" height="8" />
            <rect class="held" x={format!("{:.1}", from.min(98.0))} width={format!("{width:.1}")} height="8"
                fill-opacity={format!("{:.2}", left.max(0.1))} />
        </svg>
    }
}

/// What each thing asked for costs, as counted since the process started.
fn amplification(of: &AmplificationView) -> String {
    let ratio = |one: u64, of: u64| one as f64 / of.max(1) as f64;
    let mut said = match of.reads {
        0 => "No reads yet".to_owned(),
        reads => format!(
            "{}, {:.2} SSTables each",
            words::counted(reads, "read", "reads"),
            ratio(of.sstables_read, reads)
        ),
    };
    if of.flushed_bytes > 0 {
        let written = of.flushed_bytes + of.compacted_bytes;
        said += &format!(
            "; {} flushed, {} compacted: each byte was written {:.2} times",
            words::bytes(of.flushed_bytes),
            words::bytes(of.compacted_bytes),
            ratio(written, of.flushed_bytes)
        );
    }
    if of.distinct_partitions > 0 {
        said += &format!(
            "; a partition lies in {:.2} SSTables",
            ratio(of.partitions, of.distinct_partitions)
        );
    }
    said + "."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amplification_is_told_by_what_was_counted() {
        assert_eq!(amplification(&AmplificationView::default()), "No reads yet.");
        let some = AmplificationView {
            reads: 4,
            sstables_read: 6,
            flushed_bytes: 1024,
            compacted_bytes: 512,
            partitions: 30,
            distinct_partitions: 20,
        };
        assert_eq!(
            amplification(&some),
            "4 reads, 1.50 SSTables each; 1.00 KiB flushed, 512 bytes compacted: each byte was written 1.50 times; a partition \
             lies in 1.50 SSTables."
        );
    }

    #[test]
    fn groups_are_named_as_their_strategies_do() {
        assert_eq!(group_name(&Group::Level(3)), "level 3");
        assert_eq!(
            group_name(&Group::Tier { average_bytes: 2048 }),
            "tier of about 2.00 KiB"
        );
        let window = Group::Window {
            start: 1_767_225_600,
            seconds: 86_400,
        };
        assert_eq!(
            group_name(&window),
            "window of 1 d 00 h from 2026-01-01 00:00:00.000+0000"
        );
    }
}
