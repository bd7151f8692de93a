//! What has to be said at once: few, short, dismissed by a click or by time.

use gloo::timers::callback::Timeout;
use yew::prelude::*;

use super::icons::{Icon, IconButton, pictogram};
use super::wire::use_page;
use crate::playground::api::{Notice, NoticeKind};
use crate::ui::shared::Shared;
use crate::ui::state::Action;

/// Real milliseconds that information stays; what went wrong stays until dismissed.
const SHOWN_MS: u32 = 6_000;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub notices: Shared<Vec<(u64, Notice)>>,
}

#[component]
pub fn Notices(props: &Props) -> Html {
    html! {
        <div class="notices" role="status">
            { for props.notices.iter().map(|(number, notice)| html! {
                <One key={*number} number={*number} kind={notice.kind} text={notice.text.clone()} />
            }) }
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct OneProps {
    number: u64,
    kind: NoticeKind,
    text: String,
}

#[component]
fn One(props: &OneProps) -> Html {
    let page = use_page();
    let dismiss = {
        let number = props.number;
        Callback::from(move |()| page.act(Action::Dismiss(number)))
    };
    use_effect_with((), {
        let (dismiss, passes) = (dismiss.clone(), props.kind == NoticeKind::Information);
        move |()| {
            let timeout = passes.then(|| Timeout::new(SHOWN_MS, move || dismiss.emit(())));
            move || drop(timeout)
        }
    });
    let failed = props.kind != NoticeKind::Information;
    html! {
        <div class={classes!("notice", failed.then_some("failed"))}>
            if failed { { pictogram(Icon::Warning) } }
            <span>{ &props.text }</span>
            <IconButton icon={Icon::Close} label="Dismiss" onclick={dismiss.reform(|_: MouseEvent| ())} />
        </div>
    }
}
