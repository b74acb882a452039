/**
 * The Debian packages of controller and agent: built twice with the same result, checked by lintian, and installed, upgraded,
 * removed and purged on a bare node, whose files are then those from before.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildPackage } from '../../build/deb/build-package.ts'
import { interruptible } from '../run/interruption.ts'
import { executables } from '../support/site/artefacts.ts'
import { bedNamed } from '../support/testbed/bed.ts'
import { lintian } from '../support/testbed/lintian.ts'
import type { Node } from '../support/testbed/machine.ts'
import { copyIn, downAll, up } from '../support/testbed/nodes.ts'
import { must } from '../support/testbed/run.ts'
import { assertSame, DATA, serviceNode, UNIT } from './service-node.ts'
import { story } from './stages.ts'

const say = (line: string) => console.log(line)
const bed = bedNamed(`${process.env.CANTRIP_TESTBED_PREFIX ?? 'cantrip'}-packages`)
const interrupted = interruptible(() => downAll(bed))
const scratch = await mkdtemp(join(tmpdir(), 'packages-'))
let node: Node
const { sh, tryTo, property, get, exposure, files } = serviceNode(() => node)
const { stage, end } = story(
  say,
  async () => say((await tryTo('journalctl', '--no-pager', '-n', '60', '-u', UNIT)).stdout),
  interrupted,
)

await downAll(bed)
try {
  let before = ''
  let controller = ''
  let agent = ''
  await stage('a node', async () => {
    node = await up({ name: 'packages', bed, signal: interrupted })
    before = await files()
  })
  await stage('built: the same twice; a later commit has a higher version', async () => {
    controller = await packageOf('controller', '2026-01-01', scratch)
    agent = await packageOf('agent', '2026-01-01', scratch)
    const later = await packageOf('controller', '2026-01-02', scratch)
    await must(['cmp', controller, await packageOf('controller', '2026-01-01', await mkdtemp(join(scratch, 'again-')))])
    await copyIn(node, controller, '/root/one.deb')
    await copyIn(node, later, '/root/two.deb')
    await copyIn(node, agent, '/root/agent.deb')
    await sh('dpkg --compare-versions $(dpkg-deb -f /root/two.deb Version) gt $(dpkg-deb -f /root/one.deb Version)')
  })
  await stage('lintian finds no error', async () => {
    const found = await lintian([controller, agent], interrupted)
    say(found.replaceAll(/^/gm, '  '))
    assert.doesNotMatch(found, /^E:/m)
  })
  await stage('the controller: installed, changed, upgraded', async () => {
    await sh('dpkg -i /root/one.deb')
    assert.equal(await get('/readyz'), 'ok\n')
    assert((await exposure()) <= 2)
    assert.match((await tryTo('cantrip-controller', 'install')).stderr, /install\/packaged/)
    await sh(
      `sed -i 's/8443/9443/' /etc/default/cantrip-controller; cantrip-controller cluster create demo --output /root`,
    )
    const pid = await property('MainPID')
    await sh('dpkg -i /root/two.deb')
    assert.notEqual(await property('MainPID'), pid)
    assert.match(await sh('ss -ltn; cantrip-controller cluster list'), /:9443[\s\S]*demo/)
  })
  await stage('the controller: removed, installed again with its data, purged', async () => {
    await sh('dpkg --remove cantrip-controller')
    assert.equal((await tryTo('systemctl', 'is-active', UNIT)).stdout.trim(), 'inactive')
    await sh(`test -f ${DATA}/controller.db; dpkg -i /root/two.deb`)
    assert.match(await sh('cantrip-controller cluster list'), /demo/)
    await sh('dpkg --purge cantrip-controller')
    assertSame(before, await files())
  })
  await stage('the agent: installed and purged', async () => {
    await sh('dpkg -i /root/agent.deb && cantrip-agent --version')
    await sh('dpkg --purge cantrip-agent')
    assertSame(before, await files())
  })
} finally {
  await downAll(bed)
  await rm(scratch, { recursive: true })
}
process.exitCode = end()

function packageOf(program: 'agent' | 'controller', date: string, output: string): Promise<string> {
  return buildPackage({
    root: join(import.meta.dirname, '../..'),
    target: { name: `${program}-linux-x64`, program, arch: 'x64' },
    version: { version: '0.1.0', commit: 'test', date: `${date}T00:00:00Z` },
    executable: executables[program],
    ...{ output, scratch, epochSeconds: Date.parse(date) / 1_000 },
  })
}
