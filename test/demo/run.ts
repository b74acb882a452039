/** scripts/demo: provisions a cluster command by command, as an administrator does, on a disposable node. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { parseArgs, styleText } from 'node:util'
import { machineCas } from '../../src/pki/machine-cas.ts'
import { demoBundle } from '../support/site/artefacts.ts'
import { bundleSource } from '../support/site/bundle-source.ts'
import { runHere } from '../support/site/run-here.ts'
import {
  awaitState,
  copyAgent,
  createCluster,
  importBundle,
  kubectl,
  nodeRow,
  openSite,
  type Site,
} from '../support/site/site.ts'
import { bedNamed, inNetwork } from '../support/testbed/bed.ts'
import { cgroupVersion } from '../support/testbed/containment.ts'
import { execOk, inNode, type Node } from '../support/testbed/machine.ts'
import { downAll, putFile, up } from '../support/testbed/nodes.ts'
import { testbedOverrides } from '../support/testbed/overrides.ts'
import { forwardTo, freePort } from './browser-access.ts'

const PREFIX = 'cantrip-demo'
const CLUSTER = 'demo'
const { values } = parseArgs({
  options: { keep: { type: 'boolean', default: false }, console: { type: 'boolean', default: false } },
})
const isKept = values.keep || values.console
const bed = bedNamed(PREFIX)
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort(new Error(signal)))

let site: Site | undefined
let finished = false
const started = performance.now()
try {
  if (existsSync(bed.directory)) {
    say('Removing an earlier demo')
    await downAll(bed)
  }
  say('Building the bundle: Kubernetes and its dependencies')
  const bundle = await demoBundle(
    (argv, print) => guarded(runHere(argv, print)),
    (line) => console.log(`    ${line}`),
    () => guarded(bundleSource({ network: { env: process.env, ca: machineCas() }, deadlineMs: 5_000 })),
  )
  say('Booting a bare Debian node with systemd')
  const node = await up({ name: 'n1', bed, signal: interrupted.signal })
  await guarded(prepare(node))
  say('Starting a controller and importing the bundle')
  const port = await freePort()
  site = await guarded(openSite(bed, { flags: ['--browser-url', `https://127.0.0.1:${port}`] }))
  if (values.console) await guarded(forwardTo(site, port))
  await guarded(importBundle(site, bundle))
  await show(site, ['cluster', 'list'])
  say('Creating a cluster and the credentials for its nodes')
  const credentials = await guarded(createCluster(site, { name: CLUSTER, overrides: testbedOverrides() }))
  const install = await guarded(copyAgent(node, credentials, CLUSTER))
  say('On the node: installing the agent')
  console.log(expectedWarnings())
  await inside(node, install)
  const row = await nodeRow(site, 'n1')
  if (!row) throw new Error('the controller does not know the node')
  say('Approving the node, configuring its roles, and provisioning the cluster')
  await show(site, ['node', 'approve', row.id])
  await guarded(awaitState(site, 'n1', 'APPROVED', 30_000))
  await show(site, ['node', 'configure', row.id, '--role', 'master,worker'])
  await show(site, ['cluster', 'provision', CLUSTER])
  await show(site, ['cluster', 'watch', CLUSTER, '--until', 'READY', '--timeout', '600'])
  say('Nodes and pods of the cluster')
  console.log((await guarded(kubectl(node, 'get', 'nodes,pods', '-A', '-o', 'wide'))).stdout)
  say(`READY after ${Math.round((performance.now() - started) / 1000)} s`)
  finished = true
  await printNextSteps(site)
} catch (error) {
  if (!interrupted.signal.aborted) throw error
  process.exitCode = 130
} finally {
  if (!(finished && isKept)) {
    say('Removing the node and the controller')
    await site?.close()
    await downAll(bed)
  } else {
    site?.leave()
  }
}

function say(line: string): void {
  console.log(styleText('bold', `==> ${line}`))
}

/** A common preparation of a Debian host for Kubernetes. */
async function prepare(node: Node): Promise<void> {
  const text = '[Network]\nManageForeignRoutingPolicyRules=no\n'
  await putFile(node, '/etc/systemd/networkd.conf.d/90-kubernetes.conf', text)
  await execOk(node, ['systemctl', 'restart', 'systemd-networkd'])
}

/** A node of the demo is a container, which the prechecks report. */
function expectedWarnings(): string {
  const platform = 'a warning about its platform, because this node is a container'
  const cgroup = 'one about cgroup, because the kernel of this machine uses cgroup v1'
  return `    Expect ${cgroupVersion() === 1 ? `${platform}, and ${cgroup}` : platform}. Kubernetes runs anyway.`
}

/** Stops waiting at Ctrl-C. The work itself ends when the site is closed. */
function guarded<T>(work: Promise<T>): Promise<T> {
  const stop = new Promise<never>((_, reject) => {
    interrupted.signal.addEventListener('abort', () => reject(interrupted.signal.reason), { once: true })
    if (interrupted.signal.aborted) reject(interrupted.signal.reason)
  })
  return Promise.race([work, stop])
}

/** Runs a command of the controller's CLI and shows the command and its output. */
async function show(site: Site, argv: readonly string[]): Promise<void> {
  console.log(styleText('dim', `$ controller ${argv.join(' ')}`))
  await onTerminal(inNetwork(site.bed, [site.executable, ...argv]), site.environment)
}

async function inside(node: Node, argv: readonly string[]): Promise<void> {
  console.log(styleText('dim', `n1# ${argv.join(' ')}`))
  const command = await inNode(node, argv)
  await onTerminal(command.argv, command.env)
}

function onTerminal(argv: readonly string[], env: Record<string, string>): Promise<void> {
  const [command = '', ...args] = argv
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env })
  return guarded(
    new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) =>
        code === 0 ? resolve() : reject(new Error(`${argv.join(' ')}: exit code ${code}`)),
      )
    }),
  )
}

async function printNextSteps(site: Site): Promise<void> {
  const bedCommand = `CANTRIP_TESTBED_PREFIX=${PREFIX} scripts/testbed`
  const controller = inNetwork(bed, ['dist/controller-linux-x64'])
  const asAdmin = `CANTRIP_ADMIN=${site.directory}/data/admin.json ${controller.join(' ')}`
  const lines = isKept
    ? [
        'The node and its controller keep running. To explore them:',
        `  ${bedCommand} exec n1 -- kubectl --kubeconfig /etc/kubernetes/admin.conf get pods -A`,
        `  ${bedCommand} exec n1 -- cantrip-agent status`,
        `  ${bedCommand} exec n1 -- cantrip-agent logs -n 50`,
        `  ${asAdmin} cluster show ${CLUSTER}`,
        'To restore the node:',
        `  ${bedCommand} exec n1 -- /root/agent --uninstall --yes`,
        'To remove everything:',
        `  ${bedCommand} down --all`,
      ]
    : ['To keep the cluster running: scripts/demo --keep; to look at it in a browser: scripts/demo --console']
  if (values.console) {
    const { url } = await guarded(site.json<{ url: string }>('console', 'link'))
    lines.push(
      'To open the console in a browser of this machine, once and within 5 minutes (it does not know the CA of the demo, and warns):',
      `  ${url}`,
      'To get another link:',
      `  ${asAdmin} console link`,
    )
  }
  console.log(lines.join('\n'))
}
