import { AgentError } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'
import { NETWORK_NAMESPACES } from '../../../base/kubernetes-paths.ts'
import { poll, type RetryPolicy } from '../../../base/retry.ts'
import { readMounts } from '../../../host/files/read-mounts.ts'
import type { Machine } from '../../../host/machine.ts'
import { isBelow } from '../../../host/parse/mountinfo.ts'
import { type CarryOut, resultOf } from '../result.ts'

const POLICY: RetryPolicy = { firstMs: 300, tries: 6 }
/** Arguments per call, well below ARG_MAX. */
const BATCH = 200
const IN_USE = `${NETWORK_NAMESPACES} stays mounted: other programs have network namespaces there`

export const unmountBelow: CarryOut<'unmount-below'> = async ({ path, spare = [] }, machine) => {
  if (path === NETWORK_NAMESPACES && spare.includes(path)) return undefined
  let lastError = ''
  const removed = new Set<string>()
  let left = await mountPointsBelow(path, spare, machine)
  const attempt = async () => {
    if (path === NETWORK_NAMESPACES && left.some((point) => point !== path)) return { kept: IN_USE }
    for (const point of left) removed.add(`mount ${point}`)
    for (let from = 0; from < left.length; from += BATCH) {
      // umount continues after busy mounts. What is left is read from mountinfo, not from its exit code.
      const { stderr } = await machine.ask(['umount', '--', ...left.slice(from, from + BATCH)], { timeoutMs: 60_000 })
      lastError = stderr.trim()
    }
    if (left.length > 0) left = await mountPointsBelow(path, spare, machine)
    return left.length === 0 ? {} : undefined
  }
  const ended = await poll(POLICY, attempt, { clock: machine })
  if (ended) return resultOf(ended.kept === undefined ? [...removed] : [], ended.kept)
  throw new AgentError(
    'undo/mount-left',
    `still mounted: ${left.join(' ')}${lastError && ` (${lastError.split('\n')[0]})`}`,
    {
      fix: `find out what uses it (${command`fuser -vm ${left[0] ?? ''}`}), end that, then run the same command again`,
    },
  )
}

/** Deepest first; of several mounts on one point, the newest first. */
async function mountPointsBelow(path: string, spare: readonly string[], machine: Machine): Promise<string[]> {
  const mounts = await readMounts(machine)
  return mounts
    .map(({ mountPoint }) => mountPoint)
    .filter((point) => isBelow(point, path) && !spare.includes(point))
    .toReversed()
    .sort((a, b) => b.split('/').length - a.split('/').length)
}
