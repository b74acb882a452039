import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import type { Entry } from '../../ledger/entry.ts'
import { encodeRecord } from '../../ledger/record-format.ts'
import { check } from './check.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const at = '2026-01-01T00:00:00.000Z'
const begun = (role: string): Entry => ({ kind: 'run-begun', run: 'r-1', role, at })
const change: Entry = {
  kind: 'change',
  run: 'r-1',
  step: 'a/b',
  change: 'file',
  what: '/etc/x',
  undo: { kind: 'remove-path', path: '/etc/x' },
}
const ended = (outcome: 'done' | 'failed'): Entry => ({ kind: 'ended', run: 'r-1', outcome, at })
const undone: Entry = { kind: 'undone', change: 2 }

function machine(entries: readonly Entry[], active = false) {
  const text = entries.map((entry, i) => encodeRecord({ ...entry, seq: i + 1 }).toString()).join('')
  return fakeHost({
    files: { '/var/lib/cantrip/ledger/ledger.jsonl': text },
    directories: ['/run/systemd/system'],
    units: { 'cantrip-agent.service': { enabled: true, active } },
  })
}

test.each<[string, readonly Entry[]]>([
  ['a run that is done', [begun('install'), change, ended('done')]],
  ['a failed run that was undone', [begun('install'), change, ended('failed'), undone]],
  ['a run that was interrupted before its first change', [begun('install')]],
  ['an empty ledger', []],
])('%s passes', async (_, entries) => {
  expect(await check.look(machine(entries), params)).toEqual({ kind: 'pass', found: 'none' })
})

test('a machine without a ledger passes', async () => {
  expect(await check.look(fakeHost(), params)).toEqual({ kind: 'pass', found: 'none' })
})

test('an interrupted installation: continue or undo it', async () => {
  expect(await check.look(machine([begun('install'), change]), params)).toMatchObject({
    kind: 'warn',
    found: `install of ${at} was interrupted, with 1 changes in place`,
    fix: 'continue: run the installation again with the same credentials; or undo it: agent uninstall',
  })
})

test('an interrupted --fix: run it again or undo it', async () => {
  expect(await check.look(machine([begun('mend'), change]), params)).toMatchObject({
    fix: 'continue: agent precheck --fix; or undo it: agent uninstall',
  })
})

test('failed provisioning, with a stopped agent', async () => {
  expect(await check.look(machine([begun('first-master'), change, ended('failed')]), params)).toMatchObject({
    kind: 'warn',
    found: `first-master of ${at} failed, with 1 changes in place`,
    fix: expect.stringContaining('systemctl start cantrip-agent'),
  })
})

test('a run that the agent is working on is not unfinished', async () => {
  expect(await check.look(machine([begun('first-master'), change], true), params)).toEqual({
    kind: 'pass',
    found: 'cantrip-agent is working on first-master',
  })
})

test('a damaged ledger is read up to the damage', async () => {
  const host = machine([begun('install'), change])
  host.files.seed(
    '/var/lib/cantrip/ledger/ledger.jsonl',
    `${host.text('/var/lib/cantrip/ledger/ledger.jsonl')}00000000 {"ki`,
  )
  expect(await check.look(host, params)).toMatchObject({ kind: 'warn' })
})
