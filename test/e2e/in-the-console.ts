import assert from 'node:assert/strict'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { accessibilityFaults, openBrowser, screenshots, type Visit, visit } from '../support/console/browser.ts'
import { chromium } from '../support/console/chromium.ts'
import { ClusterHands } from '../support/console/hands.ts'
import { CONTROLLER_PORT } from '../support/site/site.ts'
import { GATEWAY, inNetwork } from '../support/testbed/bed.ts'
import { exec, execOk } from '../support/testbed/machine.ts'
import { testbedOverrides } from '../support/testbed/overrides.ts'
import { isReady, kubernetesNodes, type Scene } from './shape.ts'
import type { Story } from './stages.ts'

export const CLUSTER = 'hall'
const AGENT = '/usr/local/bin/cantrip-agent'
const READY_MS = 540_000
const BOTH = 'Master that also runs workloads'

/**
 * A cluster in a browser: a machine gets its command, which was copied, and is provisioned until the cluster is READY, by clicks alone.
 * The machine is left as it is then.
 */
export async function inTheConsole(scene: Scene, { stage }: Story, link: () => Promise<string>): Promise<void> {
  const origin = `https://${GATEWAY}:${CONTROLLER_PORT}`
  const browser = await openBrowser(await chromiumIn(scene))
  let own: Visit | undefined
  try {
    own = await visit(browser, origin)
    await untilReady(scene, stage, own, async () => {
      const { hash } = new URL(await link())
      return `${origin}/console/login${hash}`
    })
  } finally {
    await own?.close()
    await browser.close()
  }
}

/** The program of a browser in the network of the nodes. */
async function chromiumIn({ bed, site }: Scene): Promise<string> {
  const program = join(site().directory, 'start-chromium')
  await writeFile(program, `#!/bin/sh\nexec ${inNetwork(bed, [await chromium()]).join(' ')} "$@"\n`)
  await chmod(program, 0o755)
  return program
}

async function untilReady(
  scene: Scene,
  stage: Story['stage'],
  { page, faults }: Visit,
  link: () => Promise<string>,
): Promise<void> {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  page.setDefaultTimeout(60_000)
  const hands = new ClusterHands(page)
  await stage('in a browser she creates a cluster, and pastes its command on a machine', async () => {
    await hands.signIn(await link())
    await hands.create(CLUSTER, { 'Other settings': { Overrides: stringify(testbedOverrides()) } })
    await hands.credentials(CLUSTER)
    await hands.press('Create a command')
    await hands.press('Copy the command for the machine')
    const command = await page.evaluate<string>('navigator.clipboard.readText()')
    const { code, stdout, stderr } = await exec(scene.node('n1'), ['sh'], { stdin: command, timeoutMs: 300_000 })
    assert.equal(code, 0, stderr + stdout)
    await page.getByRole('link', { name: `cluster ${CLUSTER}` }).click()
  })
  await stage(
    'she compares the fingerprint, approves and configures the node, and watches it until it is READY',
    async () => {
      await hands.node('n1', 'DISCOVERED')
      const status = JSON.parse(await execOk(scene.node('n1'), [AGENT, 'status', '-o', 'json']))
      assert.equal(await hands.approve('n1'), status.fingerprint)
      await hands.node('n1', 'APPROVED')
      await hands.configure('n1', BOTH, async (dialog) => {
        await (await hands.interfaces(dialog)).selectOption({ index: 1 })
      })
      await hands.node('n1', 'CONFIGURED')
      await hands.provision()
      await hands.tab(CLUSTER, 'Overview')
      await page.getByRole('progressbar', { name: 'Steps of n1' }).waitFor()
      await screenshots(page, 'real-provisioning')
      await hands.state('READY', READY_MS)
      assert(isReady((await kubernetesNodes(scene.node('n1'))).get('n1')), 'n1 is Ready')
      await screenshots(page, 'real-ready')
    },
  )
  await stage('she sees what was done, and that etcd and the node are well', async () => {
    await hands.tab(CLUSTER, 'History')
    await page
      .getByRole('button', { name: /of \d+ steps/ })
      .first()
      .click()
    await screenshots(page, 'real-history')
    await hands.tab(CLUSTER, 'Health')
    await page.getByRole('grid', { name: 'Members of etcd' }).getByText('healthy', { exact: true }).waitFor()
    await page.getByRole('grid', { name: 'Nodes in Kubernetes' }).getByText('Ready', { exact: true }).waitFor()
    await screenshots(page, 'real-health')
    assert.deepEqual(await accessibilityFaults(page), [])
  })
  await stage('no page had a fault', async () => assert.deepEqual(faults, []))
}
