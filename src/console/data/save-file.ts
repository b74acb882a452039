/** Gives the browser a text to save as a file. */
export function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has begun to read when the click is over, but needs the address until it has read.
  window.setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
