import { expect, test } from 'vitest'
import { fakeMachine } from '../../../test/support/fake-machine.ts'
import { whileStopped } from './while-stopped.ts'

const unit = 'cantrip-agent.service'

test.each([
  ['runs', { enabled: true, active: true }, true],
  ['was stopped by a reset that was killed', { enabled: true, active: false }, true],
  ['is not installed', { enabled: false, active: false }, false],
])('a service that %s', async (_, state, runsAfterwards) => {
  const machine = fakeMachine()
  machine.units.set(unit, state)
  const during = await whileStopped({ unit }, machine, true, async () => machine.units.get(unit)?.active)
  expect(during).toBe(false)
  expect(machine.units.get(unit)?.active).toBe(runsAfterwards)
})

test('runs again after work that failed, but not if the service is removed', async () => {
  const machine = fakeMachine()
  machine.units.set(unit, { enabled: true, active: true })
  const fail = () => Promise.reject(new Error('failed'))
  await expect(whileStopped({ unit }, machine, true, fail)).rejects.toThrow('failed')
  expect(machine.units.get(unit)?.active).toBe(true)
  await whileStopped({ unit }, machine, false, async () => undefined)
  expect(machine.units.get(unit)?.active).toBe(false)
})
