import { expect, test } from 'vitest'
import { fakeHost } from '../../../../test/support/fake-host.ts'
import { KUBELET_INSTALLED } from '../../../../test/support/fixtures/ledger.ts'
import { BUNDLE_STEPS } from '../../../ledger/baked.ts'
import { pathsOf } from '../../paths.ts'
import { isIn } from '../../scope.ts'
import { bundleFor, prepare, refuseOthers } from './prepare.ts'

const PATHS = pathsOf(undefined)
const SHA = 'a'.repeat(64)

test('all changes are undone by an uninstallation, and none by a reset', () => {
  const ids = prepare.components.flatMap(({ steps }) => steps({} as never)).map(({ id }) => id)
  expect(ids).toContain('prepare/kubelet/install-binary')
  expect(ids.filter((id) => !isIn('all', id) || isIn('kubernetes', id))).toEqual([])
  expect(ids[0], 'first the program that can undo it').toBe('install/agent')
})

test('the bundle is that for the architecture of the machine', () => {
  const given = [`arm64:other:${SHA}:KEY=`, `x64:kubernetes-v1.36.2-x64:${SHA}:KEY=`]
  const found = { name: 'kubernetes-v1.36.2-x64', manifestSha256: SHA, publicKey: 'KEY=' }
  expect(bundleFor('x64', given)).toEqual(found)
  expect(() => bundleFor('riscv64', given)).toThrow(/no bundle of this cluster's version for riscv64/)
})

const BAKED = KUBELET_INSTALLED.map((entry) =>
  entry.kind === 'change' ? { ...entry, step: `${BUNDLE_STEPS}kubelet/install-binary` } : entry,
)

test.each([
  ['a node', { [PATHS.configFile]: '{}' }, [], 'prepare/installed'],
  ['a machine of an image with another bundle', {}, BAKED, 'prepare/baked'],
])('%s is refused', async (_, files, entries, code) => {
  const workspace = { machine: fakeHost({ files }).machine, ledger: { entries: () => entries } } as never
  await expect(refuseOthers(workspace, PATHS)).rejects.toMatchObject({ code })
})

test('any other machine is not', async () => {
  const workspace = { machine: fakeHost({}).machine, ledger: { entries: () => [] } } as never
  await expect(refuseOthers(workspace, PATHS)).resolves.toBeUndefined()
})
