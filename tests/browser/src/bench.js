// What a benchmark does in the page. Runs before the page's own scripts; everything is a person's: text pasted, keys pressed.
window.bench = {
  long: [],
  paste(text) {
    const content = document.querySelector(".cm-content")
    const data = new DataTransfer()
    data.setData("text/plain", text)
    content.focus()
    content.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }))
    const key = { key: "Enter", code: "Enter", keyCode: 13, ctrlKey: true, bubbles: true, cancelable: true }
    content.dispatchEvent(new KeyboardEvent("keydown", key))
  },
  // Pastes, and notes how long it took until an output with `end` in it stood last.
  run(text, end) {
    bench.took = null
    const started = performance.now(), blocks = document.querySelectorAll(".transcript .block").length
    bench.paste(text)
    const look = () => {
      const all = document.querySelectorAll(".transcript .block"), outputs = all[all.length - 1]?.querySelectorAll(".output")
      const last = all.length > blocks && outputs?.[outputs.length - 1]
      if (last && last.textContent.includes(end)) bench.took = performance.now() - started
      else requestAnimationFrame(look)
    }
    look()
  },
  // The first question is asked as soon as there is a prompt to type it into.
  ask(text) {
    const look = () => {
      if (!bench.asked && document.querySelector(".cm-content")) {
        bench.asked = performance.now()
        bench.paste(text)
      }
      if (document.querySelector(".transcript .output")) bench.answered = performance.now()
      else requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  },
}
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) bench.long.push(entry.duration)
}).observe({ type: "longtask", buffered: true })
