import assert from 'node:assert/strict'
import { awaitState, copyAgent, createCluster, nodeRow, type Site } from '../support/site/site.ts'
import type { Bed } from '../support/testbed/bed.ts'
import { exec, execOk } from '../support/testbed/machine.ts'
import { down, up } from '../support/testbed/nodes.ts'
import { testbedOverrides } from '../support/testbed/overrides.ts'
import { waitFor } from '../support/wait-for.ts'

/** The agent's state directory is on a file system that is too small. The run fails with the cause, and continues once there is space. */
export async function fullDisk(site: Site, bed: Bed, signal: AbortSignal): Promise<void> {
  const node = await up({ name: 'n2', bed, signal })
  try {
    await execOk(node, ['mkdir', '-p', '/var/lib/cantrip'])
    await execOk(node, ['mount', '-t', 'tmpfs', '-o', 'size=48m,mode=0700', 'tmpfs', '/var/lib/cantrip'])
    const credentials = await createCluster(site, { name: 'small', overrides: testbedOverrides() })
    const install = await copyAgent(node, credentials, 'small')
    const ignoring = [...install, '--ignore-check', 'disk=the test wants it full']
    const { code, stdout, stderr } = await exec(node, ignoring, { timeoutMs: 120_000 })
    assert.equal(code, 0, stderr + stdout)
    const row = await nodeRow(site, 'n2')
    assert(row, 'the controller knows n2')
    await site.admin('node', 'approve', row.id)
    await awaitState(site, 'n2', 'APPROVED', 30_000)
    await site.admin('node', 'configure', row.id, '--role', 'master,worker')
    await site.admin('cluster', 'provision', 'small')
    await awaitState(site, 'n2', 'FAILED', 120_000)
    const shown = await site.admin('node', 'show', row.id)
    assert.match(shown, /no space|full/i, `the error names the cause:\n${shown}`)
    await execOk(node, ['mount', '-o', 'remount,size=3g', '/var/lib/cantrip'])
    await site.admin('cluster', 'provision', 'small')
    await waitFor(
      'kubelet installed after the disk has space again',
      async () => ((await exec(node, ['test', '-x', '/usr/local/bin/kubelet'])).code === 0 ? true : undefined),
      { withinMs: 120_000 },
    )
  } finally {
    await down(node)
  }
}
