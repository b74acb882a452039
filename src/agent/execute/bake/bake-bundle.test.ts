import { expect, test } from 'vitest'
import { fakeHost } from '../../../../test/support/fake-host.ts'
import { bakeBundle } from './bake-bundle.ts'

const BAKED = '/var/lib/cantrip-baked'
const MANIFEST = `${BAKED}/manifest.json`

test('an import that ends while it removes what was there leaves no image that says that it has images', async () => {
  const host = fakeHost({ files: { [MANIFEST]: '{}', [`${BAKED}/io.containerd.content.v1.content/blobs/x`]: '' } })
  host.on(['rm'], { exitCode: 1, stderr: 'killed' })
  const steps = bakeBundle.components.flatMap(({ steps: of }) => of({} as never))
  const images = steps.find(({ id }) => id.endsWith('images'))
  const context = { signal: new AbortController().signal, progress: () => undefined } as never
  await expect(images?.apply(host, { bundleStore: { manifest: { files: [] } } } as never, context)).rejects.toThrow(
    'killed',
  )
  expect(await host.stat(MANIFEST)).toBeUndefined()
})
