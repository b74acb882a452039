import type { OperationOutcome } from '../../../protocol/wire/operation.ts'
import type { ClusterData } from '../../domain/draft.ts'
import type { Answered, WantedOperation } from '../../domain/wanted-operation.ts'
import { failureText } from '../../failure-text.ts'
import type { Wanting } from '../../live/operations.ts'
import type { HasAuthority, HasClock, HasLog, HasOperations, HasPresence } from '../../ports.ts'
import { connectedMasters, situationOf } from '../situation-of.ts'

type Ports = HasClock & HasAuthority & HasPresence & HasOperations & HasLog

const AGAIN_MS = 2_000
const AGAIN_AFTER_FAILURE_MS = 60_000

/**
 * Makes connected masters carry out these operations of a cluster, each again until it is done, and ends all others that were
 * wanted before. Returns at once. Reconciles when an answer comes, and when one is to be asked for again.
 */
export function askMasters(
  ports: Ports,
  data: ClusterData,
  operations: readonly WantedOperation[],
  reconcile: () => Promise<unknown>,
): void {
  const { id } = data.cluster
  const before = ports.operations.wanted.get(id)
  const now = new Map<string, Wanting>()
  for (const operation of operations) {
    const order = JSON.stringify(operation.order)
    const known = before?.get(operation.key)
    const isKnown = known?.order === order
    now.set(operation.key, isKnown ? known : { order, isDue: true })
  }
  if (now.size > 0) ports.operations.wanted.set(id, now)
  else ports.operations.wanted.delete(id)
  for (const operation of operations) {
    const wanting = now.get(operation.key)
    if (!wanting?.isDue) continue
    wanting.isDue = false
    // One that is not wanted any more is not asked for again.
    const goOn = () => (ports.operations.wanted.get(id)?.get(operation.key) === wanting ? reconcile() : undefined)
    setImmediate(() => void ask(ports, data, { operation, wanting, goOn }))
  }
}

interface Asking {
  operation: WantedOperation
  wanting: Wanting
  goOn(): Promise<unknown> | undefined
}

async function ask(ports: Ports, data: ClusterData, { operation, wanting, goOn }: Asking): Promise<void> {
  let againMs: number | undefined = AGAIN_AFTER_FAILURE_MS
  const log = (error: unknown) => ports.log(`${operation.key}: ${failureText(error)}`)
  try {
    const masters = connectedMasters(ports, situationOf(ports, data).members)
    const asked = await ports.operations.ask(ports, masters, operation.order)
    const answer = asked?.answer ?? { outcome: 'not-yet', waitingFor: 'a connected master' }
    wanting.last = { answer, at: ports.now() }
    againMs = pauseAfter(answer, operation)
    await goOn()
  } catch (error) {
    log(error)
  }
  if (againMs === undefined) return
  setTimeout(() => {
    wanting.isDue = true
    goOn()?.catch(log)
  }, againMs).unref()
}

/** The last answers to the wanted operations of a cluster, by key. */
export function answersOf({ operations }: HasOperations, clusterId: string): ReadonlyMap<string, Answered> {
  const wanted = [...(operations.wanted.get(clusterId) ?? [])]
  return new Map(wanted.flatMap(([key, { last }]) => (last ? [[key, last]] : [])))
}

function pauseAfter({ outcome }: OperationOutcome, { againMs }: WantedOperation): number | undefined {
  if (outcome === 'done') return againMs
  return outcome === 'not-yet' ? AGAIN_MS : AGAIN_AFTER_FAILURE_MS
}
