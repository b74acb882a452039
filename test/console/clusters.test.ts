/** The pages of clusters in a browser, with a controller and agents whose work takes no time. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { buildConsole } from '../../build/console.ts'
import { partsOf } from '../../src/agent/identity/identity.ts'
import { type Installation, installAgent } from '../support/agent/installation.ts'
import { accessibilityFaults, openBrowser, screenshots, type Visit, visit } from '../support/console/browser.ts'
import { ClusterHands, keyboard, mouse } from '../support/console/hands.ts'
import { ConsoleSite } from '../support/console/site.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { call, operatorOf } from '../support/controller/client.ts'
import { wellReport } from '../support/controller/well-report.ts'
import { waitFor } from '../support/wait-for.ts'

const ROOT = join(import.meta.dirname, '../..')
const CONSOLE = join(ROOT, 'dist/.build/console')
const BOTH = 'Master that also runs workloads'
let browser: Browser
let site: ConsoleSite
let own: Visit
let page: Page
let hands: ClusterHands
const agents: Installation[] = []

beforeAll(async () => {
  await buildConsole(ROOT, CONSOLE)
  site = await ConsoleSite.open(CONSOLE)
  await importSmallBundle(site.directory, Buffer.from('kubelet'))
  browser = await openBrowser()
}, 600_000)
afterAll(async () => {
  await browser?.close()
  await site?.close()
})
beforeEach(async () => {
  own = await visit(browser, site.origin)
  page = own.page
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  page.setDefaultTimeout(30_000)
  hands = new ClusterHands(page)
})
afterEach(async () => {
  for (const agent of agents.splice(0)) agent.remove()
  await own.close()
})

async function agentWith(
  { pem, passphrase }: { pem: string; passphrase: string },
  name: string,
): Promise<Installation> {
  const agent = await installAgent(pem, passphrase, name)
  agent.setMachine({ machineId: name.padEnd(32, '0').replace(/[^0-9a-f]/g, 'a') })
  agents.push(agent)
  agent.start()
  return agent
}

/** What the operator reports when the nodes are well. */
async function report(master: Installation, ...nodes: string[]): Promise<void> {
  const { key = '', cert = '' } = partsOf(readFileSync(master.paths.nodeIdentity, 'utf8'))
  const ca = readFileSync(master.paths.caFile, 'utf8')
  const operator = await operatorOf(site.controller, { ca, cert, key })
  const { status, text } = await call(
    site.origin,
    operator,
    'POST',
    '/v1/operator/report',
    wellReport(nodes, nodes.slice(0, 1)),
  )
  if (status !== 200) throw new Error(text)
}

const nodesOf = async (cluster: string) => (await site.admin('GET', `/v1/nodes?cluster=${cluster}`)).json.items
const runIsDone = (node: string, cluster: string) =>
  waitFor(`the run of ${node}`, async () => {
    const found = (await nodesOf(cluster)).find(({ name }: { name: string }) => name === node)
    return found?.run !== null && found?.run.state !== 'open'
  })

/** Of all nodes. */
const factsOf = (cluster: string) =>
  waitFor('the facts', async () => (await nodesOf(cluster)).every(({ os }: { os: string }) => os !== ''))

/** No page has a fault, in any size and theme that is looked at. */
async function look(name: string): Promise<void> {
  // The reason of a button is told beside the page, as long as the pointer or the focus is on the button.
  await page.mouse.move(1, 1)
  await page.evaluate('document.activeElement.matches("[aria-disabled]") && document.activeElement.blur()')
  await page.getByRole('tooltip').waitFor({ state: 'detached' })
  if (process.env.CANTRIP_SCREENSHOTS !== undefined) await screenshots(page, name)
  expect(await accessibilityFaults(page), name).toEqual([])
}

