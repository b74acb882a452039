import { expect, test } from 'vitest'
import { SETTINGS } from '../settings/cluster-settings.ts'
import { settingCapabilities } from '../settings/node-params.ts'
import { CAPABILITIES, FIRST_CAPABILITIES } from './capabilities.ts'
import { Instruction, NodeParams } from './instruction.ts'
import { DOWN } from './messages/messages.ts'
import { Operation } from './operation.ts'

const kindsOf = (values: readonly unknown[]) => values.map(String)

test('names every frame, instruction, operation, later setting or parameter that the schemas have, what an upgrade changes, and joining again', () => {
  const frames = Object.keys(DOWN)
  const instructions = Instruction._zod.def.options.flatMap(({ shape }) => kindsOf(shape.role._zod.def.values))
  const operations = Operation._zod.def.out._zod.def.options.flatMap(({ shape }) =>
    kindsOf(shape.operation._zod.def.values),
  )
  const { cluster, node } = NodeParams.shape
  const optional = [cluster, node].flatMap(({ shape }) =>
    Object.entries(shape).flatMap(([name, field]) => (field.safeParse(undefined).success ? [name] : [])),
  )
  expect([...CAPABILITIES].sort()).toEqual(
    [
      ...frames.map((t) => `frame/${t}`),
      ...instructions.map((role) => `instruction/${role}`),
      ...operations.map((kind) => `operation/${kind}`),
      ...settingCapabilities(),
      'change/endpoint',
      'change/rejoin',
      ...optional.filter((name) => !(name in SETTINGS)).map((name) => `params/${name}`),
    ].sort(),
  )
})

test('the agents that name none know what f2add13 knew', () => {
  expect(FIRST_CAPABILITIES).toHaveLength(16)
})

test('the agents that list none understand the messages of the first release', () => {
  const first = Object.entries(DOWN).filter(([, { since }]) => since === 'f2add13')
  const listed = FIRST_CAPABILITIES.filter((each) => each.startsWith('frame/'))
  expect(first.map(([t]) => `frame/${t}`).sort()).toEqual([...listed].sort())
})
