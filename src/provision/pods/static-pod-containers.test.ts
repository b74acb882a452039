import { expect, test } from 'vitest'
import { fakeKubernetes } from '../../../test/support/fake-kubernetes.ts'
import { CONTAINERD } from '../../base/kubernetes-paths.ts'
import { containerdPrograms, STANDARD } from '../../base/layout.ts'
import { endStaticPods } from './static-pod-containers.ts'

const CTR = [`${containerdPrograms(STANDARD)}/ctr`, '--address', CONTAINERD.socket, '--namespace', 'k8s.io']
const SIGNAL = new AbortController().signal
const SHARED = 'api.demo.cantrip.internal:6443'
const BOTH = ['kube-apiserver', 'kube-scheduler']

/** A master with an API server and a scheduler, and a container that has exited. It serves and lives so long after SIGTERM. */
function master(endpoint: string, { servesMs = 5_000, livesMs = 30_000 } = {}) {
  const fake = fakeKubernetes({ endpoint })
  const { host } = fake
  const beganMs = host.clock.nowMs
  const ends = new Map([
    ['api', Number.POSITIVE_INFINITY],
    ['scheduler', Number.POSITIVE_INFINITY],
  ])
  const kills: string[] = []
  let closesAtMs = Number.POSITIVE_INFINITY
  host.files.seed('/etc/kubernetes/pki/ca.crt', 'the CA')
  host.network.onRequest('https://10.0.0.5:6443/readyz', () => {
    if (host.clock.nowMs >= closesAtMs) throw new Error('ECONNREFUSED')
    return { status: closesAtMs === Number.POSITIVE_INFINITY ? 200 : 500 }
  })
  host.files.seed(CONTAINERD.socket, '')
  host.on([...CTR, 'containers', 'list', '--quiet'], (argv) => {
    const filters = argv.join(' ')
    return {
      stdout: `${filters.includes('kube-apiserver') ? 'exited\napi\n' : ''}${filters.includes('kube-scheduler') ? 'scheduler\n' : ''}`,
    }
  })
  host.on([...CTR, 'tasks', 'list'], () => {
    const alive = [...ends].filter(([, atMs]) => atMs > host.clock.nowMs).map(([id]) => `${id}    42    RUNNING`)
    return { stdout: ['TASK    PID    STATUS', 'exited    0    STOPPED', ...alive, ''].join('\n') }
  })
  host.on([...CTR, 'tasks', 'kill'], (argv) => {
    const [name = '', id = ''] = argv.slice(-2)
    if (id === 'exited') return { exitCode: 1 }
    kills.push(`${name} ${id} after ${(host.clock.nowMs - beganMs) / 1000} s`)
    if (name === 'SIGTERM') closesAtMs = host.clock.nowMs + servesMs
    ends.set(id, name === 'SIGKILL' ? 0 : host.clock.nowMs + livesMs)
    return {}
  })
  return { ...fake, kills }
}

test('where clients have no other API server, all is killed at once', async () => {
  const { host, params, kills } = master('10.0.0.5:6443')
  await endStaticPods(host, params, BOTH, SIGNAL)
  expect(kills).toEqual(['SIGKILL api after 0 s', 'SIGKILL scheduler after 0 s'])
})

test.each([SHARED, 'lb.example.org:443'])(
  '%s: the API server gets the time to leave, and the others run until then',
  async (endpoint) => {
    const { host, params, kills } = master(endpoint)
    await endStaticPods(host, params, BOTH, SIGNAL)
    expect(kills).toEqual(['SIGTERM api after 0 s', 'SIGKILL api after 7.25 s', 'SIGKILL scheduler after 7.25 s'])
  },
)

test('an API server that has ended is not waited for', async () => {
  const { host, params, kills } = master(SHARED, { servesMs: 0, livesMs: 1_000 })
  await endStaticPods(host, params, BOTH, SIGNAL)
  expect(kills).toEqual(['SIGTERM api after 0 s', 'SIGKILL api after 1 s', 'SIGKILL scheduler after 1 s'])
})

test('the scheduler alone is killed at once', async () => {
  const { host, params, kills } = master(SHARED)
  await endStaticPods(host, params, ['kube-scheduler'], SIGNAL)
  expect(kills).toEqual(['SIGKILL scheduler after 0 s'])
})

test('one that serves longer is waited for, but not for ever', async () => {
  const { host, params, kills } = master(SHARED, { servesMs: 70_000, livesMs: 100_000 })
  await endStaticPods(host, params, ['kube-apiserver'], SIGNAL)
  expect(kills).toEqual(['SIGTERM api after 0 s', 'SIGKILL api after 72.25 s'])
  const hung = master(SHARED, { servesMs: 500_000, livesMs: 500_000 })
  await endStaticPods(hung.host, hung.params, ['kube-apiserver'], SIGNAL)
  expect(hung.kills.at(-1)).toBe('SIGKILL api after 92.5 s')
})
