import { join } from 'node:path'
import { type EndlessPolicy, poll } from '../../base/retry.ts'
import type { Secret } from '../../base/text/secret.ts'
import { version } from '../../base/version.ts'
import { openBundleStore } from '../../bundle/store.ts'
import type { Host } from '../../host/host.ts'
import { createSealingKey, unseal } from '../../pki/sealing/seal.ts'
import { agentRoutes } from '../../protocol/api/agents.ts'
import type { Instruction, NodeTask } from '../../protocol/wire/instruction.ts'
import type { RestoreOrder } from '../../protocol/wire/messages/backup.ts'
import { Invitation } from '../../protocol/wire/operation.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { type AgentConfig, requireConfig } from '../config.ts'
import { instructionKeysOf } from '../identity/trust.ts'
import { readLogins } from '../install/registry-logins.ts'
import { askWithRetry } from '../link/ask-with-retry.ts'
import type { AgentPaths } from '../paths.ts'
import { openPeers, type Peers, type PeersOptions } from './peers/peers.ts'

export interface ProvisionSurroundings {
  config: AgentConfig
  tls: { ca: string; cert: string; key: string }
  /** Where the bundle's files are stored. */
  directory: string
  host: Host
  signal: AbortSignal
  registryLogins?: Readonly<Record<string, Secret>>
  peers?: Pick<Peers, 'fetch' | 'fetched'>
}

/** An instruction with parameters of the node. */
export type NodeInstruction = Exclude<Instruction, { role: 'reset' }>

/** The task with which the node was provisioned, which later instructions repeat. */
export function taskOf(instruction: NodeInstruction): NodeTask {
  if ('provisionedAs' in instruction) return instruction.provisionedAs
  if (instruction.role !== 'renew' && instruction.role !== 'restore-etcd') return instruction.role
  return instruction.params.node.roles.includes('master') ? 'master' : 'worker'
}

/** What the steps of a workflow need, on a node with these files. */
export function provisionParamsOn(
  paths: AgentPaths,
  instruction: NodeInstruction,
  { tls, host, signal, peers }: Pick<ProvisionSurroundings, 'tls' | 'host' | 'signal' | 'peers'>,
): Promise<ProvisionParams> {
  const directory = bundleDirectoryOf(paths, instruction)
  const config = requireConfig(paths)
  const registryLogins = readLogins(paths)
  const surroundings = { config, tls, directory, host, signal, registryLogins, ...(peers && { peers }) }
  return openProvisionParams(instruction, taskOf(instruction), surroundings)
}

/** The nodes that download the same bundle, or have it. */
export function peersOf(
  paths: AgentPaths,
  instruction: NodeInstruction,
  on: Pick<PeersOptions, 'tls' | 'host' | 'emit' | 'signal'>,
): Peers {
  const { node: nodeId, params } = instruction
  const config = requireConfig(paths)
  const { urls, proxy } = config
  return openPeers({
    ...{ ...on, urls, ref: params.bundle, address: params.node.address, ...(proxy && { proxy }) },
    directory: bundleDirectoryOf(paths, instruction),
    knowledge: { instructionKeys: () => instructionKeysOf(paths, config), nodeId },
  })
}

/** Where the files of an instruction's bundle are stored. */
export const bundleDirectoryOf = (paths: AgentPaths, { params }: NodeInstruction): string =>
  join(paths.bundleDirectory, params.bundle.manifestSha256)

/** What the steps of a workflow need in addition to the instruction. */
export async function openProvisionParams(
  { run, params, restore }: Pick<NodeInstruction, 'run' | 'params'> & { restore?: RestoreOrder },
  task: NodeTask,
  { config, tls, directory, host, signal, registryLogins, peers }: ProvisionSurroundings,
): Promise<ProvisionParams> {
  const { urls, proxy } = config
  const way = { controllerUrls: urls, tls, ...(proxy === undefined ? {} : { proxy }) }
  const executable = process.execPath
  const store = { ...way, ref: params.bundle, directory, executable, host, signal, ...(peers && { peers }) }
  const asking = { config, tls, host }
  const bundleStore = await openBundleStore(store)
  return {
    ...params,
    run,
    task,
    ...(registryLogins && { registryLogins }),
    ...(restore && { restore }),
    bundleStore,
    async requestOperatorCertificate(csr) {
      const way = { ...asking, timeoutMs: 15_000, signal }
      const question = { query: { renews: isOwnOperator(bundleStore) ? '1' : '0' } as const, body: { csr } }
      return (await askWithRetry(way, agentRoutes.requestOperatorCertificate, question)).certificate
    },
    requestInvitation: (context) => requestInvitation(context, asking),
    executable,
    controller: { urls, ca: tls.ca, ...(proxy && { proxy }) },
  }
}

/** Whether the operator is of this build, and renews its certificate: the bundle may have one of another build. */
function isOwnOperator({ manifest }: ProvisionParams['bundleStore']): boolean {
  const name = `cantrip.local/agent:${version.version}`
  return manifest.files.some((file) => file.role === 'image' && file.name === name)
}

const WAIT_MS = 25_000
/** In addition to the wait, a master may be busy for 30 s and take another 30 s to answer. */
const INVITATION_TIMEOUT_MS = 100_000
const POLICY: EndlessPolicy = { firstMs: 1_000 }

/** Polls until it is this node's turn. Logs each reason for waiting once. */
async function requestInvitation(
  { signal, log }: Parameters<ProvisionParams['requestInvitation']>[0],
  asking: Pick<ProvisionSurroundings, 'config' | 'tls' | 'host'>,
): Promise<Invitation> {
  const key = createSealingKey()
  const way = { ...asking, timeoutMs: INVITATION_TIMEOUT_MS, signal }
  const question = { query: { waitMs: WAIT_MS }, body: { sealTo: key.sealTo } }
  let logged: string | undefined
  const ask = async () => {
    const { sealed, waitingFor } = await askWithRetry(way, agentRoutes.invite, question)
    if (sealed === undefined && waitingFor !== logged) log(`waiting for ${waitingFor}`)
    logged = waitingFor
    return sealed
  }
  const sealed = await poll(POLICY, ask, { clock: asking.host, signal })
  return Invitation.parse(JSON.parse(unseal(sealed, key)))
}
