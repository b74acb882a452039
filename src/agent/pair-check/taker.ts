import type { KeyObject } from 'node:crypto'
import type { LinkStore } from '../link/link-state.ts'
import type { Session } from '../link/session.ts'
import type { ServiceOptions } from '../service/options.ts'
import type { PairChecker } from './pair-checker.ts'

export interface TakerOptions extends Pick<ServiceOptions, 'log' | 'now' | 'monotonicMs' | 'sleep'> {
  instructionKey: KeyObject
  nodeId: string
  link: LinkStore
  session(): Session | undefined
}

/** Loads what checks pairs of nodes when it is first asked for: most nodes never do, most of the time. */
export function pairCheckTaker(options: TakerOptions): PairChecker {
  let checker: Promise<PairChecker> | undefined
  async function load(): Promise<PairChecker> {
    const [{ pairChecker }, { linuxProbeNetwork }, { linuxHostView }] = await Promise.all([
      import('./pair-checker.ts'),
      import('../../host/linux/network/probe-network.ts'),
      import('../../host/linux/host-view.ts'),
    ])
    return pairChecker({
      ...options,
      network: linuxProbeNetwork,
      view: linuxHostView(),
      isBusy: () => options.link.open() !== undefined,
      send: (body) => options.session()?.sendPairCheck(body),
    })
  }
  return {
    take(body) {
      checker ??= load()
      void checker.then(({ take }) => take(body))
    },
    async stop() {
      await (await checker)?.stop()
    },
  }
}
