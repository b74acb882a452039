/** Signing in and out, and what each role sees and may do, in a browser. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openBrowser, type Visit, visit } from '../support/console/browser.ts'
import { looksRight, openConsole } from '../support/console/console.ts'
import { keyboard } from '../support/console/hands.ts'
import type { ConsoleSite } from '../support/console/site.ts'
import { createCluster, enrolNode, type Installer } from '../support/controller/client.ts'
import { discoverNode } from '../support/controller/discover-node.ts'
import { waitFor } from '../support/wait-for.ts'

const PASSWORD = 'correct horse battery'
let browser: Browser
let site: ConsoleSite
let installer: Installer
let own: Visit
let page: Page

beforeAll(async () => {
  site = await openConsole()
  browser = await openBrowser()
}, 600_000)
afterAll(async () => {
  await browser?.close()
  await site?.close()
})
beforeEach(async () => {
  own = await visit(browser, site.origin)
  page = own.page
  page.setDefaultTimeout(30_000)
})
afterEach(async () => {
  await own.close()
})

const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true })
const heading = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor()
const open = (name: string) =>
  page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: true }).click()
const nodes = () => page.getByRole('grid', { name: 'Nodes' })

async function signOut(person: string): Promise<void> {
  await button(person).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
}

async function createAccount(name: string, role: string): Promise<void> {
  const grants = [{ role, project: null }]
  const { status, text } = await site.admin('POST', '/v1/accounts', { name, password: PASSWORD, grants })
  if (status !== 200) throw new Error(text)
}

async function signInAs(name: string): Promise<void> {
  await page.goto(`${site.origin}/console/nodes`)
  await page.getByRole('textbox', { name: 'Name' }).fill(name)
  await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
  await button('Sign in').click()
  await heading('Nodes')
}

test('a link signs in, and its code is used once', async () => {
  await page.goto(await site.link())
  await heading('Overview')
  expect(page.url()).toBe(`${site.origin}/console`)
  expect(await page.evaluate('document.cookie')).toBe('')
  await page.getByText('No clusters yet').waitFor()
  await looksRight(own, 'overview-none')
  await open('Nodes')
  await page.getByText('No nodes yet').waitFor()
  await signOut('local')
  await heading('Sign in to Cantrip')
  expect(await page.getByText('You are not signed in').count()).toBe(0)
  await page.reload()
  await heading('Sign in to Cantrip')
  expect(own.faults).toEqual([])
})

test('an account signs in after a wrong password, by keys alone', async () => {
  await createAccount('olga', 'admin')
  const { press, write } = keyboard(page)
  await page.goto(`${site.origin}/console/nodes`)
  await write(page.getByRole('textbox', { name: 'Name' }), 'olga')
  await write(page.getByRole('textbox', { name: 'Password' }), 'wrong')
  await page.keyboard.press('Enter')
  await page.getByText('You are not signed in').waitFor()
  await looksRight(own, 'login')
  await write(page.getByRole('textbox', { name: 'Password' }), PASSWORD)
  await page.keyboard.press('Enter')
  await heading('Nodes')
  await press(page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Clusters' }))
  await heading('Clusters')
  await press(button('olga'))
  const entry = page.getByRole('menuitem', { name: 'Sign out' })
  await entry.waitFor()
  await waitFor('the focus on Sign out', async () => {
    await page.keyboard.press('ArrowDown')
    return entry.evaluate((element) => element === element.ownerDocument.activeElement)
  })
  await page.keyboard.press('Enter')
  await heading('Sign in to Cantrip')
})

test('an API token signs in, and a session that was ended is over at once', async () => {
  const { json } = await site.admin('POST', '/v1/tokens', { name: 'ci', grants: [{ role: 'viewer', project: null }] })
  await page.goto(`${site.origin}/console/`)
  await button('Sign in with an API token or a login code').click()
  await page.getByRole('textbox', { name: 'Token or code' }).fill(json.secret)
  await button('Sign in with it').click()
  await heading('Overview')
  const sessions = (await site.admin('GET', '/v1/sessions')).json
  for (const { id } of sessions) await site.admin('DELETE', `/v1/sessions/${id}`)
  await heading('Sign in to Cantrip')
  expect(own.faults).toEqual([])
})

test('clusters and nodes appear by themselves; a viewer sees them, and reads why they can do nothing', async () => {
  await createAccount('vera', 'viewer')
  await signInAs('vera')
  installer = await createCluster(site.controller, 'demo')
  await enrolNode(site.controller, installer, 'm1')
  for (const name of ['w1', 'w2', 'w10']) await discoverNode(site.controller, installer, name)
  await nodes().getByRole('link', { name: 'w10' }).waitFor()
  await page.getByRole('checkbox', { name: /^Select all/ }).check()
  expect(await button('Approve 4').getAttribute('aria-disabled')).toBe('true')
  await button('Approve 4').focus()
  await page
    .getByRole('tooltip', { name: /You need the role approver or admin in project default/ })
    .or(page.getByText('You need the role approver or admin in project default'))
    .first()
    .waitFor()
  await page.mouse.move(1, 1)
  await button('Approve 4').blur()
  await looksRight(own, 'nodes')
  await open('Overview')
  await page.getByRole('link', { name: '3 DISCOVERED' }).click()
  await heading('Nodes')
  expect(page.url()).toBe(`${site.origin}/console/nodes?q=state%3Adiscovered`)
  await nodes().getByRole('link', { name: 'w1', exact: true }).waitFor()
  expect(await nodes().getByRole('link', { name: 'm1' }).count()).toBe(0)
})

test('an approver approves many nodes at once, and configures none', async () => {
  await createAccount('anna', 'approver')
  await signInAs('anna')
  await page
    .getByRole('searchbox', { name: 'Search' })
    .or(page.getByRole('textbox', { name: 'Search' }))
    .fill('state:discovered')
  await page.getByRole('checkbox', { name: 'Select all 3' }).check()
  expect(await button('Configure 3').getAttribute('aria-disabled')).toBe('true')
  await button('Approve 3').click()
  const dialog = page.getByRole('dialog')
  await dialog
    .getByText(/^SHA256:/)
    .first()
    .waitFor()
  await looksRight(own, 'approve')
  await dialog.getByRole('button', { name: 'Approve', exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  const found = (await site.admin('GET', '/v1/nodes')).json.items.map(({ state }: { state: string }) => state)
  expect(found).toEqual(['APPROVED', 'APPROVED', 'APPROVED', 'APPROVED'])
})

test('the page says that the controller is away, and goes on when it is back', async () => {
  await page.goto(await site.link())
  await heading('Overview')
  await looksRight(own, 'overview')
  await open('Nodes')
  await nodes().getByRole('link', { name: 'm1' }).waitFor()
  await site.stop()
  await page.getByText('The connection to the controller is lost').waitFor()
  await signOut('local')
  await page.getByText('You are still signed in').waitFor()
  await looksRight(own, 'lost')
  await site.start()
  await page.getByText('The connection to the controller is lost').waitFor({ state: 'detached' })
  await discoverNode(site.controller, installer, 'late')
  await nodes().getByRole('link', { name: 'late' }).waitFor()
})
