// Starts the page's WebAssembly. A file of its own because the Content-Security-Policy admits no inline script.
// Addresses come from the document, and are relative to it, so the page runs from any path.

const address = (name) => {
  const content = document.querySelector(`meta[name="${name}"]`)?.content
  return content && new URL(content, document.baseURI)
}

try {
  const { default: start } = await import(address("ringscope-app"))
  await start({ module_or_path: address("ringscope-app-wasm") })
} catch (error) {
  document.getElementById("app").textContent = `Ringscope could not start: ${error}`
  throw error
}

// Absent in development, where a kept copy would only stand in the way.
const offline = address("ringscope-offline")
if (offline && "serviceWorker" in navigator) {
  // Refused in some private windows and embeddings. The page works without it, so that is no error.
  // Asked for a newer one here: a browser looks by itself only when the kept one has been idle for a while.
  const looked = navigator.serviceWorker.register(offline, { updateViaCache: "none" }).then((it) => it.update())
  looked.catch(() => {})
}
