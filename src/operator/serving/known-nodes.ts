import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorMessage } from '../../base/text/error-message.ts'
import { operatorRoutes } from '../../protocol/api/operators.ts'
import { type Identity, ofFirstController } from '../first-controller.ts'
import type { OwnIdentity } from '../identity.ts'
import { type InCluster, patchJson } from '../in-cluster.ts'
import { OWN_SECRET } from '../own-secret.ts'

const FILE = 'nodes.json'
/** Several nodes that join together are one question. */
const AGAIN_MS = 1_000

type Addresses = Readonly<Record<string, string>>

export interface KnownNodes {
  /**
   * The address of each node of the cluster by its name. The controller is asked; while it does not answer, its last answer counts,
   * which is in the operator's secret: a kubelet renews its certificate also while the controller is away.
   */
  addresses(signal: AbortSignal): Promise<(name: string) => string | undefined>
}

interface Surroundings {
  identity: OwnIdentity
  cluster: InCluster
  /** Where the secret is mounted. */
  directory: string
  log(message: string): void
  now(): Date
}

export function openKnownNodes({ identity, cluster, directory, log, now }: Surroundings): KnownNodes {
  let last: Addresses | undefined
  let askedAt = Number.NEGATIVE_INFINITY
  return {
    async addresses(signal) {
      last ??= await readSaved(directory)
      // Also after the clock was set back.
      if (Math.abs(now().getTime() - askedAt) >= AGAIN_MS) {
        askedAt = now().getTime()
        try {
          const answer = await askController(await identity.current(signal), signal)
          if (JSON.stringify(answer) !== JSON.stringify(last)) await save(cluster, answer, signal)
          last = answer
        } catch (error) {
          if (!signal.aborted) log(`cannot ask the controller for the nodes of the cluster: ${errorMessage(error)}`)
        }
      }
      const found = last
      return (name) => (Object.hasOwn(found, name) ? found[name] : undefined)
    },
  }
}

async function askController(own: Identity, signal: AbortSignal): Promise<Addresses> {
  const { nodes } = await ofFirstController(own, signal, (askIt) => askIt(operatorRoutes.nodesOfOperator, {}))
  return Object.fromEntries(nodes.map(({ name, address }) => [name, address]))
}

async function readSaved(directory: string): Promise<Addresses> {
  try {
    return JSON.parse(await readFile(join(directory, FILE), 'utf8')) as Addresses
  } catch {
    // Not saved yet.
    return {}
  }
}

async function save(cluster: InCluster, addresses: Addresses, signal: AbortSignal): Promise<void> {
  const data = { [FILE]: Buffer.from(JSON.stringify(addresses)).toString('base64') }
  await patchJson(cluster, OWN_SECRET, { data }, signal)
}
