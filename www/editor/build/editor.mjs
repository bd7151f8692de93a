// The editor of the page: CodeMirror 6 with CQL colours behind a surface small enough to bind from Rust.
// Positions are counted in UTF-16 code units, as JavaScript strings are.
import {Compartment, EditorState, Prec, StateEffect, StateField} from "@codemirror/state"
import {Decoration, EditorView, drawSelection, hoverTooltip, keymap, placeholder} from "@codemirror/view"
import {copyLineDown, copyLineUp, deleteLine, history, historyKeymap, insertNewline, isolateHistory, moveLineDown, moveLineUp,
  selectLine, standardKeymap, toggleComment, toggleTabFocusMode} from "@codemirror/commands"
import {acceptCompletion, autocompletion, completionStatus, moveCompletionSelection, selectedCompletionIndex, startCompletion}
  from "@codemirror/autocomplete"
import {colouring, coloursOf} from "./colour.mjs"

// For CodeMirror's own commands.
const cql = {commentTokens: {line: "--", block: {open: "/*", close: "*/"}}, wordChars: "$"}

// Of CodeMirror's default keys those that need no syntax tree.
const lineKeymap = [
  {key: "Alt-ArrowUp", run: moveLineUp},
  {key: "Shift-Alt-ArrowUp", run: copyLineUp},
  {key: "Alt-ArrowDown", run: moveLineDown},
  {key: "Shift-Alt-ArrowDown", run: copyLineDown},
  {key: "Alt-l", mac: "Ctrl-l", run: selectLine},
  {key: "Shift-Mod-k", run: deleteLine},
  {key: "Mod-/", run: toggleComment},
  {key: "Ctrl-m", mac: "Shift-Alt-m", run: toggleTabFocusMode},
]

const setMarks = StateEffect.define()

// What is wrong, under the word it is about. Each mark lives until its text is edited.
const marks = StateField.define({
  create: () => [],
  update(found, transaction) {
    for (const effect of transaction.effects) if (effect.is(setMarks)) return effect.value
    return transaction.docChanged ? [] : found
  },
  provide: field => EditorView.decorations.from(field, found => Decoration.set(found.map(({from, to}) =>
    Decoration.mark({class: "cm-wrong"}).range(from, to)), true)),
})

const explain = hoverTooltip((view, pos) => {
  const mark = view.state.field(marks).find(({from, to}) => from <= pos && pos <= to)
  if (!mark) return null
  return {
    pos: mark.from,
    end: mark.to,
    create() {
      const dom = document.createElement("div")
      dom.className = "cm-why"
      dom.textContent = mark.message
      return {dom}
    },
  }
})

// A mark has at least one character to stand under: at the end of the text it takes the last one.
function placed({from, to, message}, length) {
  from = Math.max(0, Math.min(from, length))
  to = Math.max(from, Math.min(to, length))
  if (from === to) to < length ? to++ : from > 0 && from--
  return from < to ? [{from, to, message}] : []
}

function atEdge(view, direction) {
  const {main} = view.state.selection, doc = view.state.doc
  if (!main.empty) return false
  const line = doc.lineAt(main.head).number
  return direction < 0 ? line === 1 : line === doc.lines
}

/**
 * Options, all but `parent` optional:
 *   label                        accessible name
 *   placeholder                  shown while empty
 *   onRun(text)                  Ctrl+Enter, or Enter after a complete statement
 *   isComplete(text) -> bool     whether Enter at the end runs
 *   onHistory(step, text)        -> text of the entry before (-1) or after (1), or null to stay
 *   onChange(text)
 *   onLeave()                    after Escape took the focus away
 */
