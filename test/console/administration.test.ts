/** The pages of a node, of what nodes are installed from, and of people, against real agents with harmless work. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { buildConsole } from '../../build/console.ts'
import { credentialsText } from '../../src/controller/clusters/join/credentials-text.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { encryptKey } from '../../src/pki/encrypt-key.ts'
import { createKeyPair } from '../../src/pki/key.ts'
import { type Installation, installAgent, type Service } from '../support/agent/installation.ts'
import { accessibilityFaults, openBrowser, screenshots, type Visit, visit } from '../support/console/browser.ts'
import { ConsoleSite } from '../support/console/site.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { waitFor } from '../support/wait-for.ts'

const ROOT = join(import.meta.dirname, '../..')
const FILES = join(ROOT, 'dist/.build/console')
const PASSPHRASE = 'correct horse battery staple'
const PASSWORD = 'correct horse battery'
/** Pictures as large as 4K are drawn without a graphics card. */
const PICTURES_MS = 240_000

let browser: Browser
let site: ConsoleSite
let agent: Installation
let service: Service
let own: Visit
let page: Page
let nodeId: string

beforeAll(async () => {
  await buildConsole(ROOT, FILES)
  site = await ConsoleSite.open(FILES)
  await importSmallBundle(dirname(site.controller.adminFile), Buffer.from('kubelet'))
  const { privateKey } = createKeyPair()
  const cluster = { name: 'demo', settings: {}, csr: buildCsr(privateKey, 'installer') }
  const { json } = await site.admin('POST', '/v1/clusters', cluster)
  const pem = await credentialsText(await encryptKey(privateKey, PASSPHRASE), json.installer)
  agent = await installAgent(pem, PASSPHRASE, 'one')
  service = agent.start()
  nodeId = await waitFor('the node to register', () => agent.status()?.nodeId ?? undefined, { details: service.output })
  for (const [name, role] of [
    ['vera', 'viewer'],
    ['abel', 'approver'],
  ])
    await site.admin('POST', '/v1/accounts', { name, password: PASSWORD, grants: [{ role, project: null }] })
  browser = await openBrowser()
}, 600_000)
afterAll(async () => {
  await browser?.close()
  await service?.end('SIGKILL')
  agent?.remove()
  await site?.close()
})
beforeEach(async () => {
  own = await visit(browser, site.origin)
  page = own.page
})
afterEach(async () => {
  expect(own.faults).toEqual([])
  await own.close()
})

async function signIn(person?: string): Promise<void> {
  await page.goto(await site.link(person))
  await page.getByRole('navigation', { name: 'Pages' }).first().waitFor()
}
const open = async (path: string, heading: string) => {
  await page.goto(`${site.origin}/console${path}`)
  await page.getByRole('heading', { level: 1, name: heading }).waitFor()
}
const button = (name: string) => page.getByRole('button', { name, exact: true })
const signOut = () => page.context().clearCookies()
const dialog = () => page.getByRole('dialog')

/** Neither a fault of axe, nor text that is cut, at any width and in any theme. */
async function looksRight(name: string): Promise<void> {
  expect(await accessibilityFaults(page)).toEqual([])
  await screenshots(page, name)
}

test(
  'a viewer sees a node, and each button says why it cannot be used',
  async () => {
    await signIn('vera')
    await open(`/nodes/${nodeId}`, 'one')
    await button('Approve').focus()
    await page.getByRole('tooltip', { name: /You need the role approver or admin/ }).waitFor()
    await open('/audit', 'Audit log')
    await page.getByText('Only administrators see the audit log').waitFor()
    await open('/people', 'People')
    await page.getByText('Only administrators see the accounts of others').waitFor()
    await open('/people/sessions', 'People')
    await page.getByText('vera this session').waitFor()
  },
  PICTURES_MS,
)

