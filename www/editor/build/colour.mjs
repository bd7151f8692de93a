// Colours, and the partner of a bracket beside the cursor. There is no syntax tree: lines are read as they come into view.
import {RangeSetBuilder} from "@codemirror/state"
import {Decoration, ViewPlugin} from "@codemirror/view"
import {BEGIN, lineTokens} from "./cql.mjs"

const PAIRS = {"(": ")", "[": "]", "{": "}"}
const OPENERS = Object.fromEntries(Object.entries(PAIRS).map(([open, close]) => [close, open]))
/** How far a partner is looked for, in lines either way. */
const MAX_LINES = 500

const marks = new Map
const mark = name => marks.get(name) ?? marks.set(name, Decoration.mark({class: name})).get(name)

const colours = ViewPlugin.fromClass(class {
  constructor(view) {
    // What each line begins in, as far as that is known.
    this.begins = [BEGIN]
    this.decorations = this.decorate(view)
  }

  update({docChanged, viewportChanged, changes, startState, view}) {
    if (docChanged) {
      let first = Infinity
      changes.iterChangedRanges(from => first = Math.min(first, from))
      this.begins.length = Math.min(this.begins.length, startState.doc.lineAt(first).number)
    }
    if (docChanged || viewportChanged) this.decorations = this.decorate(view)
  }

  tokensOf(doc, number) {
    for (let known = this.begins.length; known < number; known++) {
      this.begins.push(lineTokens(doc.line(known).text, this.begins[known - 1]).after)
    }
    const {tokens, after} = lineTokens(doc.line(number).text, this.begins[number - 1])
    this.begins[number] = after
    return tokens
  }

  decorate({state: {doc}, visibleRanges}) {
    const builder = new RangeSetBuilder
    let done = 0
    for (const {from, to} of visibleRanges) {
      const last = doc.lineAt(to).number
      for (let number = Math.max(done + 1, doc.lineAt(from).number); number <= last; number++) {
        const begin = doc.line(number).from
        for (const token of this.tokensOf(doc, number)) {
          builder.add(begin + token.from, begin + token.to, mark(`tok-${token.style}`))
        }
        done = number
      }
    }
    return builder.finish()
  }

  /** The bracket at a position and its partner, as far as there is one: not in strings or comments. */
  bracketAt(doc, pos) {
    const here = doc.sliceString(pos, pos + 1), partner = PAIRS[here] ?? OPENERS[here]
    if (!partner) return null
    const step = PAIRS[here] ? 1 : -1, home = doc.lineAt(pos)
    let depth = 0
    for (let number = home.number; number >= 1 && number <= doc.lines; number += step) {
      if (Math.abs(number - home.number) > MAX_LINES) return null
      const {from, text} = doc.line(number)
      const places = this.tokensOf(doc, number).filter(({style}) => style === "operator").map(token => from + token.from)
      if (number === home.number && !places.includes(pos)) return null
      for (const place of step < 0 ? places.reverse() : places) {
        if (number === home.number && (place - pos) * step < 0) continue
        const there = text[place - from]
        depth += there === here ? 1 : there === partner ? -1 : 0
        if (depth === 0) return {pos, partner: place}
      }
    }
    return {pos, partner: null}
  }
}, {decorations: plugin => plugin.decorations})

const brackets = ViewPlugin.fromClass(class {
  constructor(view) {
    this.decorations = this.decorate(view)
  }

  update({docChanged, selectionSet, view}) {
    if (docChanged || selectionSet) this.decorations = this.decorate(view)
  }

  decorate(view) {
    const {doc, selection: {main}} = view.state, plugin = view.plugin(colours)
    if (!main.empty || !plugin) return Decoration.none
    const before = main.head > 0 && plugin.bracketAt(doc, main.head - 1)
    const found = before || plugin.bracketAt(doc, main.head)
    if (!found) return Decoration.none
    const name = found.partner === null ? "cm-nonmatchingBracket" : "cm-matchingBracket"
    const places = [found.pos, found.partner].filter(place => place !== null)
    return Decoration.set(places.map(place => mark(name).range(place, place + 1)), true)
  }
}, {decorations: plugin => plugin.decorations})

export const colouring = [colours, brackets]

/** The coloured stretches of a text, as [from, to, class, from, to, class, ...]: for statements that are only shown. */
export function coloursOf(text) {
  const found = []
  let begin = 0, state = BEGIN
  for (const line of text.split("\n")) {
    const {tokens, after} = lineTokens(line, state)
    for (const {from, to, style} of tokens) found.push(begin + from, begin + to, `tok-${style}`)
    begin += line.length + 1
    state = after
  }
  return found
}
