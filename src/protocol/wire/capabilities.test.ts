import { expect, test } from 'vitest'
import { settingCapabilities } from '../settings/node-params.ts'
import { CAPABILITIES, FIRST_CAPABILITIES } from './capabilities.ts'
import { DownFrame } from './frames.ts'
import { Instruction } from './instruction.ts'
import { Operation } from './operation.ts'

const kindsOf = (values: readonly unknown[]) => values.map(String)

test('names every frame, instruction, operation and later setting that the schemas have', () => {
  const frames = DownFrame._zod.def.options.flatMap(({ shape }) => kindsOf(shape.t._zod.def.values))
  const instructions = Instruction._zod.def.options.flatMap(({ shape }) => kindsOf(shape.role._zod.def.values))
  const operations = Operation._zod.def.out._zod.def.options.flatMap(({ shape }) =>
    kindsOf(shape.operation._zod.def.values),
  )
  expect([...CAPABILITIES].sort()).toEqual(
    [
      ...frames.map((t) => `frame/${t}`),
      ...instructions.map((role) => `instruction/${role}`),
      ...operations.map((kind) => `operation/${kind}`),
      ...settingCapabilities(),
    ].sort(),
  )
})

test('the agents that name none know what f2add13 knew', () => {
  expect(FIRST_CAPABILITIES).toHaveLength(16)
})
