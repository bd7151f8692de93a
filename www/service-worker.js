// Keeps the page's files, so that it opens without a network once it has been opened with one.
// The build puts the list of files here (xtask/src/dist.rs): their names carry their content, but for the page itself.

const VERSION = "{{VERSION}}"
const FILES = {{FILES}}
const PAGE = "./"
const CACHE = `ringscope ${registration.scope} ${VERSION}`

addEventListener("install", (event) => {
  const fresh = new Request(PAGE, { cache: "no-cache" })
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([fresh, ...FILES])))
})

// Runs once no open page uses the version before, so no page loses the files it was started with.
addEventListener("activate", (event) => {
  const mine = `ringscope ${registration.scope} `
  const old = (name) => name.startsWith(mine) && name !== CACHE
  const clear = caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
  event.waitUntil(clear.then(() => clients.claim()))
})

addEventListener("fetch", (event) => {
  const { request } = event
  if (request.method !== "GET" || !request.url.startsWith(registration.scope)) return
  if (request.mode !== "navigate") return event.respondWith(kept(request, request))
  // The newest page when there is a network, the kept one when there is none.
  const below = request.url.slice(registration.scope.length).replace(/[?#].*/, "")
  if (below === "" || below === "index.html") event.respondWith(fetch(request).catch(() => kept(PAGE, request)))
})

async function kept(key, request) {
  const cache = await caches.open(CACHE)
  return (await cache.match(key)) ?? fetch(request)
}
