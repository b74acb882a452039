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
/** By its state: the command line is empty after the end, but also for a moment while another program takes over. */
const isAlive = (pid: number) =>
  existsSync(`/proc/${pid}/stat`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))

function run(...argv: [string, ...string[]]): ChildProcess & { pid: number } {
  const child = spawn(argv[0], argv.slice(1), { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
  if (child.pid === undefined) throw new Error(`${argv[0]} did not start`)
  started.push(child.pid)
  return Object.assign(child, { pid: child.pid })
}

/** Starts an orphaned process in its own session, like a child of a killed process. */
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

describe('with a fake cgroup file system', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'control-group-'))
  })
  afterEach(() => rmSync(root, { recursive: true }))

  /** The files of a cgroup in each version. The list also contains ended processes, because a fixture does not update. */
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

  test.each(['v1', 'v2'] as const)(
    '%s: leftover processes are ended; this process and its children are kept',
    async (version) => {
      const left = await orphan()
      const outside = await orphan()
      const child = run('sleep', '300')
      const self = group(version, `/system.slice/${UNIT}`, [process.pid, child.pid, left])
      expect((await end(self)).left).not.toContain(process.pid)
      expect([left, outside, child.pid].map(isAlive)).toEqual([false, true, true])
    },
  )

  test('finds a group that is mounted below another one', async () => {
    const left = await orphan()
    await end(group('v1', `/machine/n1/system.slice/${UNIT}`, [process.pid, left], '/machine/n1'))
    expect(isAlive(left)).toBe(false)
  })

  test.each([
    ['/'],
    ['/user.slice/session-1.scope'],
    [`/system.slice/${UNIT}/nested`],
    ['/system.slice/other.service'],
  ])('no process is killed in %s', async (path) => {
    const left = await orphan()
    expect(await end(group('v2', path, [process.pid, left]))).toEqual({ ended: [], left: [] })
    expect(isAlive(left)).toBe(true)
  })

  test('it returns even if a process does not end', async () => {
    // Larger than every process ID.
    const self = group('v2', `/system.slice/${UNIT}`, [process.pid, 2 ** 22 + 1])
    expect(await end(self)).toEqual({ ended: [], left: [2 ** 22 + 1] })
  })
})

const HIERARCHIES = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup']
const hierarchy = HIERARCHIES.find((path) => existsSync(join(path, 'cgroup.procs')))

/** Needs root and a hierarchy in which cgroups can be created. */
describe.skipIf(process.getuid?.() !== 0 || hierarchy === undefined)('with a real cgroup (needs root)', () => {
  const outer = join(hierarchy ?? '', `cantrip-test-${process.pid}`)
  const directory = join(outer, UNIT)
  const procs = join(directory, 'cgroup.procs')
  beforeEach(() => mkdirSync(directory, { recursive: true }))
  afterEach(async () => {
    for (let tries = 0; tries < 50 && readFileSync(procs, 'utf8') !== ''; tries++) await sleep(20)
    rmdirSync(directory)
    rmdirSync(outer)
  })

  test('the children of a killed process are ended, including new ones; processes outside the cgroup are kept', async () => {
    const program = `
      import { endLeftBehind } from '${new URL('../../src/host/linux/control-group.ts', import.meta.url)}'
      import { setTimeout } from 'node:timers/promises'
      process.stdin.once('data', async () => {
        const result = await endLeftBehind({ unit: '${UNIT}', clock: { now: () => new Date(), sleep: (ms) => setTimeout(ms) } })
        console.log(JSON.stringify(result))
        process.exit(0)
      })`
    const service = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'pipe' })
    const outside = await orphan()
    // A process tree that keeps creating processes, like a command with workers.
    const tree = run('sh', '-c', 'while :; do sleep 0.05 & sleep 300 & sleep 0.05; done')
    for (const pid of [service.pid, tree.pid]) writeFileSync(procs, String(pid))
    await sleep(300)
    service.stdin.write('go\n')
    const [output] = await once(service.stdout, 'data')
    const { ended, left } = JSON.parse(String(output))
    expect(left).toEqual([])
    expect(ended).toContain(tree.pid)
    expect(ended.length).toBeGreaterThan(2)
    expect(ended).not.toContain(service.pid)
    expect(isAlive(outside)).toBe(true)
    await once(service, 'exit')
    expect(readFileSync(procs, 'utf8')).toBe('')
  })
})
