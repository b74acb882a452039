import { expect, test } from 'vitest'
import { cluster } from '../../../test/support/controller/member.ts'
import { Declaration, rulesIn } from '../../protocol/declaration/declaration.ts'
import { isApprovingMore } from './approving.ts'
import { settingsFor } from './problems.ts'

const rule = (hostname: string, more: object = {}) => ({ match: { hostname }, roles: ['worker'], ...more })
const automatic = { approve: 'automatically' }

function declared(spec: object, project?: string): Declaration {
  const metadata = { name: 'demo', ...(project !== undefined && { project }) }
  return Declaration.parse({
    apiVersion: 'cantrip/v1',
    kind: 'Cluster',
    metadata,
    spec: { provision: 'manually', ...spec },
  })
}

/** The cluster as this declaration has made it. */
const known = (spec: object) => {
  const declaration = declared(spec)
  return cluster({ project: 'berlin', settings: settingsFor(declaration, undefined), rules: rulesIn(declaration.spec) })
}

test.each<[string, object, object, boolean]>([
  ['a rule that approves by hand', {}, { nodes: [rule('a')] }, false],
  ['a rule that approves automatically', {}, { nodes: [rule('a', automatic)] }, true],
  ['automatic approval of all', {}, { autoApprove: true }, true],
  ['the same rules again', { nodes: [rule('a', automatic)] }, { nodes: [rule('a', automatic)] }, false],
  ['a wider match', { nodes: [rule('a', automatic)] }, { nodes: [rule('*', automatic)] }, true],
  [
    'an earlier rule that is gone',
    { nodes: [rule('b'), rule('*', automatic)] },
    { nodes: [rule('*', automatic)] },
    true,
  ],
  ['no rules any more', { nodes: [rule('a', automatic)] }, {}, false],
  ['another setting', { nodes: [rule('a', automatic)] }, { nodes: [rule('a', automatic)], location: 'x' }, false],
])('%s', (_, before, spec, expected) => {
  expect(isApprovingMore(declared(spec), known(before))).toBe(expected)
})

test.each<[object, boolean]>([
  [{ nodes: [rule('a', automatic)] }, true],
  [{ autoApprove: true }, true],
  [{ nodes: [rule('a')] }, false],
])('what approves by itself needs an approver of the project to which it moves: %j', (spec, expected) => {
  expect(isApprovingMore(declared(spec, 'berlin'), known(spec))).toBe(false)
  expect(isApprovingMore(declared(spec, 'paris'), known(spec))).toBe(expected)
})
