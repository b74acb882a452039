import { join } from 'node:path'
import { expect } from 'vitest'
import { buildConsole } from '../../../build/console.ts'
import { accessibilityFaults, screenshots, type Visit } from './browser.ts'
import { ConsoleSite } from './site.ts'

const ROOT = join(import.meta.dirname, '../../..')
const CONSOLE = join(ROOT, 'dist/.build/console')

/** A controller with the console as it is in its executable. */
export async function openConsole(): Promise<ConsoleSite> {
  await buildConsole(ROOT, CONSOLE)
  return ConsoleSite.open(CONSOLE)
}

/** What can be used, but is beyond the right edge of the window, and in nothing that scrolls. */
const OUT_OF_SIGHT = `[...document.querySelectorAll('h1, h2, a, button, input, select')]
  .filter((element) => element.checkVisibility({ visibilityProperty: true }) && element.getBoundingClientRect().right > innerWidth + 1)
  .filter((element) => {
    for (let above = element.parentElement; above !== null; above = above.parentElement)
      if (above.scrollWidth > above.clientWidth && /auto|scroll/.test(getComputedStyle(above).overflowX)) return false
    return true
  })
  .map((element) => element.textContent || element.outerHTML)`

/**
 * Looks at the page as it is now, from narrow to wide, light and dark: axe finds nothing, all is within the window, and since the page
 * was opened nothing broke its security policy, failed, or asked another server. Pictures are in dist/screenshots.
 */
export async function looksRight({ page, faults }: Visit, name: string): Promise<void> {
  await screenshots(page, name, async (at) => {
    expect(await accessibilityFaults(page), at).toEqual([])
    expect(await page.evaluate(OUT_OF_SIGHT), `${at} has beyond its right edge`).toEqual([])
  })
  expect(faults).toEqual([])
}
