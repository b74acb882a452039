import { expect, test } from 'vitest'
import { type FakeKubernetes, fakeKubernetes } from '../../../test/support/fake-kubernetes.ts'
import { CONTAINERD } from '../../base/kubernetes-paths.ts'
import { containerdPrograms, STANDARD } from '../../base/layout.ts'
import { useCertificates } from './use-certificates.ts'

const CTR = [`${containerdPrograms(STANDARD)}/ctr`, '--address', CONTAINERD.socket, '--namespace', 'k8s.io']
const FILES = ['pki/apiserver.crt', 'pki/front-proxy-client.crt', 'controller-manager.conf', 'scheduler.conf']
const at = (nowMs: number) => new Date(nowMs).toISOString()
const context = { signal: new AbortController().signal, progress() {}, log() {} }

/** Its static pods were started after their certificates were written; `api-old` has exited. */
function master(): FakeKubernetes & { containers: Record<string, { name: string; createdMs: number }> } {
  const fake = fakeKubernetes()
  const { host } = fake
  const { nowMs } = host.clock
  host.files.seed(CONTAINERD.socket, '')
  for (const file of FILES) host.files.seed(`/etc/kubernetes/${file}`, 'old', { mtimeMs: nowMs - 2_000 })
  host.units.set('kubelet.service', { active: true })
  const containers = {
    'api-old': { name: 'kube-apiserver', createdMs: nowMs - 9_000 },
    api: { name: 'kube-apiserver', createdMs: nowMs - 1_000 },
    manager: { name: 'kube-controller-manager', createdMs: nowMs - 1_000 },
    scheduler: { name: 'kube-scheduler', createdMs: nowMs - 1_000 },
  }
  host.on([...CTR, 'containers', 'list', '--quiet'], (argv) => {
    const wanted = /container\.name"==([a-z-]+),/.exec(argv.at(-1) ?? '')?.[1]
    return {
      stdout: Object.entries(containers)
        .flatMap(([id, { name }]) => (name === wanted ? [`${id}\n`] : []))
        .join(''),
    }
  })
  host.on([...CTR, 'containers', 'info'], (argv) => {
    const { createdMs } = containers[argv.at(-1) as keyof typeof containers]
    return { stdout: JSON.stringify({ CreatedAt: at(createdMs) }) }
  })
  host.on([...CTR, 'tasks', 'kill'], (argv) => ({ exitCode: argv.at(-1) === 'api-old' ? 1 : 0 }))
  return { ...fake, containers }
}

const calls = ({ host }: FakeKubernetes) =>
  host.calls.filter((call) => /tasks kill|systemctl stop/.test(call.join(' ')))

test('static pods that use their certificates are left alone', async () => {
  const fake = master()
  expect(await useCertificates.isDone(fake.host, fake.params)).toBe(true)
})

test('those that were started with former ones are ended while the kubelet is stopped', async () => {
  const fake = master()
  fake.host.files.seed('/etc/kubernetes/pki/apiserver-kubelet-client.crt', 'new', { mtimeMs: fake.host.clock.nowMs })
  expect(await useCertificates.isDone(fake.host, fake.params)).toBe(false)
  await useCertificates.apply(fake.host, fake.params, context)
  expect(calls(fake).map((call) => call.at(-1))).toEqual(['kubelet.service', 'api-old', 'api'])
  expect(fake.host.units.get('kubelet.service')).toMatchObject({ active: true })
})

test('the kubelet starts again, whatever happens meanwhile', async () => {
  const fake = master()
  fake.host.files.seed('/etc/kubernetes/pki/apiserver-kubelet-client.crt', 'new', { mtimeMs: fake.host.clock.nowMs })
  const stop = new AbortController()
  fake.host.on([...CTR, 'tasks', 'kill'], () => {
    stop.abort(new Error('another component failed'))
    return { exitCode: 2 }
  })
  await expect(useCertificates.apply(fake.host, fake.params, { ...context, signal: stop.signal })).rejects.toThrow()
  expect(fake.host.units.get('kubelet.service')).toMatchObject({ active: true })
})

test('a new serving certificate alone ends nothing: the API server reads it again', async () => {
  const fake = master()
  fake.host.files.seed('/etc/kubernetes/pki/apiserver.crt', 'new', { mtimeMs: fake.host.clock.nowMs })
  expect(await useCertificates.isDone(fake.host, fake.params)).toBe(true)
})

test('before the first start there is nothing to restart', async () => {
  const { host, params } = fakeKubernetes()
  expect(await useCertificates.isDone(host, params)).toBe(true)
})
