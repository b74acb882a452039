import { expect, test } from 'vitest'
import { admitMirrors } from './mirrors.ts'

const registryMirrors = { 'docker.io': 'https://mirror.example.org', '*': 'https://mirror.example.org' }

test.each([
  [{}, undefined],
  [{ registryMirrors }, undefined],
  [{ registryMirrors, mirrorOnly: ['docker.io', '*'] }, undefined],
  [{ mirrorOnly: ['docker.io'] }, 'remove docker.io from mirrorOnly too'],
  [{ registryMirrors, mirrorOnly: ['docker.io', 'quay.io'] }, 'remove quay.io from mirrorOnly too'],
])('%j', (settings, fix) => {
  const admit = () => admitMirrors(settings)
  if (fix === undefined) expect(admit).not.toThrow()
  else
    expect(admit).toThrow(
      expect.objectContaining({ code: 'settings/no-mirror', fix: expect.stringMatching(`${fix}$`) }),
    )
})
