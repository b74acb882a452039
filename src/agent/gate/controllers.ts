import { errorMessage } from '../../base/text/error-message.ts'
import { printable } from '../../base/text/printable.ts'
import type { Controllers } from '../../protocol/wire/lists/controllers.ts'
import type { Signed } from '../../protocol/wire/signed.ts'
import { readControllers, writeControllers } from '../controllers.ts'
import type { Log } from '../log.ts'
import type { AgentPaths } from '../paths.ts'
import { type Knowledge, openSigned, type SignedKind } from './open-signed.ts'

export interface ControllersOptions extends Pick<Knowledge<Controllers>, 'instructionKeys' | 'nodeId'> {
  paths: AgentPaths
  /** The id of the cluster. */
  cluster: string
  log: Log
  now(): Date
  /** Called after the list is durable. */
  onControllers(): void
}

const CONTROLLERS: SignedKind<Controllers> = {
  code: 'controllers',
  noun: 'list of controllers',
  schema: async () => (await import('../../protocol/wire/lists/controllers.ts')).Controllers,
}

/** Lists are valid for a day: one that was issued later than in a day was issued by a controller with a wrong clock. */
const DAY_MS = 86_400_000

/**
 * Stores where the controllers of the cluster are. An earlier list changes nothing. One that is not accepted, or cannot be stored, is
 * logged: the node has other work, for which it stays connected.
 */
export function controllersTaker(options: ControllersOptions): (signed: Signed) => Promise<void> {
  const { paths, cluster, log, onControllers } = options
  return async (signed) => {
    const opened = await openSigned(CONTROLLERS, signed, { ...options, now: options.now() })
    if (opened.kind === 'refused') return log('error', `refused: ${opened.error.message} (${opened.error.code})`)
    const { issuedAt, urls } = opened.body
    const present = readControllers(paths, cluster)
    const isPossible = present && Date.parse(present.issuedAt) <= options.now().getTime() + DAY_MS
    if (isPossible && present.issuedAt >= issuedAt) return
    if (present?.urls.join() === urls.join()) return
    try {
      writeControllers(paths, { cluster, issuedAt, urls })
    } catch (error) {
      return log('error', `cannot store the list of controllers: ${errorMessage(error)}`)
    }
    log('info', `controllers of this cluster: ${urls.map(printable).join(', ')}`)
    onControllers()
  }
}
