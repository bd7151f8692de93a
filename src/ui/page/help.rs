//! The list of keys, and the few words a newcomer may want.

use web_sys::HtmlDialogElement;
use yew::prelude::*;

use super::icons::{Icon, IconButton};
use super::wire::use_page;
use crate::ui::keys::BINDINGS;
use crate::ui::state::Action;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub open: bool,
}

#[component]
pub fn Help(props: &Props) -> Html {
    let page = use_page();
    let dialog = use_node_ref();
    use_effect_with(props.open, {
        let dialog = dialog.clone();
        move |open| {
            if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
                match (*open, dialog.open()) {
                    // Refused only for a dialog that is not in the document.
                    (true, false) => drop(dialog.show_modal()),
                    (false, true) => dialog.close(),
                    _ => {}
                }
            }
        }
    });
    let shut = Callback::from(move |()| page.act(Action::Help(false)));
    let onclick = shut.reform(|_: MouseEvent| ());
    let onclose = shut.reform(|_: Event| ());
    html! {
        <dialog ref={dialog} class="help" aria-labelledby="help-title" {onclose}>
            <div class="bar">
                <h2 id="help-title">{ "Ringscope" }</h2>
                <IconButton icon={Icon::Close} label="Close" {onclick} />
            </div>
            <p>{ "A cluster like Apache Cassandra's runs in this tab: each node is a worker of its own, and time is virtual, so it can be \
                slowed, stopped and turned back. Type CQL, watch the messages, break things." }</p>
            <table class="keys">
                <caption class="unseen">{ "Keys" }</caption>
                <tbody>
                    { for BINDINGS.iter().map(|binding| html! {
                        <tr>
                            <th scope="row">{ for binding.keys.iter().map(|key| html! { <kbd>{ *key }</kbd> }) }</th>
                            <td>{ binding.does }</td>
                        </tr>
                    }) }
                </tbody>
            </table>
        </dialog>
    }
}
