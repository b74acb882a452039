import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { procFiles } from '../../../test/support/fixtures/proc-net.ts'
import type { CheckParams } from '../../engine/check.ts'
import { carryOut } from '../../ledger/undo/carry-out.ts'
import { check } from './check.ts'
import { mend } from './mend.ts'

const params: CheckParams = { roles: ['worker'], ownStateDirectory: '/var/lib/cantrip' }
const context = { signal: new AbortController().signal, progress() {}, log() {} }

/** A firewalld that does as it is told; `now` and `permanent` are its two states. */
function firewall(active = true) {
  const state = { public: new Set(['22/tcp']), trusted: new Set<string>() }
  const states = { now: structuredClone(state), permanent: structuredClone(state) }
  const units = { 'firewalld.service': { enabled: true, active } }
  const { files, links } = procFiles([])
  const host = fakeHost({
    files: { ...files, '/usr/bin/firewall-cmd': '' },
    directories: ['/run/systemd/system'],
    units,
    links,
  })
  host.on(['firewall-cmd'], (argv) => {
    const { public: ports, trusted } = argv.includes('--permanent') ? states.permanent : states.now
    for (const word of argv) {
      const [, verb, what, value = ''] = /^--(add|remove)-(port|interface)=(.*)$/.exec(word) ?? []
      const set = what === 'port' ? ports : trusted
      if (verb === 'add') set.add(value)
      if (verb === 'remove') set.delete(value)
    }
    const zone = (name: string, target: string, interfaces: Iterable<string>, open: Iterable<string>) =>
      `${name}\n  target: ${target}\n  interfaces: ${[...interfaces].join(' ')}\n  sources: \n  services: ssh\n  ports: ${[...open].join(' ')}\n`
    return { stdout: `${zone('public', 'default', ['eth0'], ports)}\n${zone('trusted', 'ACCEPT', trusted, [])}` }
  })
  host.on(['firewall-cmd', '--get-zone-of-interface=eth0'], { stdout: 'public\n' })
  return { host, states }
}

test('opens what is closed in each state, and only that is closed again', async () => {
  const { host, states } = firewall()
  states.now.public.add('10250/tcp')
  const before = structuredClone(states)
  expect(await check.look(host, params)).toMatchObject({ kind: 'fail' })
  await mend.apply(host, params, context)
  expect(await check.look(host, params)).toMatchObject({ kind: 'pass' })
  expect(await mend.isDone(host, params)).toBe(true)
  expect(host.changes.map(({ undo }) => undo)).toContainEqual({
    ...{ kind: 'firewalld', zone: 'public', interfaces: [], permanent: false },
    ports: ['8472/udp', '53/tcp', '53/udp'],
  })
  for (const { undo } of host.changes.toReversed()) await carryOut(undo, host.machine)
  expect(states).toEqual(before)
})

test('one that is merely installed is left alone', async () => {
  expect(await mend.isDone(firewall(false).host, params)).toBe(true)
})
