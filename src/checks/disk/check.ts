import type { Check, CheckParams, Verdict } from '../../engine/check.ts'
import { judgedRoles } from '../../engine/judged-roles.ts'
import { ownKubernetes } from '../../engine/own-kubernetes.ts'
import type { HostView } from '../../host/host.ts'
import { type Mount, mountOf, parseMountinfo } from '../../host/parse/mountinfo.ts'
import { NEEDED_SPACE, NEEDED_STATE_MIB } from './needed.ts'

const MIB = 1024 * 1024
/** Once our Kubernetes lies there, room to go on with is enough. */
const SHARE_TO_GO_ON = 0.1

interface FileSystemNeed {
  mountPoint: string
  paths: string[]
  mib: number
}

export const check: Check = {
  id: 'disk',
  title: 'Disk space',
  hard: true,
  why: 'Every path that is written to has a need of its own; paths on one file system need the sum.',
  timeoutMs: 15_000,
  async look(host: HostView, { roles, ownStateDirectory }: CheckParams): Promise<Verdict> {
    const { must, may } = judgedRoles(roles)
    const mounts = parseMountinfo((await host.read('/proc/self/mountinfo')) ?? '')
    const needed = NEEDED_SPACE.filter((space) => space.roles.some((role) => must.includes(role) || may.includes(role)))
    const needs = byFileSystem([...needed, { path: ownStateDirectory, mib: NEEDED_STATE_MIB }], mounts)
    const share = (await ownKubernetes(host, ownStateDirectory)) ? SHARE_TO_GO_ON : 1
    const looked = await Promise.all(
      needs.map(async (need) => ({ ...need, mib: need.mib * share, freeMib: await freeMib(host, need) })),
    )
    const short = looked.filter((entry) => entry.freeMib < entry.mib)
    const found = (short.length > 0 ? short : looked).map((e) => `${gib(e.freeMib)} free on ${e.mountPoint}`).join(', ')
    if (short.length === 0) return { kind: 'pass', found }
    const wanted = short.map((e) => `${gib(e.mib)} on ${e.mountPoint} (for ${e.paths.join(', ')})`).join('; ')
    const first = short[0]?.mountPoint ?? '/'
    return {
      kind: 'fail',
      found,
      wanted,
      fix: `make room or mount a larger disk, see: du -xh -d2 ${first} | sort -h | tail`,
    }
  },
}

function byFileSystem(needs: readonly { path: string; mib: number }[], mounts: readonly Mount[]): FileSystemNeed[] {
  const byMount = new Map<string, FileSystemNeed>()
  for (const { path, mib } of needs) {
    const mountPoint = mountOf(path, mounts)?.mountPoint ?? path
    const entry = byMount.get(mountPoint) ?? { mountPoint, paths: [], mib: 0 }
    byMount.set(mountPoint, { mountPoint, paths: [...entry.paths, path], mib: entry.mib + mib })
  }
  return [...byMount.values()]
}

/** The least of all paths: a link may lead to another file system than the one that the path seems to lie on. */
async function freeMib(host: HostView, { paths }: FileSystemNeed): Promise<number> {
  const spaces = await Promise.all(paths.map((path) => host.diskSpace(path)))
  return Math.min(...spaces.map(({ freeBytes }) => freeBytes)) / MIB
}

function gib(mib: number): string {
  return mib < 1024 ? `${Math.floor(mib)} MiB` : `${(mib / 1024).toFixed(1)} GiB`
}
