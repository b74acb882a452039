import type { KeyObject } from 'node:crypto'
import type { LinkStore } from '../link/link-state.ts'
import type { Session } from '../link/session.ts'
import type { ServiceOptions } from '../service/options.ts'
import type { PairChecker } from './pair-checker.ts'

export interface LazyPairCheckerOptions extends Pick<ServiceOptions, 'log' | 'now' | 'monotonicMs' | 'sleep'> {
  instructionKeys(): readonly KeyObject[]
  nodeId: string
  link: LinkStore
  session(): Session | undefined
}

/** Loads the pair checker at the first order, to save memory on nodes that get none. */
export function lazyPairChecker(options: LazyPairCheckerOptions): PairChecker {
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
      send: (body) => options.session()?.send('pair-check', body),
    })
  }
  return {
    handle(body) {
      checker ??= load()
      void checker.then(({ handle }) => handle(body))
    },
    async stop() {
      await (await checker)?.stop()
    },
  }
}
