import { expect, test } from 'vitest'
import { ask, execute } from '../../src/host/linux/commands.ts'

const node = process.execPath

test('settings that somebody gave to others of our programs do not reach ours', async () => {
  const given = { ETCDCTL_CERT: '/x', KUBECONFIG: '/x', KUBERC: '/x', CONTAINERD_ADDRESS: '/x' }
  Object.assign(process.env, given)
  try {
    const { stdout } = await ask(['env'], { env: { KUBECONFIG: '/ours' } })
    expect(stdout.split('\n').filter((line) => /^(ETCD|KUBE|CONTAINERD)/.test(line))).toEqual(['KUBECONFIG=/ours'])
  } finally {
    for (const name of Object.keys(given)) delete process.env[name]
  }
})

test('of a long output the end is kept', async () => {
  const script = 'for (let i = 0; i < 200000; i++) console.log("line " + i)'
  const { stdout } = await ask([node, '-e', script], { maxBytes: 1000 })
  expect(stdout).toHaveLength(1000)
  expect(stdout.endsWith('line 199999\n')).toBe(true)
})

test('lines are told as they come, whole', async () => {
  const lines: string[] = []
  await execute(['printf', 'a\\nbä\\nrest'], { onLine: (line) => lines.push(line) })
  expect(lines).toEqual(['a', 'bä', 'rest'])
})

test('a deadline ends the command with everything it started', async () => {
  // The shell's child holds the output open: were it not killed as well, this would last half a minute.
  const startedAt = performance.now()
  await expect(ask(['sh', '-c', 'sleep 30 & sleep 30'], { timeoutMs: 200 })).rejects.toMatchObject({
    code: 'command/timeout',
    message: expect.stringContaining('0.2 s'),
  })
  expect(performance.now() - startedAt).toBeLessThan(5_000)
})

test('a deaf command is killed', async () => {
  const deaf = 'trap "" TERM; echo on; while :; do sleep 0.1; done'
  await expect(ask(['sh', '-c', deaf], { timeoutMs: 200 })).rejects.toMatchObject({ code: 'command/timeout' })
})

test('an abort ends it with the reason of the signal', async () => {
  const controller = new AbortController()
  const reason = new Error('enough')
  setTimeout(() => controller.abort(reason), 50)
  await expect(ask(['sleep', '30'], { signal: controller.signal })).rejects.toBe(reason)
})

test('the environment has what was given, and stdin reaches the command alone', async () => {
  const { stdout } = await ask(['sh', '-c', 'printf "%s " "$OWN"; cat'], { env: { OWN: 'x' }, stdin: 'y' })
  expect(stdout).toBe('x y')
})

test('a command that does not read its input is no failure', async () => {
  expect((await ask(['true'], { stdin: 'x'.repeat(1_000_000) })).exitCode).toBe(0)
})

test('a killed command says by what', async () => {
  await expect(ask(['sh', '-c', 'kill -9 $$'])).rejects.toMatchObject({ code: 'command/killed' })
})

test.each([
  ['', ''],
  ['without the directories of root', '/nowhere:/usr/games'],
])('with a PATH that is %s programs are found all the same', async (_, path) => {
  const former = process.env.PATH
  process.env.PATH = path
  try {
    expect((await ask(['getent', 'passwd', 'root'])).stdout).toMatch(/^root:/)
    expect((await ask(['chroot', '--version'])).stdout).toMatch(/^chroot/)
  } finally {
    process.env.PATH = former
  }
})
