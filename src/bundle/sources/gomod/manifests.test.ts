import { expect, test } from 'vitest'
import { directoryOf } from '../../make/cache.ts'
import { DEFAULT_VERSIONS } from '../../versions/sets.ts'
import { manifestParts } from './manifests.ts'

test("the cached manifest of Cilium is that of the bundle's version of Kubernetes", () => {
  const cache = { directory: '/cache', progress: () => undefined }
  const place = (kubernetes: string) =>
    directoryOf(cache, manifestParts({ ...DEFAULT_VERSIONS, kubernetes }, '/helm')['cilium.yaml'])
  expect(place('v1.0.1')).not.toBe(place('v1.0.2'))
  expect(place('v1.0.1')).toBe(place('v1.0.1'))
})
