// Makes ../editor.js and ../LICENSES.txt:  npm ci && npm run build
import {build} from "esbuild"
import {readFile, writeFile} from "node:fs/promises"
import {gzipSync} from "node:zlib"

// style-mod puts its rules into a <style> element, which `style-src 'self'` forbids; it already knows how to use a constructed
// style sheet, which is allowed, but only does so inside a shadow root. This lifts that one condition.
const constructedStyleSheets = {
  name: "constructed-style-sheets",
  setup(bundle) {
    bundle.onLoad({filter: /style-mod[\\/]src[\\/]style-mod\.js$/}, async ({path}) => {
      const source = await readFile(path, "utf8"), condition = "!root.head && root.adoptedStyleSheets"
      if (source.split(condition).length !== 2) throw new Error("style-mod has changed: look at StyleSet again")
      return {contents: source.replace(condition, "root.adoptedStyleSheets")}
    })
  },
}

const result = await build({
  entryPoints: ["editor.mjs"],
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "RingscopeEditor",
  target: ["es2022"],
  legalComments: "none",
  charset: "utf8",
  banner: {js: "/* CodeMirror 6 (MIT) with CQL: made by build/build.mjs, licences in LICENSES.txt */"},
  outfile: "../editor.js",
  plugins: [constructedStyleSheets],
  alias: {"@codemirror/language": "./no-syntax.mjs", "@lezer/common": "./no-syntax.mjs"},
  metafile: true,
})

const packages = new Set
for (const input of Object.keys(result.metafile.inputs)) {
  const found = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)
  if (found) packages.add(found[1])
}
let licences = "editor.js contains the following packages, each under the MIT licence that follows its name.\n"
for (const name of [...packages].sort()) {
  const {version, license} = JSON.parse(await readFile(`node_modules/${name}/package.json`, "utf8"))
  if (license !== "MIT") throw new Error(`${name} is under ${license}`)
  licences += `\n${"=".repeat(80)}\n${name} ${version}\n\n${(await readFile(`node_modules/${name}/LICENSE`, "utf8")).trim()}\n`
}
await writeFile("../LICENSES.txt", licences)

const size = await readFile("../editor.js")
console.log(`editor.js: ${size.length} bytes, ${gzipSync(size, {level: 9}).length} gzip; ${packages.size} packages`)