test(
  'an approver compares the fingerprint and approves with the keyboard alone; the facts come by themselves',
  async () => {
    await signIn('abel')
    await open(`/nodes/${nodeId}`, 'one')
    await page.getByText('Nothing is known of the machine yet').waitFor()
    const field = page.getByLabel('Fingerprint that the machine printed')
    await field.fill('SHA256:c29tZXRoaW5nIGVsc2U')
    await page.getByText(/It is another one/).waitFor()
    await field.fill(`Fingerprint: ${agent.status()?.fingerprint}`)
    await page.getByText(/It is the same/).waitFor()
    await looksRight('node-discovered')
    await button('Approve').focus()
    await page.keyboard.press('Enter')
    await dialog().waitFor()
    await dialog().getByRole('button', { name: 'Approve' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText(/Its agent is connected/).waitFor()
    await page.getByRole('grid', { name: 'Disks' }).getByText('cannot be used: mounted').waitFor()
    await looksRight('node')
  },
  PICTURES_MS,
)

test(
  'a run that is going on shows its steps, and its log is followed and saved',
  async () => {
    await signIn()
    await open(`/nodes/${nodeId}/runs`, 'one')
    await page.getByText('Nothing was done on this node yet').waitFor()
    await site.admin('POST', `/v1/nodes/${nodeId}/configure`, { roles: ['master', 'worker'] })
    await site.admin('POST', '/v1/clusters/demo/provision')
    await page.getByText('3 of 3 steps').waitFor()
    await looksRight('node-runs')
    await page.getByRole('link', { name: /^Log of/ }).click()
    await page.getByText(/step 3 in process/).waitFor()
    await page
      .getByRole('searchbox', { name: 'Filter the lines' })
      .or(page.getByLabel('Filter the lines'))
      .fill('step-2')
    await waitFor('the filter in the address', () => page.url().includes('q=step-2') || undefined)
    const saving = page.waitForEvent('download')
    await button('Download').click()
    const file = await (await saving).path()
    expect(readFileSync(file, 'utf8')).toContain('fake/step-2')
    await looksRight('node-log')
  },
  PICTURES_MS,
)

test(
  'bundles and images are listed, and a bundle is deleted after its name is typed',
  async () => {
    await signIn('vera')
    await open('/bundles', 'Bundles')
    const [bundle] = (await site.admin('GET', '/v1/bundles')).json
    const actions = page.getByRole('row', { name: new RegExp(bundle.name) }).getByRole('button')
    await actions.last().click()
    expect(await page.getByRole('menuitem', { name: 'Delete' }).getAttribute('aria-disabled')).toBe('true')
    await signOut()
    await signIn()
    await open('/bundles', 'Bundles')
    await page.getByText('No image was added to cluster demo', { exact: false }).waitFor()
    await looksRight('bundles')
    await page
      .getByRole('row', { name: new RegExp(bundle.name) })
      .getByRole('button')
      .last()
      .click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    await page.getByLabel(/^Type/).fill(bundle.name)
    await dialog().getByRole('button', { name: 'Delete bundle' }).click()
    await dialog()
      .getByText(/cluster demo/)
      .first()
      .waitFor()
  },
  PICTURES_MS,
)

test(
  'an administrator creates an account with a role in a project, and its password is long',
  async () => {
    await signIn()
    await open('/people', 'People')
    await button('Create an account').click()
    await page.getByLabel('Name', { exact: true }).fill('olga')
    await page.getByLabel('Password', { exact: true }).fill('short')
    expect(await dialog().getByRole('button', { name: 'Create' }).isDisabled()).toBe(true)
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.getByLabel('Role 1', { exact: true }).selectOption('operator')
    await page.getByLabel('Project of role 1').fill('berlin')
    await looksRight('people-create')
    await dialog().getByRole('button', { name: 'Create' }).click()
    await page.getByRole('row', { name: /olga.*operator in berlin/ }).waitFor()
    await looksRight('people')
  },
  PICTURES_MS,
)

test(
  'a project is listed with its clusters and the roles in it',
  async () => {
    await site.admin('POST', '/v1/accounts', {
      ...{ name: 'omar', password: PASSWORD, grants: [{ role: 'operator', project: 'paris' }] },
    })
    await signIn()
    await open('/projects', 'Projects')
    await page.getByRole('row', { name: /paris.*omar \(operator\)/ }).waitFor()
    await looksRight('projects')
  },
  PICTURES_MS,
)

test(
  'the secret of a token is shown once and works, and a revoked one is refused',
  async () => {
    await signIn()
    await open('/people/tokens', 'People')
    await button('Create a token').click()
    await page.getByLabel('Name', { exact: true }).fill('ci')
    await page.getByLabel('Role 1', { exact: true }).selectOption('viewer')
    await dialog().getByRole('button', { name: 'Create' }).click()
    await page.getByText('Token ci is created').waitFor()
    const secret = /cantrip_[\w-]{43}/.exec((await dialog().textContent()) ?? '')?.[0] ?? ''
    await looksRight('people-token')
    const status = () =>
      page.evaluate(
        `fetch('/v1/clusters', { credentials: 'omit', headers: { authorization: 'Bearer ${secret}' } }).then((answer) => answer.status)`,
      )
    expect(await status()).toBe(200)
    await button('I have copied it').click()
    await page.getByRole('row', { name: /ci.*valid.*viewer/ }).waitFor()
    expect(await page.content()).not.toContain(secret)
    await page.getByRole('row', { name: /ci/ }).getByRole('button').last().click()
    await page.getByRole('menuitem', { name: 'Revoke' }).click()
    await page.getByLabel(/^Type/).fill('ci')
    await dialog().getByRole('button', { name: 'Revoke token' }).click()
    await page.getByRole('row', { name: /ci.*revoked/ }).waitFor()
    expect(await status()).toBe(401)
  },
  PICTURES_MS,
)

test(
  'a session that an administrator ends is over at once in the other browser',
  async () => {
    await site.admin('POST', '/v1/accounts', {
      name: 'sven',
      password: PASSWORD,
      grants: [{ role: 'viewer', project: null }],
    })
    const other = await visit(browser, site.origin)
    await other.page.goto(await site.link('sven'))
    await other.page.getByRole('navigation', { name: 'Pages' }).first().waitFor()
    await signIn()
    await open('/people/sessions', 'People')
    await page.getByRole('row', { name: /sven/ }).waitFor()
    await looksRight('people-sessions')
    await page.getByRole('row', { name: /sven/ }).getByRole('button').last().click()
    await page.getByRole('menuitem', { name: 'End', exact: true }).click()
    await other.page.getByRole('heading', { name: 'Sign in to Cantrip' }).waitFor()
    expect(other.faults).toEqual([])
    await other.close()
  },
  PICTURES_MS,
)

test(
  'entries of the audit log come by themselves, as the address filters them, and are saved',
  async () => {
    await signIn()
    await open('/audit?who=abel', 'Audit log')
    await page.getByRole('row', { name: /abel.*approveNode/ }).waitFor()
    await open('/audit?q=createAccount', 'Audit log')
    await page.getByText(/new ones are shown as they come/).waitFor()
    await site.admin('POST', '/v1/accounts', { name: 'nina', password: PASSWORD, grants: [] })
    await page.getByRole('row', { name: /createAccount.*nina/ }).waitFor()
    const saving = page.waitForEvent('download')
    await button('Download').click()
    const lines = readFileSync(await (await saving).path(), 'utf8')
      .trim()
      .split('\n')
    expect(lines.map((line) => JSON.parse(line).number)).toEqual(lines.map((_, at) => at + 1))
    await looksRight('audit')
    await page.getByLabel('Only what was refused or failed').click()
    await waitFor('the filter in the address', () => page.url().includes('refused=1') || undefined)
  },
  PICTURES_MS,
)

test(
  'the page about the controller has its versions, its documentation and the licenses of others',
  async () => {
    await signIn('vera')
    await open('/about', 'About')
    await page.getByText('0.1.0 on 1 node').waitFor()
    const notices = await page.evaluate("fetch('/console/notices.txt').then((answer) => answer.text())")
    for (const name of ['react', '@patternfly/react-core', '@tanstack/react-query', 'openapi-fetch'])
      expect(notices).toMatch(new RegExp(`^${name} \\d`, 'm'))
    await looksRight('about')
    await open('/people/sign-in', 'People')
    await looksRight('people-sign-in')
  },
  PICTURES_MS,
)
