/** What every page of the console relies on, in a browser: signing in, the security policy, and events without asking again. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { accessibilityFaults, openBrowser, screenshots, type Visit, visit } from '../support/console/browser.ts'
import { ConsoleSite } from '../support/console/site.ts'
import { createCluster, enrolNode } from '../support/controller/client.ts'
import { waitFor } from '../support/wait-for.ts'

let browser: Browser
let site: ConsoleSite
let own: Visit

beforeAll(async () => {
  site = await ConsoleSite.open(join(import.meta.dirname, 'fixture'))
  browser = await openBrowser()
}, 600_000)
afterAll(async () => {
  await browser?.close()
  await site?.close()
})
beforeEach(async () => {
  own = await visit(browser, site.origin)
})
afterEach(() => own.close())

const status = () => own.page.getByRole('status').textContent()
const shows = (text: string) => waitFor(`the status ${text}`, async () => (await status()) === text)
const events = () => own.page.getByRole('listitem').allTextContents()

test('a link signs in once, and leaves no trace in the address', async () => {
  const link = await site.link()
  await own.page.goto(link)
  await shows('Signed in as administrator local')
  expect(own.page.url()).toBe(`${site.origin}/console/login`)
  expect(await own.page.evaluate('document.cookie')).toBe('')
  expect(await accessibilityFaults(own.page)).toEqual([])
  await own.page.goto(`${site.origin}/`)
  await shows('Signed in as administrator local')
  expect(own.page.url()).toBe(`${site.origin}/console/`)
  expect(own.faults).toEqual([])
  const other = await visit(browser, site.origin)
  await other.page.goto(link)
  await waitFor('the refusal', async () => (await other.page.getByRole('status').textContent())?.startsWith('Not'))
  await other.close()
})

test('a click changes something, and a session that was ended is over', async () => {
  await own.page.goto(await site.link())
  await shows('Signed in as administrator local')
  await own.page.getByRole('button', { name: 'Create account' }).click()
  await shows('Created olga')
  const sessions = (await site.admin('GET', '/v1/sessions')).json
  for (const { id } of sessions) await site.admin('DELETE', `/v1/sessions/${id}`)
  await own.page.reload()
  await shows('Not signed in: session/ended')
  expect(own.faults).toEqual([])
})

test('events arrive by themselves, each once, also over a restart of the controller', async () => {
  await own.page.goto(await site.link())
  await own.page.locator('body[data-live]').waitFor()
  const installer = await createCluster(site.controller, 'demo')
  await own.page.locator('body[data-clusters=demo]').waitFor()
  const enrolled = async (name: string) => {
    await enrolNode(site.controller, installer, name)
    await waitFor(`events of ${name}`, async () => (await events()).some((text) => text.endsWith(`${name} APPROVED`)))
  }
  await enrolled('one')
  await site.stop()
  await own.page.locator('body:not([data-live])').waitFor()
  await site.start()
  await enrolled('two')
  const numbers = (await events()).map((text) => Number.parseInt(text, 10))
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
  expect(own.faults).toEqual([])
})

test('what a page must not do does not work, and is found', async () => {
  await own.page.goto(`${site.origin}/console/`)
  await shows('Not signed in: identity/none')
  expect(own.faults).toEqual([])
  const attempts: Record<string, RegExp> = {
    "Object.assign(document.body.appendChild(document.createElement('img')), { src: 'https://example.org/x.png' })":
      /img-src/,
    "document.body.innerHTML = '<p>text</p>'": /require-trusted-types-for/,
    "document.body.appendChild(document.createElement('style')).textContent = 'p { color: red }'": /style-src/,
    "document.body.appendChild(document.createElement('iframe')).src = 'https://example.org/'": /frame-src|default-src/,
    "fetch('https://example.org/').catch(() => undefined)": /connect-src/,
  }
  for (const [attempt, found] of Object.entries(attempts)) {
    await own.page.evaluate(`void (() => { try { ${attempt} } catch {} })()`)
    await waitFor(attempt, () => own.faults.some((fault) => found.test(fault)), {
      details: () => own.faults.join('\n'),
    })
  }
  await own.page.evaluate("document.querySelector('button').textContent = ''")
  expect(await accessibilityFaults(own.page)).toContain('button-name: button')
})

test('pictures of a page are of each width and each theme', async () => {
  await own.page.goto(await site.link())
  await shows('Signed in as administrator local')
  const pictures = (await screenshots(own.page, 'fixture')).map((file) => readFileSync(file))
  expect(new Set(pictures.map((bytes) => bytes.toString('base64'))).size).toBe(6)
  // PNG: the width is a number at byte 16.
  expect(pictures.map((bytes) => bytes.readUInt32BE(16))).toEqual([320, 1_280, 3_840, 320, 1_280, 3_840])
})
