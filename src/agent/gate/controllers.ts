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

/** Stores where the controllers of the cluster are. An earlier list changes nothing; one that is not accepted is logged. */
export function controllersTaker(options: ControllersOptions): (signed: Signed) => Promise<void> {
  const { paths, cluster, log, onControllers } = options
  return async (signed) => {
    const opened = await openSigned(CONTROLLERS, signed, { ...options, now: options.now() })
    if (opened.kind === 'refused') return log('error', `refused: ${opened.error.message} (${opened.error.code})`)
    const { issuedAt, urls } = opened.body
    const present = readControllers(paths, cluster)
    if (present && (present.issuedAt >= issuedAt || present.urls.join() === urls.join())) return
    writeControllers(paths, { cluster, issuedAt, urls })
    log('info', `controllers of this cluster: ${urls.join(', ')}`)
    onControllers()
  }
}
