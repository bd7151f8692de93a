// A worker's beginning: the page sends its program, compiled once for all, which then finds itself in a worker and says so.
// Named by its content in the build (xtask/src/dist.rs).

addEventListener("message", async ({ data }) => {
  try {
    globalThis.ringscopeRest = data.rest
    const { default: start } = await import(data.script)
    await start({ module_or_path: data.module })
  } catch (error) {
    // As an error of this worker, which the page hears, where a rejected promise would be silent.
    setTimeout(() => { throw error })
  }
}, { once: true })
