import { AgentError } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'
import type { Machine } from '../../../host/machine.ts'
import { isBelow, parseMountinfo } from '../../../host/parse/mountinfo.ts'
import { NAMESPACES } from '../network/network-namespaces.ts'
import { type CarryOut, resultOf } from '../result.ts'

const TRIES = 6
const PAUSE_MS = 300
/** Arguments a call, well below the kernel's limit for a command line. */
const BATCH = 200
const OTHERS = `${NAMESPACES} stays mounted: other programs have network namespaces there`

export const unmountBelow: CarryOut<'unmount-below'> = async ({ path, spare = [] }, machine) => {
  let said = ''
  const removed = new Set<string>()
  for (let tries = 0; tries < TRIES; tries++) {
    const points = await mountPointsBelow(path, spare, machine)
    if (path === NAMESPACES && spare.includes(path)) return undefined
    if (path === NAMESPACES && points.some((point) => point !== path)) return { kept: OTHERS }
    if (points.length === 0) return resultOf([...removed])
    for (const point of points) removed.add(`mount ${point}`)
    if (tries > 0) await machine.sleep(PAUSE_MS)
    for (let from = 0; from < points.length; from += BATCH) {
      // umount goes on past what is busy; what is left is looked at, not guessed from its exit code.
      const { stderr } = await machine.ask(['umount', '--', ...points.slice(from, from + BATCH)], { timeoutMs: 60_000 })
      said = stderr.trim()
    }
  }
  const left = await mountPointsBelow(path, spare, machine)
  if (left.length === 0) return resultOf([...removed])
  throw new AgentError('undo/mount-left', `still mounted: ${left.join(' ')}${said && ` (${said.split('\n')[0]})`}`, {
    fix: `see what uses it (${command`fuser -vm ${left[0] ?? ''}`}), end that, then run the same command again`,
  })
}

/** Deepest first; of mounts on the same point the newest first. */
async function mountPointsBelow(path: string, spare: readonly string[], machine: Machine): Promise<string[]> {
  const mounts = parseMountinfo((await machine.read('/proc/self/mountinfo')) ?? '')
  return mounts
    .map(({ mountPoint }) => mountPoint)
    .filter((point) => isBelow(point, path) && !spare.includes(point))
    .toReversed()
    .sort((a, b) => b.split('/').length - a.split('/').length)
}
