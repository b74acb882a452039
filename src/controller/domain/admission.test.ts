import { expect, it } from 'vitest'
import { cluster, node } from '../../../test/support/controller/member.ts'
import type { NodeRole } from '../../protocol/names.ts'
import { ClusterSettings } from '../../protocol/settings/cluster-settings.ts'
import { admitRoles } from './admission.ts'
import type { Node } from './records.ts'

const masters = (count: number, changes: Partial<Node> = {}) =>
  Array.from({ length: count }, (_, at) => node({ id: `n-${at}`, name: `m${at}`, roles: ['master'], ...changes }))

const table: [string, boolean, Node[], NodeRole[], string | undefined][] = [
  ['a master that works too', false, [], ['master', 'worker'], undefined],
  ['a dedicated master', true, [], ['master'], undefined],
  ['a worker beside dedicated masters', true, masters(1), ['worker'], undefined],
  ['a worker before there is a master', false, [], ['worker'], undefined],
  ['a third master', false, masters(2), ['master'], undefined],
  ['a seventh master', false, masters(6), ['master'], undefined],
  ['an eighth', false, masters(7), ['master'], 'roles/too-many-masters'],
  ['removed ones do not count', false, masters(7, { state: 'REMOVED' }), ['master'], undefined],
  ['a master that works, where masters are dedicated', true, [], ['master', 'worker'], 'roles/contradictory'],
  ['storage', false, masters(1), ['storage'], 'unsupported'],
]

it.each(table)('%s', (_, dedicatedMasters, others, roles, code) => {
  const admit = () =>
    admitRoles(cluster({ settings: ClusterSettings.parse({ dedicatedMasters }) }), node(), others, roles)
  if (code === undefined) expect(admit).not.toThrow()
  else expect(admit).toThrow(expect.objectContaining({ code }))
})
