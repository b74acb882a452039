import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../test/support/fake-kubernetes.ts'
import { firstMaster } from './first-master.ts'

async function bringUp(fake: ReturnType<typeof fakeKubernetes>): Promise<string[]> {
  const applied: string[] = []
  for (const component of firstMaster.components) applied.push(...(await runComponent(component, fake)))
  return applied
}

test('a bare machine becomes a control plane, and a second run finds all of it done', async () => {
  const fake = fakeKubernetes()
  const first = await bringUp(fake)
  expect(first).toContain('api-server/start-kubelet')
  // kubeadm is configured without a taint, so there is none to remove.
  expect(first).not.toContain('node/remove-taint')
  expect(await bringUp(fake)).toEqual([])
})

test('each component comes after its dependencies', () => {
  const ids = firstMaster.components.map(({ id }) => id)
  for (const { id, after } of firstMaster.components) {
    for (const earlier of after) expect(ids.indexOf(earlier), `${id} after ${earlier}`).toBeLessThan(ids.indexOf(id))
  }
})

test('step ids start with their component and are unique', () => {
  const { params } = fakeKubernetes()
  const steps = firstMaster.components.flatMap((component) =>
    component.steps(params).map(({ id }) => ({ id, component: component.id })),
  )
  for (const { id, component } of steps) expect(id.startsWith(`${component}/`), id).toBe(true)
  expect(new Set(steps.map(({ id }) => id)).size).toBe(steps.length)
})

test('undo, newest first: kubelet, containers, mounts, networks, containerd, directories, executables', async () => {
  const fake = fakeKubernetes()
  await bringUp(fake)
  const undos = fake.host.changes.map(({ undo }) => undo).toReversed()
  const order = [
    undos.findIndex((undo) => undo.kind === 'unit' && undo.unit === 'kubelet.service'),
    undos.findIndex((undo) => undo.kind === 'container-processes'),
    undos.findIndex((undo) => undo.kind === 'unmount-below' && undo.path === '/var/lib/kubelet/pods'),
    undos.findIndex((undo) => undo.kind === 'remove-network-namespaces'),
    undos.findIndex((undo) => undo.kind === 'remove-links'),
    undos.findIndex((undo) => undo.kind === 'remove-chains'),
    undos.findIndex((undo) => undo.kind === 'remove-cgroups'),
    undos.findIndex((undo) => undo.kind === 'remove-tree' && undo.path === '/var/lib/kubelet'),
    undos.findIndex((undo) => undo.kind === 'unit' && undo.unit === 'cantrip-containerd.service'),
    undos.findIndex((undo) => undo.kind === 'unmount-below' && undo.path === '/run/cantrip-containerd'),
    undos.findIndex((undo) => undo.kind === 'remove-tree' && undo.path === '/var/lib/cantrip-containerd'),
    undos.findIndex((undo) => undo.kind === 'remove-path' && undo.path === '/usr/local/lib/cantrip/bin/containerd'),
  ]
  expect(order.every((at) => at >= 0)).toBe(true)
  expect(order).toEqual(order.toSorted((a, b) => a - b))
})

test('no command line contains a secret', async () => {
  const fake = fakeKubernetes()
  await bringUp(fake)
  const words = fake.host.calls.flat().join(' ')
  expect(words).not.toMatch(/PRIVATE KEY|--token /)
  expect(fake.inputs.join('')).toContain('PRIVATE KEY')
})