test('a cluster is created, provisioned, changed, extended, reset and deleted by clicks', async () => {
  await hands.signIn(await site.link())
  await hands.open('Clusters')
  await look('clusters-none')
  await hands.create('demo', { 'Other settings': { Location: 'hall 1' } })
  const { pem, passphrase } = await hands.credentials('demo')
  await hands.press('Copy the command for amd64')
  const copied = await page.evaluate<string>('navigator.clipboard.readText()')
  expect(copied).toBe('sudo ./agent-linux-x64 --creds-file demo.pem --passphrase-file demo-passphrase.txt')
  await look('created')
  await page.getByRole('link', { name: 'cluster demo' }).click()

  const one = await agentWith({ pem, passphrase }, 'one')
  await hands.node('one', 'DISCOVERED')
  await look('cluster-nodes')
  expect(await hands.approve('one')).toBe(one.status()?.fingerprint)
  await hands.node('one', 'APPROVED')
  await hands.configure('one', BOTH, async (dialog) => {
    await (await hands.interfaces(dialog)).selectOption('eth1')
    await dialog.getByRole('checkbox', { name: /\/dev\/sdb/ }).check()
    expect(await dialog.getByRole('checkbox', { name: /\/dev\/sda/ }).isDisabled()).toBe(true)
  })
  await hands.node('one', 'CONFIGURED')

  await hands.provision()
  await hands.tab('demo', 'Overview')
  await runIsDone('one', 'demo')
  await report(one, 'one')
  await hands.state('READY')
  const stages = page.getByRole('list', { name: 'Stages' }).getByRole('listitem')
  await waitFor('all stages', async () => (await stages.getByText('done', { exact: true }).count()) === 5)
  await look('cluster-overview')
  await page.getByRole('heading', { level: 1 }).getByRole('link', { name: 'READY' }).click()
  await page.getByRole('button', { name: '3 of 3 steps' }).click()
  await page.getByText('Taking step 2').waitFor()
  await look('cluster-history')
  await page.getByRole('link', { name: /^Log of/ }).click()
  await page.getByText(/step 1 in process/).waitFor()
  await look('cluster-log')
  const saved = page.waitForEvent('download')
  await hands.press('Download')
  expect(readFileSync(await (await saved).path(), 'utf8')).toMatch(/one info step 3 in process/)
  for (const tab of ['Health', 'Connections', 'Upgrade']) {
    await hands.tab('demo', tab)
    await page.getByRole('heading', { level: 2 }).first().waitFor()
    await look(`cluster-${tab.toLowerCase()}`)
  }

  await hands.tab('demo', 'Configuration')
  const settings = page.getByRole('textbox', { name: 'Settings as YAML' })
  await settings.fill((await settings.inputValue()).replace('hall 1', 'hall 2'))
  await page.getByText('+ location: hall 2').waitFor()
  await hands.press('Check the changes')
  await page.getByRole('grid', { name: 'Changes' }).getByText('at once, nothing restarts').waitFor()
  await look('cluster-configuration')
  await hands.press('Apply')
  await waitFor(
    'the change',
    async () => (await site.admin('GET', '/v1/clusters/demo')).json.settings.location === 'hall 2',
  )
  await page.getByText('+ location: hall 2').waitFor({ state: 'detached' })

  await hands.press('Add nodes')
  await hands.press('Issue credentials')
  const two = await agentWith(await hands.credentials('demo-2'), 'two')
  await look('cluster-join')
  await hands.tab('demo', 'Nodes')
  await hands.node('two', 'DISCOVERED')
  expect(await hands.approve('two')).toBe(two.status()?.fingerprint)
  await hands.node('two', 'APPROVED')
  await factsOf('demo')
  await hands.configure('two', 'Worker')
  await hands.node('two', 'CONFIGURED')
  await hands.provision()
  await runIsDone('two', 'demo')
  await report(one, 'one', 'two')
  await hands.node('two', 'READY')
  const dialog = await hands.begin('two', 'Remove')
  await look('cluster-remove')
  await dialog.getByRole('button', { name: 'Remove', exact: true }).click()
  await hands.row('two').waitFor({ state: 'detached' })

  await hands.tab('demo', 'Reset and delete')
  await look('cluster-end')
  await hands.confirm('Reset cluster', 'demo')
  await waitFor('the reset', async () => (await site.admin('GET', '/v1/clusters/demo')).json.state === 'NEW')
  await hands.confirm('Delete cluster', 'demo')
  await page.getByRole('heading', { name: 'No clusters yet' }).waitFor()
  expect(own.faults).toEqual([])
}, 300_000)

