import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type Browser, type Page, chromium as playwright } from 'playwright-core'
import { waitFor } from '../wait-for.ts'
import { chromium } from './chromium.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const SCREENSHOTS = join(import.meta.dirname, '../../../dist/screenshots')
const WIDTHS = [320, 1_280, 3_840]
/** The navigation follows the width of the window after a moment. */
const FOLLOWED = `(() => {
  const bar = document.querySelector('.pf-v6-c-page__sidebar')
  return bar === null || bar.classList.contains('pf-m-collapsed') === innerWidth < 1200
})()`

/** `program`: another one that starts Chromium. */
export async function openBrowser(program?: string): Promise<Browser> {
  // It runs as root, in a root directory of its own, and opens only the controller of the test.
  return playwright.launch({
    executablePath: program ?? (await chromium()),
    chromiumSandbox: false,
    args: ['--disable-gpu'],
  })
}

/** What a person has open. */
export interface Visit {
  page: Page
  /** What must not happen on any page: a breach of its security policy, an error of a script, a request to another server. */
  faults: readonly string[]
  close(): Promise<void>
}

/** A browser without a session. `origin`: of the controller. */
export async function visit(browser: Browser, origin: string): Promise<Visit> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, reducedMotion: 'reduce' })
  const faults: string[] = []
  await context.addInitScript({
    content: `addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
      console.error('policy: ' + effectiveDirective + ' ' + blockedURI))`,
  })
  const page = await context.newPage()
  page.on('request', (request) => {
    const { protocol, origin: to } = new URL(request.url())
    if (protocol !== 'data:' && to !== origin) faults.push(`request: ${request.url()}`)
  })
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`))
  page.on('console', (message) => {
    // Chromium reports each answer with an error; the pages handle them.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      faults.push(`console: ${message.text()}`)
  })
  return { page, faults, close: () => context.close() }
}

/** What moves or fades has other colours on its way. What turns for ever, such as a spinner, is not awaited. */
const SETTLED = `Promise.all(
  document.getAnimations()
    .filter(({ effect }) => effect.getComputedTiming().endTime !== Infinity)
    .map(({ finished }) => finished.catch(() => undefined)),
)`

/** What axe finds on the page as it is when its transitions have ended, by rule and element. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  interface Found {
    violations: { id: string; nodes: { target: string[] }[] }[]
  }
  await page.evaluate(`${SETTLED}.then(() => undefined)`)
  // The security policy of the page does not apply to what the browser is told directly.
  await page.evaluate(AXE)
  const { violations } = await page.evaluate<Found>('axe.run()')
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`))
}

/** Pictures of the page from narrow to wide, light and dark, in dist/screenshots. Returns their files. `look`: at each of them. */
export async function screenshots(
  page: Page,
  name: string,
  look?: (picture: string) => Promise<void>,
): Promise<string[]> {
  await mkdir(SCREENSHOTS, { recursive: true })
  const files: string[] = []
  const before = page.viewportSize()
  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of WIDTHS) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height: Math.max(640, Math.round((width * 9) / 16)) })
      await waitFor('the navigation', () => page.evaluate(FOLLOWED))
      const picture = `${name}-${width}-${colorScheme}`
      const path = join(SCREENSHOTS, `${picture}.png`)
      await page.screenshot({ path })
      await look?.(picture)
      files.push(path)
    }
  await page.emulateMedia({ colorScheme: null })
  if (before) await page.setViewportSize(before)
  return files
}
