import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../test/support/fake-kubernetes.ts'
import { addOnImages } from '../components/add-on-images/component.ts'

const IMPORT = ['/usr/local/bin/ctr', '--namespace', 'k8s.io', 'images', 'import']
const MISSED = `ctr: failed to get reader from content store: content digest sha256:${'ab'.repeat(32)}: not found`

/** The first imports fail with that; then they are as ever. */
function failing(times: number, stderr: string) {
  const fake = fakeKubernetes()
  fake.host.files.seed('/run/containerd/containerd.sock', '')
  let imports = 0
  fake.host.on(IMPORT, (argv) => {
    imports += 1
    if (imports <= times) return { exitCode: 1, stderr }
    fake.images.add(
      argv.at(-1)?.includes('coredns') ? 'registry.k8s.io/coredns/coredns:v1.14.2' : 'cantrip.local/agent:1.2.3',
    )
    return { exitCode: 0 }
  })
  return { fake, count: () => imports }
}

test('an import that misses what containerd has collected meanwhile is repeated', async () => {
  const { fake, count } = failing(1, MISSED)
  await runComponent(addOnImages, fake)
  expect([...fake.images].sort()).toEqual(['cantrip.local/agent:1.2.3', 'registry.k8s.io/coredns/coredns:v1.14.2'])
  expect(count()).toBe(3)
})

test('any other failure is told, and one that stays', async () => {
  for (const [stderr, mostTries] of [
    ['ctr: no space left on device', 2],
    [MISSED, 4],
  ] as const) {
    const { fake, count } = failing(99, stderr)
    await expect(runComponent(addOnImages, fake)).rejects.toThrow(/exit code 1/)
    expect(count()).toBeGreaterThanOrEqual(mostTries)
    expect(count()).toBeLessThanOrEqual(2 * mostTries)
  }
})
