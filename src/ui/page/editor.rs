//! The vendored editor (`www/editor`), bound to Rust.

use std::cell::RefCell;

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Element;

#[wasm_bindgen]
extern "C" {
    /// A made editor.
    #[derive(Clone)]
    type Handle;

    #[wasm_bindgen(js_namespace = RingscopeEditor, catch)]
    fn create(parent: &Element, options: &Object) -> Result<Handle, JsValue>;
    #[wasm_bindgen(js_namespace = RingscopeEditor, catch)]
    fn colours(text: &str) -> Result<Array, JsValue>;

    #[wasm_bindgen(method, js_name = setText)]
    fn set_text(this: &Handle, text: &str);
    #[wasm_bindgen(method, js_name = getText)]
    fn get_text(this: &Handle) -> String;
    #[wasm_bindgen(method)]
    fn insert(this: &Handle, text: &str);
    #[wasm_bindgen(method, js_name = setDiagnostics)]
    fn set_diagnostics(this: &Handle, found: &Array);
    #[wasm_bindgen(method, js_name = setCompletions)]
    fn set_completions(this: &Handle, provider: &Function);
    #[wasm_bindgen(method)]
    fn focus(this: &Handle);
    #[wasm_bindgen(method, js_name = setTheme)]
    fn set_theme(this: &Handle, dark: bool);
    #[wasm_bindgen(method)]
    fn destroy(this: &Handle);
}

thread_local! {
    /// The prompt's editor, for what is not its component: the theme, and the key that leads to it.
    static PROMPT: RefCell<Option<Handle>> = const { RefCell::new(None) };
}

pub fn focus() {
    PROMPT.with_borrow(|editor| editor.iter().for_each(Handle::focus));
}

pub fn set_theme(dark: bool) {
    PROMPT.with_borrow(|editor| editor.iter().for_each(|editor| editor.set_theme(dark)));
}

/// The coloured stretches of CQL: from, to (UTF-16), class. Empty when the editor is missing.
pub fn coloured(text: &str) -> Vec<(usize, usize, String)> {
    let flat = colours(text).unwrap_or_default();
    let at = |place: u32| flat.get(place).as_f64().unwrap_or(0.0) as usize;
    (0..flat.length() / 3)
        .map(|n| {
            (
                at(3 * n),
                at(3 * n + 1),
                flat.get(3 * n + 2).as_string().unwrap_or_default(),
            )
        })
        .collect()
}

/// What the prompt does with what happens in it.
pub struct Events {
    pub run: Box<dyn Fn(String)>,
    pub is_whole: fn(&str) -> bool,
    /// A step back (-1) or forth (1) in what was typed, and what is there now.
    pub recall: Box<dyn Fn(i32, String) -> Option<String>>,
    /// The text, a UTF-16 position in it, and where the answer goes.
    pub complete: Box<dyn Fn(String, usize, Answer)>,
}

/// Takes the proposals for one question: from where they replace, and text, kind and detail of each.
pub struct Answer(Function);

impl Answer {
    pub fn give(self, from: usize, proposals: impl Iterator<Item = [String; 3]>) {
        let options = proposals.map(|[label, kind, detail]| {
            let option = Object::new();
            put(&option, "label", &label.into());
            put(&option, "type", &kind.into());
            put(&option, "detail", &detail.into());
            option
        });
        let answer = Object::new();
        put(&answer, "from", &(from as u32).into());
        put(&answer, "options", &options.collect::<Array>());
        // It settles a promise, which cannot fail.
        let _ = self.0.call1(&JsValue::NULL, &answer);
    }

    pub fn none(self) {
        let _ = self.0.call1(&JsValue::NULL, &JsValue::NULL);
    }
}

fn put(object: &Object, name: &str, value: &JsValue) {
    // Fails for frozen objects only.
    let _ = Reflect::set(object, &name.into(), value);
}

/// An editor in the page, gone when dropped.
pub struct Editor {
    handle: Handle,
    /// Called by the editor for as long as it lives.
    _run: Closure<dyn Fn(String)>,
    _is_whole: Closure<dyn Fn(String) -> bool>,
    _recall: Closure<dyn Fn(i32, String) -> Option<String>>,
    _complete: Closure<dyn Fn(String, u32) -> Promise>,
}

impl Editor {
    /// `None` when the editor's script did not load.
    pub fn new(parent: &Element, label: &str, placeholder: &str, events: Events) -> Option<Editor> {
        let Events {
            run,
            is_whole,
            recall,
            complete,
        } = events;
        let run = Closure::<dyn Fn(String)>::new(run);
        let is_whole = Closure::<dyn Fn(String) -> bool>::new(move |text: String| is_whole(&text));
        let recall = Closure::<dyn Fn(i32, String) -> Option<String>>::new(recall);
        let complete = Closure::<dyn Fn(String, u32) -> Promise>::new(move |text: String, at: u32| {
            Promise::new(&mut |resolve, _| complete(text.clone(), at as usize, Answer(resolve)))
        });
        let options = Object::new();
        put(&options, "label", &label.into());
        put(&options, "placeholder", &placeholder.into());
        put(&options, "onRun", run.as_ref());
        put(&options, "isComplete", is_whole.as_ref());
        put(&options, "onHistory", recall.as_ref());
        let handle = create(parent, &options).ok()?;
        handle.set_completions(complete.as_ref().unchecked_ref());
        PROMPT.set(Some(handle.clone()));
        Some(Editor {
            handle,
            _run: run,
            _is_whole: is_whole,
            _recall: recall,
            _complete: complete,
        })
    }

    pub fn text(&self) -> String {
        self.handle.get_text()
    }

    pub fn set_text(&self, text: &str) {
        self.handle.set_text(text);
    }

    pub fn insert(&self, text: &str) {
        self.handle.insert(text);
    }

    /// Underlines a stretch (UTF-16) and says why; lasts until the text is changed.
    pub fn mark(&self, from: usize, to: usize, message: &str) {
        let mark = Object::new();
        put(&mark, "from", &(from as u32).into());
        put(&mark, "to", &(to as u32).into());
        put(&mark, "message", &message.into());
        self.handle.set_diagnostics(&Array::of1(&mark));
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        PROMPT.take();
        self.handle.destroy();
    }
}
