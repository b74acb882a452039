import { expect, test } from 'vitest'
import { VERSION_SETS } from '../../../bundle/versions/sets.ts'
import { versionChoices } from './versions.ts'

test('versions without a bundle are shown with the reason', () => {
  const [known = ''] = VERSION_SETS.map(({ kubernetes }) => kubernetes)
  const bundles = [
    { kubernetesVersion: 'v1.99.0', arch: 'x64' },
    { kubernetesVersion: known, arch: 'x64' },
    { kubernetesVersion: known, arch: 'arm64' },
  ]
  const choices = versionChoices(bundles)
  expect(choices[0]).toEqual({ version: 'v1.99.0', archs: ['x64'], whyNot: undefined })
  expect(choices.find(({ version }) => version === known)?.archs).toEqual(['x64', 'arm64'])
  const others = choices.filter(({ archs }) => archs.length === 0)
  expect(others).toHaveLength(VERSION_SETS.length - 1)
  expect(others[0]?.whyNot).toContain('controller bundle import FILE_OR_DIRECTORY --data DATA_DIRECTORY')
})
