//! Where one replica has a partition's cells from: memtable or SSTable, which version a read gives, and why the others lost.

use yew::prelude::*;

use super::bits::heads;
use crate::base::Endpoint;
use crate::node::{Finding, Inspected, MAX_VERSIONS, SourcesView, Subject, VersionView};
use crate::playground::api::ReplicaView;
use crate::storage::{Extent, Source, Verdict};
use crate::ui::words;

pub fn sources(node: Endpoint, of: &ReplicaView, inspected: Option<&Inspected>) -> Html {
    let found = inspected.filter(|it| it.question.node == node && it.question.what == Subject::Sources);
    let shown = match found.map(|it| &it.answer) {
        Some(Err(why)) => html! { <p class="empty bad" role="alert">{ why }</p> },
        Some(Ok(Finding::Sources(view)))
            if (&view.keyspace, &view.table) == (&of.partition.keyspace, &of.partition.table) =>
        {
            table(view)
        }
        _ if of.unreachable.contains(&node) => html! { <p class="empty soft">{ format!("{node} is down.") }</p> },
        _ => html! { <p class="small soft" role="status">{ "Looking at its files …" }</p> },
    };
    html! {
        <section class="card">
            <h3>{ format!("where {node} has it from") }</h3>
            { shown }
        </section>
    }
}

fn table(view: &SourcesView) -> Html {
    let version = |it: &VersionView| {
        let newest = it.verdict.is_newest();
        html! {
            <tr>
                <td class="code">{ &it.row }</td>
                <td class="code">{ &it.cell }</td>
                <td>{ source(it.source) }</td>
                <td>
                    <span class={classes!("cell", if newest { "newest" } else { "stale" }, it.value.is_none().then_some("deleted"))}>
                        <span class="code value">{ it.value.as_deref().unwrap_or("deleted") }</span>
                    </span>
                </td>
                <td class="code" title={format!("{} µs", it.timestamp)}>{ words::write_time(it.timestamp) }</td>
                <td>{ verdict(it.verdict) }</td>
            </tr>
        }
    };
    html! {
        <>
            <table class="plain sources">
                { heads(&["row", "cell", "lies in", "value", "written", "a read"]) }
                <tbody>{ for view.versions.iter().map(version) }</tbody>
            </table>
            if view.versions.is_empty() { <p class="small soft">{ "It has nothing under this key." }</p> }
            if view.goes_on {
                <p class="small soft">{ format!("The first {MAX_VERSIONS} versions; the others are not shown.") }</p>
            }
        </>
    }
}

fn source(of: Source) -> String {
    match of {
        Source::Memtable => "the memtable".into(),
        Source::Flushing => "the memtable that is being flushed".into(),
        Source::Sstable(generation) => format!("SSTable {generation}"),
    }
}

/// What a read makes of a version, as the end of a sentence that begins with "a read".
fn verdict(of: Verdict) -> String {
    match of {
        Verdict::Live => "gives this".into(),
        Verdict::Tombstone => "finds it deleted".into(),
        Verdict::Expired => "finds its time is over".into(),
        Verdict::Counted => "adds it up with the others".into(),
        Verdict::Older { than } => format!("gives a newer one, of {}", source(than)),
        Verdict::Hidden { by, of } => {
            let by = match by {
                Extent::Partition => "the partition",
                Extent::Range => "a range of rows",
                Extent::Row => "the row",
                Extent::Collection => "the whole collection",
            };
            format!("finds {by} deleted, by {}", source(of))
        }
        Verdict::Dropped => "passes over it: its column was dropped".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_says_who_won() {
        let than = Source::Sstable(4);
        assert_eq!(verdict(Verdict::Older { than }), "gives a newer one, of SSTable 4");
        let (by, of) = (Extent::Range, Source::Memtable);
        assert_eq!(
            verdict(Verdict::Hidden { by, of }),
            "finds a range of rows deleted, by the memtable"
        );
    }
}
