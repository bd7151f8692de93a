// How CQL and cqlsh's own commands look: a line at a time, a token at a time.
// Keywords and types are those of Cassandra 5.0's lexer, commands those of cqlsh 6.2.
const words = text => new Set(text.trim().split(/\s+/))

const keywords = words(`
  add after aggregate all allow alter and any apply as asc authorize batch before begin between by called cast cidrs clustering
  columnfamily columns commit compact contains counter create custom datacenters delete desc describe distinct drop each_quorum
  else end entries execute exists filtering finalfunc for from full function functions grant group having identity if in index
  infinity initcond input insert into is join json key keys keyspace keyspaces language let like limit list local_one
  local_quorum local_serial login masked materialized mbean mbeans modify nan nologin norecursive nosuperuser not null of on
  one only options or order partition password per permission permissions primary quorum rename replace returns revoke role
  roles schema select selectmask set sfunc static storage stype superuser table tables then three timestamp to token
  transaction trigger truncate ttl two type unlogged unmask unset update use user users using values view where with writetime`)

const commands = words(`
  capture clear cls consistency copy debug desc describe exit expand help login paging quit serial show source tracing unicode`)

const types = words(`
  ascii bigint blob boolean counter date decimal double duration float frozen inet int list map set smallint text time timestamp
  timeuuid tinyint tuple uuid varchar varint vector`)

const constants = words("true false null nan infinity")

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/iy
const NUMBER = /-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?/iy

// Reads up to the closing quote; a doubled quote is the quote itself. The state remembers what a line leaves open.
function quoted(stream, state, quote, style) {
  while (!stream.ended) {
    if (stream.next() !== quote || stream.eat(quote)) continue
    state.open = null
    return style
  }
  state.open = quote
  return style
}

function until(stream, state, end, style) {
  const found = stream.line.indexOf(end, stream.pos)
  stream.pos = found < 0 ? stream.line.length : found + end.length
  state.open = found < 0 ? end : null
  return style
}

function style(stream, state) {
  if (state.open === "'") return quoted(stream, state, "'", "string")
  if (state.open === '"') return quoted(stream, state, '"', "variableName")
  if (state.open === "$$") return until(stream, state, "$$", "string")
  if (state.open === "*/") return until(stream, state, "*/", "comment")
  if (stream.match(/\s+/y)) return null
  if (stream.match(/(--|\/\/).*/y)) return "comment"
  if (stream.eat("/*")) return until(stream, state, "*/", "comment")

  const first = state.first
  state.first = false
  if (stream.eat("$$")) return until(stream, state, "$$", "string")
  if (stream.eat("'")) return quoted(stream, state, "'", "string")
  if (stream.eat('"')) return quoted(stream, state, '"', "variableName")
  if (stream.match(UUID) || stream.match(/0x[0-9a-f]*/iy) || stream.match(NUMBER)) return "number"
  const word = stream.match(/[a-z][a-z0-9_]*/iy)
  if (word) {
    const name = word.toLowerCase()
    if (first && commands.has(name)) return "keyword"
    if (constants.has(name)) return "atom"
    // `list`, `set` and `timestamp` are both; a type is followed by `<`, or by the end of a column's definition.
    if (types.has(name) && (!keywords.has(name) || stream.sees(/\s*(<|,|\)|>|primary\b|static\b)/iy))) return "typeName"
    if (keywords.has(name)) return "keyword"
    return "variableName"
  }
  if (stream.next() === ";") {
    state.first = true
    return "punctuation"
  }
  return "operator"
}

class Stream {
  constructor(line) {
    this.line = line
    this.pos = 0
  }
  get ended() { return this.pos >= this.line.length }
  next() { return this.line[this.pos++] }
  eat(text) {
    const here = this.line.startsWith(text, this.pos)
    if (here) this.pos += text.length
    return here
  }
  // Patterns are sticky.
  match(pattern) {
    pattern.lastIndex = this.pos
    const found = pattern.exec(this.line)
    if (found) this.pos = pattern.lastIndex
    return found?.[0]
  }
  sees(pattern) {
    pattern.lastIndex = this.pos
    return pattern.test(this.line)
  }
}

/** What a text begins with: nothing is open, and a statement may begin. */
export const BEGIN = {open: null, first: true}

/** The tokens of a line that begins in `state`, as {from, to, style}, and the state that the next line begins in. */
export function lineTokens(line, state) {
  const stream = new Stream(line), tokens = [], after = {...state}
  while (!stream.ended) {
    const from = stream.pos, found = style(stream, after)
    if (found) tokens.push({from, to: stream.pos, style: found})
  }
  return {tokens, after}
}
