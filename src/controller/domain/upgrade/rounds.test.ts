import { expect, it } from 'vitest'
import { roundsTo } from './rounds.ts'

const BUNDLES = ['v1.35.4', 'v1.36.1', 'v1.36.10', 'v1.36.2', 'v1.37.2', 'v2.0.0']

it.each([
  ['v1.35.4', 'v1.36.2', BUNDLES, { rounds: ['v1.36.2'] }],
  ['v1.36.1', 'v1.36.2', BUNDLES, { rounds: ['v1.36.2'] }],
  ['v1.35.4', 'v1.37.2', BUNDLES, { rounds: ['v1.36.10', 'v1.37.2'] }],
  ['v1.35.4', 'v1.37.2', ['v1.37.2'], { lacking: 'v1.36' }],
  ['v1.35.4', 'v1.37.2', ['v1.36.2'], { lacking: 'v1.37.2' }],
  ['v1.35.4', 'v2.0.0', BUNDLES, { lacking: 'v2.0.0' }],
] as const)('from %s to %s with bundles %j: %j', (from, to, available, expected) => {
  expect(roundsTo(from, to, available)).toEqual(expected)
})
