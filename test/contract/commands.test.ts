import { expect, test } from 'vitest'
import { ask, execute } from '../../src/host/linux/commands.ts'

const node = process.execPath

test('environment variables for programs of Kubernetes are not passed on', async () => {
  const given = { ETCDCTL_CERT: '/x', KUBECONFIG: '/x', KUBERC: '/x', CONTAINERD_ADDRESS: '/x' }
  Object.assign(process.env, given)
  try {
    const { stdout } = await ask(['env'], { env: { KUBECONFIG: '/own' } })
    expect(stdout.split('\n').filter((line) => /^(ETCD|KUBE|CONTAINERD)/.test(line))).toEqual(['KUBECONFIG=/own'])
  } finally {
    for (const name of Object.keys(given)) delete process.env[name]
  }
})

test('the end of a long output is kept', async () => {
  const script = 'for (let i = 0; i < 200000; i++) console.log("line " + i)'
  const { stdout } = await ask([node, '-e', script], { maxBytes: 1000 })
  expect(stdout).toHaveLength(1000)
  expect(stdout.endsWith('line 199999\n')).toBe(true)
})

test('lines are reported complete and as they arrive', async () => {
  const lines: string[] = []
  await execute(['printf', 'a\\nbä\\nrest'], { onLine: (line) => lines.push(line) })
  expect(lines).toEqual(['a', 'bä', 'rest'])
})

test('a line without an end is reported in parts, and not kept in memory', async () => {
  const lengths: number[] = []
  await ask(['sh', '-c', 'head -c 3000000 /dev/zero'], {
    maxBytes: 100_000,
    onLine: (line) => lengths.push(line.length),
  })
  expect(lengths.reduce((sum, each) => sum + each, 0)).toBe(3_000_000)
  expect(Math.max(...lengths)).toBeLessThan(300_000)
})

test('a timeout kills the command with its child processes', async () => {
  // The child of the shell keeps the output open. If it were not killed too, this would take 30 s.
  const startedAt = performance.now()
  await expect(ask(['sh', '-c', 'sleep 30 & sleep 30'], { timeoutMs: 200 })).rejects.toMatchObject({
    code: 'command/timeout',
    message: expect.stringContaining('0.2 s'),
  })
  expect(performance.now() - startedAt).toBeLessThan(5_000)
})

test('a command that ignores SIGTERM is killed', async () => {
  const deaf = 'trap "" TERM; echo on; while :; do sleep 0.1; done'
  await expect(ask(['sh', '-c', deaf], { timeoutMs: 200 })).rejects.toMatchObject({ code: 'command/timeout' })
})

test('an abort ends the command with the reason of the signal', async () => {
  const controller = new AbortController()
  const reason = new Error('enough')
  setTimeout(() => controller.abort(reason), 50)
  await expect(ask(['sleep', '30'], { signal: controller.signal })).rejects.toBe(reason)
})

test('the command gets the given environment and stdin', async () => {
  const { stdout } = await ask(['sh', '-c', 'printf "%s " "$OWN"; cat'], { env: { OWN: 'x' }, stdin: 'y' })
  expect(stdout).toBe('x y')
})

test('a command that does not read its input is no failure', async () => {
  expect((await ask(['true'], { stdin: 'x'.repeat(1_000_000) })).exitCode).toBe(0)
})

test('the error of a killed command names the signal', async () => {
  await expect(ask(['sh', '-c', 'kill -9 $$'])).rejects.toMatchObject({ code: 'command/killed' })
})

test.each([
  ['', ''],
  ['without the directories of root', '/nowhere:/usr/games'],
])('finds programs with a PATH that is %s', async (_, path) => {
  const former = process.env.PATH
  process.env.PATH = path
  try {
    expect((await ask(['getent', 'passwd', 'root'])).stdout).toMatch(/^root:/)
    expect((await ask(['chroot', '--version'])).stdout).toMatch(/^chroot/)
  } finally {
    process.env.PATH = former
  }
})
