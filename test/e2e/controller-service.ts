/**
 * The controller as a service on a bare node: `controller install`, what root can do with it, updates, credentials, refused
 * installations, and `controller uninstall`. After each way back, the files of the node are compared with those from before, by
 * a list that the test makes by itself.
 */
import assert from 'node:assert/strict'
import { appendFile, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodePublicKey } from '../../src/bundle/keys.ts'
import { interruptible } from '../run/interruption.ts'
import { executables } from '../support/site/artefacts.ts'
import { bedNamed } from '../support/testbed/bed.ts'
import type { Node } from '../support/testbed/machine.ts'
import { boot, copyIn, downAll, kill, up } from '../support/testbed/nodes.ts'
import { must } from '../support/testbed/run.ts'
import { tinyBundle } from '../support/tiny-bundle.ts'
import { waitFor } from '../support/wait-for.ts'
import { assertSame, DATA, METRICS, serviceNode, UNIT } from './service-node.ts'
import { story } from './stages.ts'

const GIVEN = '/root/controller'
const say = (line: string) => console.log(line)
const bed = bedNamed(`${process.env.CANTRIP_TESTBED_PREFIX ?? 'cantrip'}-service`)
const interrupted = interruptible(() => downAll(bed))
const scratch = await mkdtemp(join(tmpdir(), 'controller-service-'))
let node: Node
const { sh, tryTo, property, get, isReady, exposure, files } = serviceNode(() => node)
const { stage, end } = story(
  say,
  async () => say((await tryTo('journalctl', '--no-pager', '-n', '60', '-u', UNIT)).stdout),
  interrupted,
)

