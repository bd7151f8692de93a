// A worker's beginning: whoever starts it sends the program, compiled once for all, and what it is to be, which the program then
// finds here. Named by its content in the build (xtask/src/dist.rs).

addEventListener("message", async ({ data }) => {
  try {
    globalThis.ringscopeStart = data
    const { default: start } = await import(data.script)
    await start({ module_or_path: data.module })
  } catch (error) {
    // As an error of this worker, which its starter hears, where a rejected promise would be silent.
    setTimeout(() => { throw error })
  }
}, { once: true })
