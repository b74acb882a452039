import { AgentError } from '../../../base/agent-error.ts'
import { printable } from '../../../base/text/printable.ts'
import { Secret } from '../../../base/text/secret.ts'
import { type BundleView, bundleRoutes } from '../../../protocol/api/bundles.ts'
import { clusterRoutes } from '../../../protocol/api/clusters.ts'
import { problemText } from '../../../report/error-text.ts'
import { findCluster } from '../clusters/find-cluster.ts'
import { watchCluster } from '../follow/watch.ts'
import { loadInventory } from '../inventory/load.ts'
import type { AdminClient } from '../session/client.ts'
import { readSecretText } from '../session/secret-text.ts'
import { printAs, withClient } from '../session/session.ts'
import { type HostResult, resultTable } from './host-result.ts'
import { sharedJoin } from './join-once.ts'
import type { PushFlags } from './options.ts'
import { pushProgress } from './progress.ts'
import { pushAll } from './push-all.ts'
import type { PushMode } from './push-host.ts'
import { type Selection, selectHosts } from './select-hosts.ts'
import { withSshConfig } from './ssh/with-config.ts'

/** `controller push`. */
export async function carryOut(query: string, flags: PushFlags): Promise<void> {
  if (flags.inventory === '-' && flags.becomePasswordFile === '-') {
    throw new AgentError('push/two-inputs', 'inventory and password cannot both come from standard input', {
      fix: 'write one of them into a file; the password into one with mode 0600',
      kind: 'invalid',
    })
  }
  const selection = selectHosts(await loadInventory(flags.inventory), flags.limit)
  const password = flags.becomePasswordFile === undefined ? undefined : await readPassword(flags.becomePasswordFile)
  for (const note of selection.notes) process.stderr.write(`[!] ${note}\n`)
  for (const name of selection.skipped) process.stderr.write(`[!] ${name} is skipped: it has no role\n`)
  await withClient(flags, async (client) => {
    const { name: cluster, settings } = await findCluster(client, query)
    const bundles = flags.prepareOnly ? await bundlesOf(client, settings.kubernetesVersion) : []
    const results = await push(client, cluster, bundles, selection, flags, password)
    await printAs(flags.output, results, resultTable(results))
    refuseFailed(results, flags)
    if (flags.provision) await provision(client, cluster, flags)
    else if (flags.output === 'text' && !flags.dryRun && results.some(({ node }) => node?.state === 'CONFIGURED'))
      process.stdout.write(`\nNext: controller cluster provision ${cluster}\n`)
  })
}

async function push(
  client: AdminClient,
  cluster: string,
  bundles: readonly BundleView[],
  { hosts }: Selection,
  flags: PushFlags,
  password: Secret | undefined,
): Promise<HostResult[]> {
  const { atOnce, timeout, proxy, tlsTerminatingProxy, become } = flags
  const mode: PushMode = flags.dryRun ? 'dry-run' : flags.prepareOnly ? 'prepare' : 'join'
  const timeoutMs = timeout * 1_000
  const signal = interruption()
  // Standard output has one document with -o json.
  const progress = pushProgress(flags.output === 'text' ? process.stdout : process.stderr, hosts)
  const seconds = Math.ceil(hosts.length / atOnce) * timeout
  const join = sharedJoin(client, cluster, { hosts: hosts.length, seconds, tlsTerminatingProxy })
  return withSshConfig(flags, async (run) => {
    const root = { become, password }
    const ports = { client, cluster, bundles, mode, run, root, proxy, tlsTerminatingProxy, join: join.get }
    const results = await pushAll(ports, hosts, {
      ...{ atOnce, timeoutMs, signal, nowMs: () => performance.now() },
      onStage: progress.stage,
      onResult: progress.result,
    }).finally(progress.end)
    // Whoever enrolled and was not approved needs the credentials still.
    const note = await join.end(mode !== 'prepare' && results.some(({ outcome }) => outcome === 'failed'))
    if (note !== undefined) process.stderr.write(`[!] ${printable(note)}\n`)
    signal.throwIfAborted()
    return results
  })
}

/** Refuses before anything is done if there is nothing with which hosts could be prepared. */
async function bundlesOf(client: AdminClient, version: string): Promise<BundleView[]> {
  const all = await client.ask(bundleRoutes.listBundles, {})
  const found = all.filter(({ kubernetesVersion }) => kubernetesVersion === version)
  if (found.length > 0) return found
  throw new AgentError('push/no-bundle', `the controller has no bundle of Kubernetes ${version}`, {
    fix: 'controller bundle import FILE_OR_DIRECTORY --data DATA_DIRECTORY',
    kind: 'refused',
  })
}

/** Ctrl-C ends the connections. */
function interruption(): AbortSignal {
  const controller = new AbortController()
  const interrupted = new AgentError('push/interrupted', 'interrupted; hosts that were done stay done', {
    fix: 'run the same command again: it does only what is left',
    kind: 'interrupted',
  })
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort(interrupted))
  return controller.signal
}

function refuseFailed(results: readonly HostResult[], { provision }: PushFlags): void {
  const failed = results.filter(({ outcome }) => outcome === 'failed')
  if (failed.length === 0) return
  for (const { name, error } of failed)
    if (error) process.stderr.write(problemText({ ...error, message: `${name}: ${error.message}` }))
  const names = failed.map(({ name }) => name).join(', ')
  const without = provision ? '; the cluster is not provisioned' : ''
  throw new AgentError('push/failed', `${failed.length} of ${results.length} hosts failed: ${names}${without}`, {
    fix: 'correct what is named above, and run the same command again: it does only what is left',
  })
}

async function provision(client: AdminClient, cluster: string, { output }: PushFlags): Promise<void> {
  await client.ask(clusterRoutes.provisionCluster, { params: { name: cluster } })
  await watchCluster(client, cluster, { until: 'READY', out: output === 'text' ? process.stdout : process.stderr })
}

async function readPassword(file: string): Promise<Secret> {
  const ifMissing = 'write the password into a file with mode 0600'
  const named = { what: 'password file', code: 'become-password', isSecret: true, ifMissing } as const
  const text = await readSecretText(file, named)
  if (/^[^\p{Cc}]{1,255}$/u.test(text)) return new Secret(text)
  throw new AgentError('become-password/invalid', 'the password file has no password, or more than one line', {
    fix: 'write one line of at most 255 characters',
    kind: 'invalid',
  })
}
