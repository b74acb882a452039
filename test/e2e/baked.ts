/**
 * Machines that are made from an image of a template with the agent and a bundle: they register by themselves at their first boot, become
 * READY without an image from elsewhere, are restored to the state of the image, and a copy that was not sealed is refused with its original.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { NodeDetail, NodeView } from '../../src/protocol/api/nodes.ts'
import { interruptible } from '../run/interruption.ts'
import { builderPublicKey, bundleDirectory, executables } from '../support/site/artefacts.ts'
import { runHere } from '../support/site/run-here.ts'
import { createCluster, importBundle, openSite, type Site } from '../support/site/site.ts'
import { bedNamed } from '../support/testbed/bed.ts'
import { mountDisk } from '../support/testbed/disk.ts'
import { exec, execOk, type Node, path } from '../support/testbed/machine.ts'
import { mountsBelow, unmountBelow } from '../support/testbed/mounts.ts'
import { boot, copyIn, downAll, isRunning, kill, putFile, up } from '../support/testbed/nodes.ts'
import { testbedOverrides } from '../support/testbed/overrides.ts'
import { must } from '../support/testbed/run.ts'
import { waitFor } from '../support/wait-for.ts'
import { configure } from './shape.ts'
import { story } from './stages.ts'

const CLUSTER = 'baked'
const DAY_ZERO = '/etc/cantrip-day0'
const AGENT = '/usr/local/bin/cantrip-agent'
const FILES = [`${CLUSTER}.pem`, `${CLUSTER}-passphrase.txt`]
const NETWORK = '/etc/systemd/network/10-host0.network'
const LONG = { timeoutMs: 120_000 }
const say = (line: string) => console.log(line)
const bed = bedNamed(`${process.env.CANTRIP_TESTBED_PREFIX ?? 'cantrip'}-baked`)
const interrupted = interruptible(() => downAll(bed))
const nodes: Node[] = []
let site!: Site
let credentials = ''
let bundle = ''
let image = ''

const { stage, end } = story(say, show, interrupted)
const here = () => {
  const [template, one, two] = nodes
  assert(template && one && two, 'the nodes are up')
  return { template, one, two }
}
const machineIdOf = (node: Node) => readFileSync(join(path(node), 'etc/machine-id'), 'utf8').trim()

await downAll(bed)
try {
  await stage('a template is baked twice, and switched off', async () => {
    for (const name of ['template', 'one', 'two']) nodes.push(await up({ name, bed, signal: interrupted }))
    site = await openSite(bed)
    bundle = await bundleDirectory(runHere, say)
    await importBundle(site, bundle)
    credentials = await createCluster(site, {
      ...{ name: CLUSTER, overrides: testbedOverrides(), flags: ['--auto-approve'] },
    })
    const { template } = here()
    const unsealed = machineIdOf(template)
    await copyIn(template, executables.agent, '/root/agent')
    const early = await exec(template, ['/root/agent', 'bake', '--seal', '--yes'])
    assert.match(early.stderr, /not prepared with agent bake[\s\S]*fix: sudo \.\/agent bake/)
    assert.equal(machineIdOf(template), unsealed)
    await execOk(template, ['/root/agent', 'bake', '--yes'], LONG)
    await execOk(template, ['/root/agent', 'bake', '--yes'], LONG)
    await kill(template)
  })
  await stage('a bundle becomes part of its disk, which is sealed, and all else is read-only meanwhile', async () => {
    const { template } = here()
    const root = path(template)
    const bake = (...argv: string[]) =>
      whileReadOnly(root, [executables.agent, 'bake', '--root', root, '--yes', ...argv])
    const mounted = mountsBelow(root)
    await bake('--bundle', bundle, '--key', builderPublicKey())
    say((await bake('--seal')).trim())
    assert.equal(machineIdOf(template), '')
    assert.deepEqual(mountsBelow(root), mounted)
    image = await imagesOf(root)
  })
  await stage(
    'two machines of the image register by themselves, as two nodes, and their credentials are gone',
    async () => {
      const { template, one, two } = here()
      for (const each of [one, two]) await becomeCopy(template, each)
      for (const each of [one, two]) await putCredentials(each)
      for (const each of [one, two]) await boot(each, interrupted)
      for (const { name } of [one, two]) await connected(name)
      assert.notEqual(machineIdOf(one), machineIdOf(two))
      for (const each of [one, two]) await noCredentials(each)
      const shown = await Promise.all([one, two].map(({ name }) => site.json<NodeDetail>('node', 'show', name)))
      assert.deepEqual(
        shown.map(({ warnings }) => warnings.filter(({ found }) => /two machines/.test(found))),
        [[], []],
      )
      assert.notEqual(shown[0]?.fingerprint, shown[1]?.fingerprint)
    },
  )
  await stage('one of them becomes READY with the executables and images of its image', async () => {
    const { one } = here()
    await configure(site, 'one', 'master,worker')
    await site.admin('cluster', 'provision', CLUSTER)
    await site.admin('cluster', 'watch', CLUSTER, '--until', 'READY', '--timeout', '300')
    const ledger = await readFile(join(path(one), 'var/lib/cantrip/ledger/ledger.jsonl'), 'utf8')
    const changes = ledger
      .split('\n')
      .flatMap((line) => /"step":"(?!bake\/)([^"]*)".*"what":"([^"]*)"/.exec(line)?.slice(1).join(' ') ?? [])
    assert(changes.some((change) => change.startsWith('containerd/use-baked-images cp ')))
    const fetched = changes.filter((change) => /\/var\/lib\/cantrip\/bundle\/|ctr .* import/.test(change))
    const small = /\/(manifest\.json(\.sig)?|manifests|[^/]*\.yaml)(\.zst)?(\.part)?$|^bundle\/fetch /
    assert.deepEqual(
      fetched.filter((change) => !small.test(change)),
      [],
    )
  })
  await stage('an uninstallation restores the state of the image; with credentials it registers again', async () => {
    const { one } = here()
    const before = (await site.json<NodeView[]>('node', 'list')).find(({ name }) => name === 'one')?.id
    assert.match(await execOk(one, [AGENT, 'uninstall', '--yes'], LONG), /host restored: 0 differences/)
    assert.equal((await exec(one, ['ls', '/etc/cantrip'])).code, 2)
    assert.equal((await execOk(one, ['systemctl', 'is-active', 'cantrip-first-boot.path'])).trim(), 'active')
    assert.deepEqual((await execOk(one, ['ls', '/var/lib/cantrip'])).trim().split('\n').toSorted(), ['ledger'])
    assert.equal((await exec(one, ['ls', '/var/lib/cantrip-containerd'])).code, 2)
    assert.equal(await imagesOf(path(one)), image)
    await putCredentials(one)
    const after = await waitFor(
      'another node',
      async () => {
        const rows = await site.json<NodeView[]>('node', 'list')
        return rows.find(({ name, id, connected }) => name === 'one' && id !== before && connected)?.id
      },
      { withinMs: 60_000, everyMs: 500 },
    )
    say(`  ${before} became ${after}`)
  })
  await stage('a copy that was not sealed is refused with its original, and all say so', async () => {
    const { one, two } = here()
    await kill(two)
    await kill(one)
    await becomeCopy(one, two)
    for (const each of [one, two]) await boot(each, interrupted)
    for (const each of [one, two]) {
      const status = await waitFor(
        `${each.name} to say so`,
        async () => {
          const { stdout } = await exec(each, [AGENT, 'status', '-o', 'json'])
          return stdout.includes('node/two-machines')
            ? (JSON.parse(stdout) as { problem: { message: string } })
            : undefined
        },
        { withinMs: 60_000, everyMs: 500 },
      )
      say(`  ${each.name}: ${status.problem.message}`)
    }
    const list = await waitFor(
      'node list to say so',
      async () => {
        const text = await site.admin('node', 'list')
        return /two machines have the key of this node/.test(text) ? text : undefined
      },
      { withinMs: 30_000, everyMs: 500 },
    )
    say(list.trim())
  })
  await stage('what was baked can be removed, too', async () => {
    const { one } = here()
    const said = await execOk(one, [AGENT, 'uninstall', '--baked', '--yes'], LONG)
    assert.match(said, /host restored: 0 differences/)
    const left = await exec(one, [
      'sh',
      '-c',
      'ls -d /*/*/*cantrip* /*/*cantrip* /*/*/*/*cantrip* /usr/local/bin/*cantrip*',
    ])
    assert.equal(left.stdout, '', 'files of the agent are left behind')
  })
} finally {
  await site?.close()
  await downAll(bed)
}
process.exitCode = end()

/** Runs a command that can write only below this directory. */
async function whileReadOnly(directory: string, argv: readonly string[]): Promise<string> {
  const script = `awk '{print $5}' /proc/self/mountinfo | while read -r at; do
    case "$at" in "$1"|"$1"/*) ;; *) mount -o remount,bind,ro "$at" ;; esac
  done
  if touch "$1/../outside" 2>/dev/null; then echo "$1/.. can be written"; exit 1; fi
  shift; exec "$@"`
  return must(['unshare', '--mount', 'sh', '-c', script, 'sh', directory, ...argv], LONG)
}

