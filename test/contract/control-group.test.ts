import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { endLeftBehind } from '../../src/host/linux/control-group.ts'

const UNIT = 'cantrip-agent.service'
const started: number[] = []
const isAlive = (pid: number) => existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`).length > 0

function run(...argv: [string, ...string[]]): ChildProcess & { pid: number } {
  const child = spawn(argv[0], argv.slice(1), { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
  if (child.pid === undefined) throw new Error(`${argv[0]} did not start`)
  started.push(child.pid)
  return Object.assign(child, { pid: child.pid })
}

/** Started by a process that has ended since, in a session of its own: nobody's child, as what a killed one leaves. */
async function orphan(): Promise<number> {
  const parent = run('setsid', '--fork', 'sh', '-c', 'echo $$; exec sleep 300')
  const [line] = await once(parent.stdout ?? parent, 'data')
  const pid = Number(String(line))
  started.push(pid)
  return pid
}

afterEach(() => {
  for (const pid of started.splice(0)) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
})

describe('with a tree of files in place of the kernel’s', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'control-group-'))
  })
  afterEach(() => rmSync(root, { recursive: true }))

  /** A group as each version shows it. The list names also those that have ended, as a fixture cannot forget them. */
  function group(version: 'v1' | 'v2', path: string, pids: number[], mountRoot = '/'): string {
    const mountPoint = join(root, 'mount')
    const self = join(root, 'self')
    const directory = join(mountPoint, path.slice(mountRoot === '/' ? 0 : mountRoot.length))
    mkdirSync(directory, { recursive: true })
    mkdirSync(self)
    writeFileSync(join(directory, 'cgroup.procs'), pids.join('\n'))
    const lines = version === 'v1' ? ['4:memory:/other', `1:name=systemd:${path}`, '0::/'] : [`0::${path}`]
    writeFileSync(join(self, 'cgroup'), `${lines.join('\n')}\n`)
    const mount = version === 'v1' ? 'cgroup cgroup rw,xattr,name=systemd' : 'cgroup2 cgroup2 rw'
    const noise = '31 23 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory'
    writeFileSync(join(self, 'mountinfo'), `${noise}\n40 31 0:37 ${mountRoot} ${mountPoint} rw,relatime - ${mount}\n`)
    writeFileSync(join(self, 'stat'), readFileSync('/proc/self/stat'))
    return self
  }

  const end = (self: string) =>
    endLeftBehind({ unit: UNIT, self, clock: { now: () => new Date(), sleep: () => sleep(1) } })

  test.each(['v1', 'v2'] as const)('%s: what is left behind ends; we and our own children stay', async (version) => {
    const left = await orphan()
    const outside = await orphan()
    const child = run('sleep', '300')
    const self = group(version, `/system.slice/${UNIT}`, [process.pid, child.pid, left])
    expect((await end(self)).left).not.toContain(process.pid)
    expect([left, outside, child.pid].map(isAlive)).toEqual([false, true, true])
  })

  test('a group that is mounted below another one is found', async () => {
    const left = await orphan()
    await end(group('v1', `/machine/n1/system.slice/${UNIT}`, [process.pid, left], '/machine/n1'))
    expect(isAlive(left)).toBe(false)
  })

  test.each([
    ['/'],
    ['/user.slice/session-1.scope'],
    [`/system.slice/${UNIT}/nested`],
    ['/system.slice/other.service'],
  ])('nobody is touched in %s', async (path) => {
    const left = await orphan()
    expect(await end(group('v2', path, [process.pid, left]))).toEqual({ ended: [], left: [] })
    expect(isAlive(left)).toBe(true)
  })

  test('it ends although a process does not', async () => {
    // Above every process id that there is.
    const self = group('v2', `/system.slice/${UNIT}`, [process.pid, 2 ** 22 + 1])
    expect(await end(self)).toEqual({ ended: [], left: [2 ** 22 + 1] })
  })
})

const HIERARCHIES = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup']
const hierarchy = HIERARCHIES.find((path) => existsSync(join(path, 'cgroup.procs')))

/** Only where root has a hierarchy to make groups in. */
describe.skipIf(process.getuid?.() !== 0 || hierarchy === undefined)('in a group of the kernel’s (needs root)', () => {
  const outer = join(hierarchy ?? '', `cantrip-test-${process.pid}`)
  const directory = join(outer, UNIT)
  const procs = join(directory, 'cgroup.procs')
  beforeEach(() => mkdirSync(directory, { recursive: true }))
  afterEach(async () => {
    for (let tries = 0; tries < 50 && readFileSync(procs, 'utf8') !== ''; tries++) await sleep(20)
    rmdirSync(directory)
    rmdirSync(outer)
  })

  test('a family that a killed process left ends, new members of it included; those outside live', async () => {
    const program = `
      import { endLeftBehind } from '${new URL('../../src/host/linux/control-group.ts', import.meta.url)}'
      import { setTimeout } from 'node:timers/promises'
      process.stdin.once('data', async () => {
        const told = await endLeftBehind({ unit: '${UNIT}', clock: { now: () => new Date(), sleep: (ms) => setTimeout(ms) } })
        console.log(JSON.stringify(told))
        process.exit(0)
      })`
    const service = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'pipe' })
    const outside = await orphan()
    // A tree that goes on making processes, as a command with workers does.
    const tree = run('sh', '-c', 'while :; do sleep 0.05 & sleep 300 & sleep 0.05; done')
    for (const pid of [service.pid, tree.pid]) writeFileSync(procs, String(pid))
    await sleep(300)
    service.stdin.write('go\n')
    const [told] = await once(service.stdout, 'data')
    const { ended, left } = JSON.parse(String(told))
    expect(left).toEqual([])
    expect(ended).toContain(tree.pid)
    expect(ended.length).toBeGreaterThan(2)
    expect(ended).not.toContain(service.pid)
    expect(isAlive(outside)).toBe(true)
    await once(service, 'exit')
    expect(readFileSync(procs, 'utf8')).toBe('')
  })
})
