//! The page's icons: lines on a grid of 16, drawn with the colour of the text they stand by.

use yew::prelude::*;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    Pause,
    Play,
    Step,
    Restart,
    Share,
    Sun,
    Moon,
    Half,
    Help,
    Plus,
    Minus,
    Network,
    Shapes,
    Run,
    Close,
    Back,
    Forward,
    Power,
    Eye,
    Plug,
    Stop,
    Warning,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Icon::Pause => "M5.5 3.5v9M10.5 3.5v9",
            Icon::Play => "M5 3.2l7.5 4.8L5 12.8z",
            Icon::Step => "M4 3.5l6 4.5-6 4.5zM12 3.5v9",
            Icon::Restart => "M3.2 8a4.8 4.8 0 1 0 1.5-3.5M3 2.5v3h3",
            Icon::Share => "M8 9.5v-7M5.5 4.8L8 2.3l2.5 2.5M5 7H3.5v6.5h9V7H11",
            Icon::Sun => {
                "M8 5.2a2.8 2.8 0 1 0 0 5.6a2.8 2.8 0 1 0 0-5.6M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3\
                 M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9"
            }
            Icon::Moon => "M13 9.6A5.4 5.4 0 0 1 6.4 3a5.4 5.4 0 1 0 6.6 6.6z",
            Icon::Half => "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11M8 2.5v11M8 5.5h4.5M8 8h5.3M8 10.5h4.5",
            Icon::Help => "M5.8 6a2.2 2.2 0 1 1 3.1 2c-.7.4-.9.8-.9 1.6M8 12.3v.1",
            Icon::Plus => "M8 3.5v9M3.5 8h9",
            Icon::Minus => "M3.5 8h9",
            Icon::Network => "M2.5 4.5h11M2.5 8h11M2.5 11.5h11M5.5 3v3M10.5 6.5v3M7 10v3",
            Icon::Shapes => {
                "M4.5 2.5a2 2 0 1 0 0 4a2 2 0 1 0 0-4M11.5 2.3l2.3 2.3-2.3 2.3-2.3-2.3zM4.5 9.5l2.4 4H2.1zM9.5 9.6h4v4h-4z"
            }
            Icon::Run => "M13 3.5v4.2H4.5M7 5L4.2 7.7 7 10.5",
            Icon::Close => "M4 4l8 8M12 4l-8 8",
            Icon::Back => "M6.5 4L3 7.5 6.5 11M3.3 7.5h6.2a3.5 3.5 0 0 1 0 6H7",
            Icon::Forward => "M4 3.5l6 4.5-6 4.5M12.5 3.5v9",
            Icon::Power => "M8 2v5.5M4.7 4.2a5 5 0 1 0 6.6 0",
            Icon::Eye => {
                "M1.8 8S4 4 8 4s6.2 4 6.2 4S12 12 8 12 1.8 8 1.8 8zM8 6.3a1.7 1.7 0 1 0 0 3.4a1.7 1.7 0 1 0 0-3.4"
            }
            Icon::Plug => "M5.5 2.5v3M10.5 2.5v3M4 5.5h8V8a4 4 0 0 1-8 0zM8 12v2",
            Icon::Stop => "M4 4h8v8H4z",
            Icon::Warning => "M8 2.5l6 10.8H2zM8 6.5v3M8 11.5v.1",
        }
    }
}

pub fn pictogram(of: Icon) -> Html {
    html! { <svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d={of.path()} /></svg> }
}

#[derive(PartialEq, Properties)]
pub struct ButtonProps {
    pub icon: Icon,
    /// What it does: its accessible name and tooltip.
    pub label: AttrValue,
    /// Shown beside the icon, where there is room.
    #[prop_or_default]
    pub text: Option<AttrValue>,
    #[prop_or_default]
    pub pressed: Option<bool>,
    #[prop_or_default]
    pub disabled: bool,
    #[prop_or_default]
    pub class: Classes,
    #[prop_or_default]
    pub id: Option<AttrValue>,
    pub onclick: Callback<MouseEvent>,
}

#[component]
pub fn IconButton(props: &ButtonProps) -> Html {
    let ButtonProps {
        icon,
        label,
        text,
        pressed,
        disabled,
        class,
        id,
        onclick,
    } = props;
    let bare = text.is_none().then_some("icon-only");
    html! {
        <button type="button" id={id.clone()} class={classes!("button", bare, class.clone())} aria-label={label} title={label}
            aria-pressed={pressed.map(|on| if on { "true" } else { "false" })} disabled={*disabled} {onclick}>
            { pictogram(*icon) }
            if let Some(text) = text { <span class="label">{ text }</span> }
        </button>
    }
}
