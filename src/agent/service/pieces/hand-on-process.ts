import type { Log } from '../../log.ts'
import type { AgentPaths } from '../../paths.ts'
import type { Self } from '../../self.ts'
import { ownProcess } from '../processes/own-process.ts'
import type { PieceHolderOptions } from './piece-holder.ts'

/** Between SIGTERM and SIGKILL. */
const GRACE_MS = 5_000

/** Runs `agent hand-on BUNDLE` to its end, and writes what it says to the log. */
export function handOnProcess(
  self: Self,
  { instance }: Pick<AgentPaths, 'instance'>,
  log: Log,
): PieceHolderOptions['handOn'] {
  const named = instance === undefined ? [] : ['--instance', instance]
  return (bundle, signal) =>
    ownProcess<{ said: string }>(self, ['hand-on', bundle, ...named], {
      ...{ signal, graceMs: GRACE_MS },
      onMessage: ({ said }) => log('info', said),
    })
}
