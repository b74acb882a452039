import { expect, test } from 'vitest'
import { pathsFor } from './surroundings.ts'

test('an instance has directories and a unit of its own', () => {
  expect(pathsFor('lab')).toMatchObject({ stateDirectory: '/var/lib/cantrip-lab', unit: 'cantrip-lab-agent.service' })
})

test.each(['containerd', 'node-dns', 'Lab', 'a/b', ''])('"%s" is no name for one', (name) => {
  expect(() => pathsFor(name)).toThrow(expect.objectContaining({ code: 'usage/instance' }))
})
