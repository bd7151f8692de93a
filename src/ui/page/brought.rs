//! SSTables from elsewhere, dropped onto the page or picked: read here, opened by the engine. And one of a node's, to take along.

use gloo::events::{EventListener, EventListenerOptions};
use gloo::timers::callback::Timeout;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, DragEvent, File, FileList, HtmlAnchorElement, HtmlInputElement, Url, window};
use yew::prelude::*;

use super::wire::Page;
use crate::node::{ArchiveView, MAX_ARCHIVE_BYTES, SstableRef, Subject};
use crate::playground::api::{BroughtSstable, Command, Notice, NoticeKind};
use crate::ui::state::Action;
use crate::ui::words;

/// On the document while files hang over it.
const DROPPING: &str = "data-dropping";
/// By then the browser has taken what was saved.
const SAVED_AFTER_MS: u32 = 10_000;

/// Files may be dropped anywhere.
#[hook]
pub fn use_drops(page: &Page) {
    let page = page.clone();
    use_effect_with((), move |()| {
        let document = window().and_then(|window| window.document());
        let listeners = document.map(|document| {
            let root = document.document_element();
            let listen = |event: &'static str| {
                let (page, root) = (page.clone(), root.clone());
                let active = EventListenerOptions::enable_prevent_default();
                EventListener::new_with_options(&document, event, active, move |event| {
                    let Some(event) = event.dyn_ref::<DragEvent>() else {
                        return;
                    };
                    let Some(carried) = event
                        .data_transfer()
                        .filter(|it| it.types().includes(&"Files".into(), 0))
                    else {
                        return;
                    };
                    event.prevent_default();
                    if let Some(root) = &root {
                        // The one attribute, always allowed.
                        let _ = root.toggle_attribute_with_force(DROPPING, event.type_() == "dragover");
                    }
                    if let ("drop", Some(files)) = (event.type_().as_str(), carried.files()) {
                        bring(&page, &files);
                    }
                })
            };
            ["dragover", "dragleave", "drop"].map(listen)
        });
        move || drop(listeners)
    });
}

/// The same with the keyboard, or where nothing can be dropped.
pub fn picker(page: &Page) -> Html {
    let page = page.clone();
    let onchange = Callback::from(move |event: Event| {
        if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
            if let Some(files) = input.files() {
                bring(&page, &files);
            }
            // The same files may be picked again.
            input.set_value("");
        }
    });
    html! {
        <label class="button lined picker" title="SSTables of a real cluster: their files, or a .tar of them. Or drop them on the page.">
            { "open SSTable files …" }
            <input type="file" multiple=true class="unseen" {onchange} />
        </label>
    }
}

/// What was brought, one button each.
pub fn shelf(page: &Page, brought: &[BroughtSstable], shown: Option<u32>) -> Html {
    let button = |(number, sstable): (usize, &BroughtSstable)| {
        let page = page.clone();
        let number = number as u32;
        let onclick = Callback::from(move |_: MouseEvent| {
            page.act(Action::Inspect(Some(Subject::Rows(SstableRef::Brought(number)))));
        });
        html! {
            <button type="button" class="button lined code" aria-pressed={(shown == Some(number)).to_string()} {onclick}>
                { &sstable.name }
                if sstable.error.is_some() { <span class="small warn">{ "cannot be read" }</span> }
            </button>
        }
    };
    html! {
        <div class="table-bar" role="group" aria-label="SSTables from files">
            { for brought.iter().enumerate().map(button) }
        </div>
    }
}

fn bring(page: &Page, files: &FileList) {
    let files: Vec<File> = (0..files.length()).filter_map(|at| files.get(at)).collect();
    if files.is_empty() {
        return;
    }
    let page = page.clone();
    spawn_local(async move {
        match read(files).await {
            Ok(files) => page.send(Command::Bring { files }),
            Err(text) => page.act(Action::Notice(Notice {
                kind: NoticeKind::Refused,
                text,
            })),
        }
    });
}

async fn read(files: Vec<File>) -> Result<Vec<(String, Vec<u8>)>, String> {
    let bytes: f64 = files.iter().map(|file| file.size()).sum();
    if bytes > MAX_ARCHIVE_BYTES as f64 {
        let (has, most) = (words::bytes(bytes as u64), words::bytes(MAX_ARCHIVE_BYTES));
        return Err(format!("These files have {has}; the page opens {most} at most"));
    }
    let mut read = Vec::new();
    for file in files {
        let bytes = JsFuture::from(file.array_buffer()).await;
        let bytes = bytes.map_err(|_| format!("{} cannot be read: is it a folder?", file.name()))?;
        read.push((file.name(), Uint8Array::new(&bytes).to_vec()));
    }
    Ok(read)
}

/// Gives a file to the browser, which asks where to put it or has a folder for such.
#[inline(never)]
pub fn save(archive: &ArchiveView) -> Result<(), JsValue> {
    let bytes = Array::of1(&Uint8Array::from(archive.bytes.as_slice()));
    let address = Url::create_object_url_with_blob(&Blob::new_with_u8_array_sequence(&bytes)?)?;
    if let Some(document) = window().and_then(|window| window.document()) {
        let link: HtmlAnchorElement = document.create_element("a")?.unchecked_into();
        link.set_href(&address);
        link.set_download(&archive.name);
        link.click();
    }
    Timeout::new(SAVED_AFTER_MS, move || drop(Url::revoke_object_url(&address))).forget();
    Ok(())
}
