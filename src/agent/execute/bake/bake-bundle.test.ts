import { expect, test } from 'vitest'
import { fakeHost } from '../../../../test/support/fake-host.ts'
import { bakeBundle } from './bake-bundle.ts'
import { withContainerd } from './temporary-containerd.ts'

const BAKED = '/var/lib/cantrip-baked'
const MANIFEST = `${BAKED}/manifest.json`

const stepNamed = (end: string) =>
  bakeBundle.components.flatMap(({ steps: of }) => of({} as never)).find(({ id }) => id.endsWith(end))
const context = { signal: new AbortController().signal, progress: () => undefined } as never

test('overlayfs is refused before the bundle is read, and before anything changes', async () => {
  const host = fakeHost({ directories: ['/var/lib'] })
  host.on(['stat', '--file-system'], { stdout: 'overlayfs\n' })
  const given = { given: { source: '/nowhere.tar' } } as never
  await expect(stepNamed('verify')?.apply(host, given, context)).rejects.toMatchObject({
    code: 'bake/overlayfs',
    message: expect.stringContaining('found overlayfs at /var/lib; wanted ext4 or XFS'),
  })
  expect(host.changes).toEqual([])
})

test('the containerd of an import ends when the agent is killed', async () => {
  const host = fakeHost({ directories: [BAKED] })
  const started: (readonly string[])[] = []
  host.on(['setpriv'], (argv) => {
    started.push(argv)
    return { exitCode: 1, stderr: 'no containerd here' }
  })
  await expect(withContainerd(host, new AbortController().signal, async () => undefined)).rejects.toThrow()
  expect(started).toMatchObject([
    [
      'setpriv',
      '--pdeathsig',
      'KILL',
      '--',
      '/usr/local/lib/cantrip/bin/containerd',
      ...[expect.anything(), expect.anything()],
    ],
  ])
})

test('an import that ends while it removes what was there leaves no image that says that it has images', async () => {
  const host = fakeHost({ files: { [MANIFEST]: '{}', [`${BAKED}/io.containerd.content.v1.content/blobs/x`]: '' } })
  host.on(['rm'], { exitCode: 1, stderr: 'killed' })
  await expect(
    stepNamed('images')?.apply(host, { bundleStore: { manifest: { files: [] } } } as never, context),
  ).rejects.toThrow('killed')
  expect(await host.stat(MANIFEST)).toBeUndefined()
})