await downAll(bed)
try {
  let before = ''
  await stage('a node', async () => {
    node = await up({ name: 'service', bed, signal: interrupted })
    await copyIn(node, executables.controller, GIVEN)
    before = await files()
  })
  await stage('refused before anything is changed: a port in use, a directory that was there, no systemd', async () => {
    await sh(
      'systemd-run -q --unit=taken socat TCP-LISTEN:8443,fork /dev/null; mkdir /var/lib/mine; chmod 751 /var/lib/mine',
    )
    await waitFor('socat', async () => (await tryTo('sh', '-c', 'ss -ltn | grep -q :8443')).code === 0)
    const taken = await tryTo(GIVEN, 'install')
    assert.match(taken.stderr, /port 8443 is in use by socat \(pid \d+\).*install\/port-in-use/)
    const foreign = await tryTo(GIVEN, 'install', '--listen', '0.0.0.0:8444', '--data', '/var/lib/mine')
    assert.match(foreign.stderr, /install\/data-exists/)
    const outside = await tryTo(GIVEN, 'install', '--listen', '0.0.0.0:8444', '--data', '/srv/data')
    assert.match(outside.stderr, /install\/data-directory/)
    const hide = `mount -t tmpfs none /run/systemd && ${GIVEN} install`
    assert.match((await tryTo('unshare', '-m', 'sh', '-c', hide)).stderr, /install\/no-systemd/)
    assert.equal((await sh('stat -c %a:%U /var/lib/mine')).trim(), '751:root')
    await sh('systemctl stop taken; rmdir /var/lib/mine')
    assertSame(before, await files())
  })
  await stage('dry run, installation, a second one without changes', async () => {
    const plan = await sh(`${GIVEN} install --dry-run --metrics-listen ${METRICS}`)
    assert.match(plan, /file {2}\/etc\/systemd\/system\/cantrip-controller.service/)
    assertSame(before, await files())
    await sh(`${GIVEN} install --metrics-listen ${METRICS}`)
    const pid = await property('MainPID')
    assert.match(await sh(`${GIVEN} install`), /(already done[\s\S]*){3}/)
    assert.equal(await property('MainPID'), pid)
    assert.equal(await get('/readyz'), 'ok\n')
    assert.equal(await property('User'), 'cantrip-controller')
  })
  await stage('hardened: systemd-analyze security at most 2.0', async () => {
    const found = await exposure()
    say(`  exposure ${found}`)
    assert(found <= 2)
  })
  await stage("root's commands: the local access file, a bundle that the service can delete", async () => {
    const bundle = await tinyBundle(join(scratch, 'bundle'))
    await writeFile(join(scratch, 'key.pub'), encodePublicKey(bundle.publicKey))
    await must(['tar', '-C', scratch, '-cf', join(scratch, 'bundle.tar'), 'bundle', 'key.pub'])
    await copyIn(node, join(scratch, 'bundle.tar'), '/root/bundle.tar')
    await sh(
      `cd /root && tar -xf bundle.tar && cantrip-controller bundle import bundle --data /var/lib/cantrip-controller --key key.pub`,
    )
    assert.equal(await sh(`find ${DATA} -user root`), '')
    await sh(`cantrip-controller bundle delete ${bundle.manifest.name} --yes`)
    assert.match(
      await sh('cantrip-controller cluster create first --output /root && cantrip-controller cluster list'),
      /first/,
    )
  })
  await stage('killed: it starts again; after a reboot too', async () => {
    await sh(`systemctl kill -s KILL ${UNIT}`)
    await waitFor('the restart', isReady, { withinMs: 15_000 })
    assert.equal(await property('NRestarts'), '1')
    await kill(node)
    await boot(node, interrupted)
    await waitFor('the service', isReady, { withinMs: 15_000 })
    assert.match(await sh('cantrip-controller cluster list'), /first/)
  })
  await stage('an update restarts it once, and keeps its settings', async () => {
    const newer = join(scratch, 'controller')
    await copyFile(executables.controller, newer)
    // Any other executable is a newer one; what follows the end of the program is not read.
    await appendFile(newer, '\n')
    await copyIn(node, newer, GIVEN)
    const pid = await property('MainPID')
    await sh(`${GIVEN} install`)
    assert.notEqual(await property('MainPID'), pid)
    assert.equal(await property('NRestarts'), '0')
    assert.equal((await sh(`journalctl -b -u ${UNIT} --no-pager | grep -c 'Started cantrip'`)).trim(), '2')
    assert.equal(await get('/healthz'), 'ok\n')
    const stops = await sh(`journalctl -b -u ${UNIT} --no-pager | grep -c stopping`)
    assert.equal(stops.trim(), '1')
  })
  await stage('priorities in the journal; a low port; a key file as a credential', async () => {
    await sh(`head -c 32 /dev/urandom | base64 > /root/key && chmod 600 /root/key
      systemctl stop ${UNIT}; cantrip-controller keys seal --key-file /root/key
      cd /root && ${GIVEN} install --listen 0.0.0.0:443 --key-file key`)
    assert.match(await sh(`systemctl cat ${UNIT}`), /^LoadCredential=controller-key:\/root\/key$/m)
    assert.match(await sh(`head -1 ${DATA}/pki/ca.key`), /SEALED/)
    assert.equal(await sh(`find ${DATA} -user root`), '')
    assert.match(await sh('ss -ltn'), /:443\b/)
    assert((await exposure()) <= 2)
    assert.match(await sh('cantrip-controller cluster list'), /first/)
  })
  await stage('uninstall: 0 differences, and the data stays; with --purge nothing stays', async () => {
    assert.match(await sh('cantrip-controller uninstall --yes'), /host restored: 0 differences\nkept: the data in/)
    assertSame(before, await files(DATA))
    await sh(`${GIVEN} install --key-file /root/key`)
    assert.match(await sh('cantrip-controller cluster list'), /first/)
    assert.match(await sh(`${GIVEN} uninstall --purge --yes`), /host restored: 0 differences/)
    assertSame(before, await files())
    await sh(`${GIVEN} install; ${GIVEN} uninstall --purge --yes`)
    assertSame(before, await files())
  })
} finally {
  await downAll(bed)
  await rm(scratch, { recursive: true })
}
process.exitCode = end()
