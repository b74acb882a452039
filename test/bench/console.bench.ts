/**
 * What a browser loads for the first page of the web console, compressed with gzip, and the longest frame while the table of
 * 5,000 nodes scrolls and is filtered: the ratio is this frame ÷ 50 ms, which a person does not notice.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildConsole } from '../../build/console.ts'
import { consoleFilesIn } from '../../build/console-files.ts'
import { startController } from '../../src/controller/start.ts'
import { openBrowser, visit } from '../support/console/browser.ts'
import { adminOf, call } from '../support/controller/client.ts'
import { createFleet } from './fleet.ts'
import { goal, report } from './measure.ts'

const ROOT = join(import.meta.dirname, '../..')
const CONSOLE = join(ROOT, 'dist/.build/console')
const NODES = 5_000
const FRAME_MS = 50
const MOST_KB = 350

/** Notes the time between frames. */
const OBSERVE = `(() => {
  window.frames_ = []
  let last
  const note = (now) => {
    if (last !== undefined) window.frames_.push(now - last)
    last = now
    requestAnimationFrame(note)
  }
  requestAnimationFrame(note)
})()`
const SCROLL = `(async () => {
  const scroller = document.querySelector('.scroller')
  for (let each = 0; each < 120; each++) {
    scroller.scrollTop += each < 60 ? 137 : scroller.scrollHeight / 60
    await new Promise(requestAnimationFrame)
  }
  return scroller.scrollTop
})()`

await buildConsole(ROOT, CONSOLE)
const files = await consoleFilesIn(CONSOLE)
const dataDirectory = mkdtempSync(join(tmpdir(), 'bench-'))
await createFleet(dataDirectory, NODES, 5)
const controller = await startController({
  ...{ dataDirectory, listen: { host: '127.0.0.1', port: 0 }, tickMs: 600_000 },
  consoleAssets: new Map(files.map((file) => [file, readFileSync(join(CONSOLE, file))])),
})
const browser = await openBrowser()
try {
  const { page, faults, close } = await visit(browser, controller.url)
  const loaded = new Set<string>()
  page.on('request', (request) => {
    const { pathname } = new URL(request.url())
    if (pathname.startsWith('/console/assets/')) loaded.add(pathname.slice('/console/'.length))
  })
  const { json } = await call(controller.url, adminOf(controller), 'POST', '/v1/login/codes', {})
  await page.goto(json.url)
  await page
    .getByRole('link', { name: `${NODES} READY` })
    .or(page.getByRole('link', { name: `${NODES} nodes` }))
    .first()
    .waitFor()
  const bytes = [...loaded, 'index.html'].map((file) => {
    const packed = files.includes(`${file}.gz`) ? `${file}.gz` : file
    return readFileSync(join(CONSOLE, packed)).length
  })
  const kb = bytes.reduce((sum, each) => sum + each, 0) / 1_000
  goal(`first load, ${bytes.length} files, gzip`, kb, MOST_KB, 'kB')

  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Nodes' }).click()
  await page.getByRole('link', { name: 'node-0', exact: true }).waitFor()
  await page.evaluate(OBSERVE)
  await page.evaluate(SCROLL)
  const longest = async (what: string) => {
    const ms = await page.evaluate<number>('Math.max(...window.frames_.splice(0))')
    goal(`longest frame while the table ${what}`, ms, FRAME_MS, 'ms')
    return ms
  }
  const scrolled = await longest('scrolls')
  await page.getByRole('textbox', { name: 'Search' }).pressSequentially('node-49')
  await page.getByText('node-4999', { exact: true }).waitFor()
  await page.evaluate('new Promise(requestAnimationFrame)')
  const filtered = await longest('is filtered')
  await close()
  if (faults.length > 0) throw new Error(faults.join('\n'))
  report(
    'console',
    Math.max(scrolled, filtered) / FRAME_MS,
    1,
    `longest frame of a table of ${NODES} nodes ÷ ${FRAME_MS} ms; first load ${kb.toFixed(0)} kB`,
  )
} finally {
  await browser.close()
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
}
