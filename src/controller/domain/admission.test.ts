import { expect, it } from 'vitest'
import { facts as machine } from '../../../test/support/controller/agent.ts'
import { cluster, node } from '../../../test/support/controller/member.ts'
import { volumesReason, volumeUuid } from '../../base/text/volume-uuid.ts'
import type { NodeRole } from '../../protocol/names.ts'
import { ClusterSettings } from '../../protocol/settings/cluster-settings.ts'
import { admitDisks, admitRoles, setOf } from './admission.ts'
import type { CredentialSet } from './identities/record.ts'
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
  ['a worker with storage', true, masters(1), ['worker', 'storage'], undefined],
]

it.each(table)('%s', (_, dedicatedMasters, others, roles, code) => {
  const admit = () =>
    admitRoles(cluster({ settings: ClusterSettings.parse({ dedicatedMasters }) }), node(), others, roles)
  if (code === undefined) expect(admit).not.toThrow()
  else expect(admit).toThrow(expect.objectContaining({ code }))
})

const disk = (device: string, usableForStorage: boolean) => ({
  ...{ device, sizeBytes: 1, model: '', rotational: false, usableForStorage },
  reason: usableForStorage ? 'empty' : 'contains xfs',
})

it.each<[string, NodeRole[], string[], string[], string | undefined]>([
  ['storage alone', ['storage'], ['/dev/sdb'], [], 'roles/storage-alone'],
  ['a master with storage that runs no pods', ['master', 'storage'], ['/dev/sdb'], [], 'roles/storage-alone'],
  ['an empty disk', ['worker', 'storage'], ['/dev/sdb'], [], undefined],
  ['no disk without the role', ['worker'], [], [], undefined],
  ['the role without a disk', ['worker', 'storage'], [], [], 'roles/storage-disks'],
  ['a disk without the role', ['worker'], ['/dev/sdb'], [], 'roles/storage-disks'],
  ['a disk with content', ['worker', 'storage'], ['/dev/sdc'], [], 'disk/unusable'],
  ['a disk that is its own already', ['worker', 'storage'], ['/dev/sdc'], ['/dev/sdc'], undefined],
  ['a disk that does not exist', ['worker', 'storage'], ['/dev/sdx'], [], 'disk/unusable'],
])('%s', (_, roles, disks, own, code) => {
  const facts = { ...machine, disks: [disk('/dev/sdb', true), disk('/dev/sdc', false)] }
  const admit = () => admitDisks(cluster(), node({ facts, disks: own }), roles, disks)
  if (code === undefined) expect(admit).not.toThrow()
  else expect(admit).toThrow(expect.objectContaining({ code }))
})

it('a node that is set up again has its disk with its volumes, and no other node has it', () => {
  const mine = cluster()
  const uuid = volumeUuid(mine.id, node().name, '/dev/sdb')
  const facts = { ...machine, disks: [{ ...disk('/dev/sdb', false), reason: volumesReason(uuid) }] }
  expect(() => admitDisks(mine, node({ facts }), ['worker', 'storage'], ['/dev/sdb'])).not.toThrow()
  const other = () => admitDisks(mine, node({ facts, name: 'other' }), ['worker', 'storage'], ['/dev/sdb'])
  expect(other).toThrow(expect.objectContaining({ code: 'disk/unusable' }))
})

it('a certificate that no set has is of the set of an earlier build only if it is as old', () => {
  const legacy = { name: 'demo', serial: null, createdAt: '2026-01-01T00:00:00.000Z' } as CredentialSet
  const later = { name: 'second', serial: 'AB', createdAt: '2026-03-01T00:00:00.000Z' } as CredentialSet
  const find = (serialNumber: string, validFrom: string) =>
    setOf({ credentials: [legacy, later] }, { serialNumber, validFromDate: new Date(validFrom) })?.name
  expect(find('AB', '2026-02-28T23:50:00Z')).toBe('second')
  expect(find('CD', '2025-12-31T23:50:00Z')).toBe('demo')
  // Issued after the backup that was restored.
  expect(find('CD', '2026-03-01T23:50:00Z')).toBeUndefined()
})