export function create(parent, options = {}) {
  const readOnly = new Compartment, theme = new Compartment
  let provider = null

  async function complete(context) {
    const word = context.matchBefore(/"?[\w.]*$/)
    if (!provider || (!context.explicit && (!word || word.from === word.to))) return null
    const answer = await provider(context.state.doc.toString(), context.pos, context.explicit)
    if (!answer || context.aborted || !answer.options.length) return null
    return {from: answer.from, options: answer.options, validFor: /^\w*$/}
  }

  function run(view) {
    if (!options.onRun || view.state.readOnly) return false
    options.onRun(view.state.doc.toString())
    return true
  }

  function enter(view) {
    const {main} = view.state.selection, text = view.state.doc.toString()
    const atEnd = main.empty && text.slice(main.head).trim() === ""
    if (atEnd && options.isComplete && options.isComplete(text)) return run(view)
    return insertNewline(view)
  }

  function recall(step) {
    return view => {
      if (!options.onHistory || !atEdge(view, step)) return false
      const text = options.onHistory(step, view.state.doc.toString())
      if (typeof text !== "string") return false
      replace(view, text)
      return true
    }
  }

  // Tab completes what is being written, as in cqlsh; with nothing to complete it moves the focus on, so it is no trap.
  function tab(view) {
    if (completionStatus(view.state) === "active") {
      if (selectedCompletionIndex(view.state) === null) moveCompletionSelection(true)(view)
      acceptCompletion(view)
      return true
    }
    const {main} = view.state.selection
    const line = view.state.doc.lineAt(main.head), before = line.text.slice(0, main.head - line.from)
    return main.empty && /[\w."]$/.test(before) && !view.state.readOnly ? startCompletion(view) : false
  }

  function leave(view) {
    view.contentDOM.blur()
    if (options.onLeave) options.onLeave()
    return true
  }

  const view = new EditorView({
    parent,
    state: EditorState.create({
      extensions: [
        Prec.high(keymap.of([
          {key: "Mod-Enter", run: view => run(view) || true},
          {key: "Ctrl-Enter", run: view => run(view) || true},
          {key: "Tab", run: tab},
        ])),
        autocompletion({override: [complete], selectOnOpen: false, icons: false, maxRenderedOptions: 60}),
        keymap.of([
          {key: "Enter", run: enter},
          {key: "Shift-Enter", run: insertNewline},
          {key: "ArrowUp", run: recall(-1)},
          {key: "ArrowDown", run: recall(1)},
          {key: "Escape", run: leave},
          ...historyKeymap,
          ...standardKeymap,
          ...lineKeymap,
        ]),
        history(),
        drawSelection(),
        colouring,
        EditorState.languageData.of(() => [cql]),
        marks,
        explain,
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({
          "aria-label": options.label || "CQL",
          spellcheck: "false",
          autocorrect: "off",
          autocapitalize: "off",
          translate: "no",
        }),
        placeholder(options.placeholder || ""),
        readOnly.of(EditorState.readOnly.of(false)),
        theme.of(EditorView.darkTheme.of(false)),
        EditorView.updateListener.of(update => {
          if (update.docChanged && options.onChange) options.onChange(update.state.doc.toString())
        }),
      ],
    }),
  })

  function replace(view, text) {
    view.dispatch({
      changes: {from: 0, to: view.state.doc.length, insert: text},
      selection: {anchor: text.length},
      annotations: isolateHistory.of("full"),
      scrollIntoView: true,
    })
  }

  return {
    setText: text => replace(view, text),
    getText: () => view.state.doc.toString(),
    insert(text) {
      view.dispatch(view.state.replaceSelection(text), {scrollIntoView: true})
    },
    setDiagnostics(found) {
      const length = view.state.doc.length
      view.dispatch({effects: setMarks.of(found.flatMap(mark => placed(mark, length)))})
    },
    setCompletions(callback) {
      provider = callback
    },
    focus: () => view.focus(),
    hasFocus: () => view.hasFocus,
    setTheme: dark => view.dispatch({effects: theme.reconfigure(EditorView.darkTheme.of(dark))}),
    setReadOnly: on => view.dispatch({effects: readOnly.reconfigure(EditorState.readOnly.of(on))}),
    destroy: () => view.destroy(),
  }
}

export const colours = coloursOf
