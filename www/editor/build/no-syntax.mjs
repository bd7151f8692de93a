// Stands for CodeMirror's language package and its trees: CQL has none here (colour.mjs), and what asks for one gets none. It is
// asked in commands that the page binds no key to.
const none = name => () => {
  throw new Error(`${name} needs a syntax tree, and there is none`)
}

export const syntaxTree = none("syntaxTree")
export const matchBrackets = none("matchBrackets")
export const getIndentation = none("getIndentation")
export const getIndentUnit = none("getIndentUnit")
export const indentString = none("indentString")
export const indentUnit = none("indentUnit")
export const IndentContext = none("IndentContext")
export const NodeProp = {}