test('the same up to READY with the keyboard alone', async () => {
  hands = new ClusterHands(page, keyboard(page))
  await hands.signIn(await site.link())
  await hands.create('keys')
  const credentials = await hands.credentials('keys')
  await hands.hands.press(page.getByRole('link', { name: 'cluster keys' }))
  const one = await agentWith(credentials, 'one')
  await hands.node('one', 'DISCOVERED')
  await hands.approve('one')
  await hands.node('one', 'APPROVED')
  await factsOf('keys')
  await hands.configure('one', BOTH)
  await hands.node('one', 'CONFIGURED')
  await hands.provision()
  await runIsDone('one', 'keys')
  await report(one, 'one')
  await hands.state('READY')
  await hands.tab('keys', 'Reset and delete')
  await hands.confirm('Reset cluster', 'keys')
  await waitFor('the reset', async () => (await site.admin('GET', '/v1/clusters/keys')).json.state === 'NEW')
  await hands.confirm('Delete cluster', 'keys')
  await page.getByRole('heading', { name: 'No clusters yet' }).waitFor()
  expect(own.faults).toEqual([])
}, 300_000)

test('the error of a node stays, and after another attempt it is in the history with its log', async () => {
  await hands.signIn(await site.link())
  await hands.create('broken')
  const one = await agentWith(await hands.credentials('broken'), 'one')
  one.setWork('0 failing')
  await page.getByRole('link', { name: 'cluster broken' }).click()
  await hands.node('one', 'DISCOVERED')
  await hands.approve('one')
  await hands.node('one', 'APPROVED')
  await factsOf('broken')
  await hands.configure('one', BOTH)
  await hands.provision()
  await hands.state('FAILED')
  await hands.tab('broken', 'Overview')
  await page.getByText('Node one has failed').waitFor()
  await page.getByText('The disk of step 2 is full', { exact: true }).waitFor()
  await page.getByText('free 1 GiB').waitFor()
  await look('cluster-failed')
  await page.reload()
  await page.getByText('Node one has failed').waitFor()
  one.setWork('0')
  await hands.provision()
  await runIsDone('one', 'broken')
  await report(one, 'one')
  await hands.state('READY')
  await page.getByText('Node one has failed').waitFor({ state: 'detached' })
  await hands.tab('broken', 'History')
  const runs = page
    .getByRole('main')
    .getByRole('listitem')
    .filter({ has: page.getByRole('link', { name: /^Log of/ }) })
  await waitFor('two attempts', async () => (await runs.count()) === 2)
  const failed = runs.filter({ hasText: 'failed' })
  await failed.getByText('The disk of step 2 is full').first().waitFor()
  await look('cluster-attempts')
  await failed.getByRole('link', { name: /^Log of/ }).click()
  await page.getByText(/ends: failed/).waitFor()
  expect(await page.getByText(/ends: done/).count()).toBe(0)
  await site.admin('DELETE', '/v1/clusters/broken?force=1')
  expect(own.faults).toEqual([])
}, 300_000)

test('what a viewer may not do is told, and what is typed is checked at once', async () => {
  const account = {
    name: 'vera',
    password: 'correct horse battery staple',
    grants: [{ role: 'viewer', project: null }],
  }
  expect((await site.admin('POST', '/v1/accounts', account)).status).toBe(200)
  await hands.signIn(await site.link('vera'))
  await hands.open('Clusters')
  await hands.button('Create cluster').hover()
  await page.getByText('You need the role operator or admin in a project. Ask an administrator.').waitFor()
  await own.close()
  own = await visit(browser, site.origin)
  page = own.page
  hands = new ClusterHands(page)
  await hands.signIn(await site.link())
  await hands.open('Clusters')
  await hands.press('Create cluster')
  await hands.button('Next').focus()
  await page.getByRole('tooltip').getByText('Type a name.').waitFor()
  await mouse.write(page.getByRole('textbox', { name: 'Name' }), 'Demo')
  await page.getByText('Wanted lower-case letters').first().waitFor()
  await mouse.write(page.getByRole('textbox', { name: 'Name' }), 'demo')
  await hands.press('Next')
  await look('create-version')
  await hands.press('Next')
  await look('create-shape')
  await page.getByRole('radio', { name: /Three masters and workers/ }).check()
  await hands.press('Next')
  await mouse.write(page.getByRole('textbox', { name: 'Pod subnet' }), '10.96.0.0/16')
  await page.getByText('The subnets of pods and services overlap.').first().waitFor()
  await look('create-network')
  await mouse.write(page.getByRole('textbox', { name: 'Pod subnet' }), '10.20.0.0/16')
  await hands.press('Next')
  await look('create-others')
  await hands.press('Next')
  await page.getByText('10.20.0.0/16').waitFor()
  await page.getByText('Dedicated masters').waitFor()
  await look('create-review')
  expect(own.faults).toEqual([])
}, 300_000)
