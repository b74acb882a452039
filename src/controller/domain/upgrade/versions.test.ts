import { expect, it } from 'vitest'
import { compareVersions, minorsBetween, roundsTo } from './versions.ts'

const BUNDLES = ['v1.35.4', 'v1.36.1', 'v1.36.10', 'v1.36.2', 'v1.37.2']

it.each([
  ['v1.35.4', 'v1.36.2', BUNDLES, { rounds: ['v1.36.2'] }],
  ['v1.36.1', 'v1.36.2', BUNDLES, { rounds: ['v1.36.2'] }],
  ['v1.35.4', 'v1.37.2', BUNDLES, { rounds: ['v1.36.10', 'v1.37.2'] }],
  ['v1.35.4', 'v1.37.2', ['v1.37.2'], { lacking: 'v1.36' }],
  ['v1.35.4', 'v1.37.2', ['v1.36.2'], { lacking: 'v1.37.2' }],
] as const)('from %s to %s with bundles %j: %j', (from, to, available, expected) => {
  expect(roundsTo(from, to, available)).toEqual(expected)
})

it('compares numbers, not texts', () => {
  expect(['v1.36.10', 'v1.9.0', 'v1.36.9'].sort(compareVersions)).toEqual(['v1.9.0', 'v1.36.9', 'v1.36.10'])
  expect(minorsBetween('v1.34.9', 'v1.37.0')).toBe(3)
})
