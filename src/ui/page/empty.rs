//! "Empty everything": asked for twice, as what is kept is gone then.

use web_sys::HtmlDialogElement;
use yew::prelude::*;

use super::icons::{Icon, IconButton};
use super::wire::use_page;
use crate::playground::api::Command;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub ready: bool,
}

#[component]
pub fn Empty(props: &Props) -> Html {
    let page = use_page();
    let dialog = use_node_ref();
    let with_dialog = |act: fn(&HtmlDialogElement)| {
        let dialog = dialog.clone();
        move |_: MouseEvent| {
            if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
                act(&dialog);
            }
        }
    };
    // Refused only for a dialog that is not in the document.
    let ask = with_dialog(|dialog| drop(dialog.show_modal()));
    let shut = with_dialog(HtmlDialogElement::close);
    let empty = {
        let shut = shut.clone();
        Callback::from(move |event: MouseEvent| {
            page.send(Command::NewRun { config: None });
            shut(event);
        })
    };
    html! {
        <>
            <IconButton icon={Icon::Restart} label="Empty everything: a fresh cluster, and what this browser keeps is deleted"
                text="empty" disabled={!props.ready} onclick={Callback::from(ask)} />
            <dialog ref={dialog} class="help" aria-labelledby="empty-title">
                <h2 id="empty-title">{ "Empty everything?" }</h2>
                <p>{ "A fresh cluster starts, and all that this browser keeps of this one is deleted: every keyspace, table and row. \
                    This cannot be undone." }</p>
                <div class="bar">
                    <button type="button" class="button lined" onclick={Callback::from(shut)}>{ "Keep it" }</button>
                    <button type="button" class="button lined confirm" onclick={empty}>{ "Empty everything" }</button>
                </div>
            </dialog>
        </>
    }
}
