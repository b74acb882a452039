import { expect, test } from 'vitest'
import { interruption, pathsFor } from './surroundings.ts'

test('an instance has its own directories and unit', () => {
  expect(pathsFor('lab')).toMatchObject({ stateDirectory: '/var/lib/cantrip-lab', unit: 'cantrip-lab-agent.service' })
})

test.each(['containerd', 'node-dns', 'Lab', 'a/b', ''])('"%s" is not a valid instance name', (name) => {
  expect(() => pathsFor(name)).toThrow(expect.objectContaining({ code: 'usage/instance' }))
})

test('the end of a terminal ends the work as Ctrl-C does', () => {
  const signal = interruption()
  process.emit('SIGHUP')
  expect(signal.aborted).toBe(true)
  expect(signal.reason).toMatchObject({ code: 'interrupted' })
})