/** All files that were baked, with size and time, and the databases with their content. */
async function imagesOf(root: string): Promise<string> {
  const script = `cd "$1"/var/lib/cantrip-baked && find . ! -type d -printf '%P %y %m %U:%G %s %T@\\n' | sort
    find . -name '*.db' | sort | xargs sha256sum; cd "$1"/usr/local/bin && sha256sum kube* etcd*`
  return must(['sh', '-c', script, 'sh', root], LONG)
}

/** Both are off. The address stays: on a real machine it comes from DHCP or cloud-init. */
async function becomeCopy(original: Node, copy: Node): Promise<void> {
  if (await isRunning(copy)) await kill(copy)
  const network = await readFile(join(path(copy), NETWORK), 'utf8')
  await unmountBelow(copy.directory)
  for (const part of ['upper', 'var']) {
    await rm(join(copy.directory, part), { recursive: true })
    await must(['cp', '--archive', '--reflink=auto', join(original.directory, part), join(copy.directory, part)])
  }
  await mountDisk(copy, await readFile(join(copy.directory, 'base'), 'utf8'))
  await putFile(copy, NETWORK, network)
  await putFile(copy, '/etc/hosts', `127.0.0.1 localhost\n${copy.address} ${copy.name}\n`)
}

/** As cloud-init does, before or after the boot. */
async function putCredentials(node: Node): Promise<void> {
  for (const file of FILES)
    await putFile(node, join(DAY_ZERO, file), await readFile(join(credentials, file), 'utf8'), 0o600)
}

async function noCredentials(node: Node): Promise<void> {
  const files = FILES.map((file) => join(path(node), DAY_ZERO, file))
  await waitFor('the credentials to be removed', () => files.every((file) => !existsSync(file)) || undefined)
}

async function connected(name: string): Promise<void> {
  const at = performance.now()
  const isConnected = async () =>
    (await site.json<NodeView[]>('node', 'list')).find((each) => each.name === name)?.connected || undefined
  await waitFor(`${name} is connected`, isConnected, { withinMs: 120_000, everyMs: 500 })
  say(`  ${name}: connected ${((performance.now() - at) / 1000).toFixed(1)} s later`)
}

async function show(): Promise<void> {
  say(`--- controller\n${site?.controllerLog().slice(-3_000)}`)
  for (const each of nodes) {
    if (!(await isRunning(each))) continue
    const log =
      'journalctl -n 30 --no-pager -u cantrip-first-boot -u cantrip-first-boot.path; tail -n 15 /var/log/cantrip/agent.log'
    say(`--- ${each.name}\n${(await exec(each, ['sh', '-c', log])).stdout}`)
  }
}
