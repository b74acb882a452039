import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { procFiles } from '../../../test/support/fixtures/proc-net.ts'
import type { CheckParams } from '../../engine/check.ts'
import { carryOut } from '../../ledger/undo/carry-out.ts'
import { check } from './check.ts'
import { mend } from './mend.ts'

const params: CheckParams = { roles: ['worker'], ownStateDirectory: '/var/lib/cantrip' }
const context = { signal: new AbortController().signal, progress() {}, log() {} }

const SHIPPED = {
  public: '<zone>\n  <short>Public</short>\n  <service name="ssh"/>\n</zone>\n',
  trusted: '<zone target="ACCEPT">\n  <short>Trusted</short>\n</zone>\n',
}
const OWN_PUBLIC = '<zone>\n  <!-- mine --><service name="ssh"/>\n  <port port="8472" protocol="udp"/></zone>\n'

/** A firewalld that does as it is told, and reads the files that it watches. */
function firewall({ active = true, files: more = {} }: { active?: boolean; files?: Record<string, string> } = {}) {
  const now = { public: new Set(['22/tcp']), trusted: new Set<string>() }
  const { files, links } = procFiles([])
  const host = fakeHost({
    files: {
      ...files,
      '/usr/lib/firewalld/zones/public.xml': SHIPPED.public,
      '/usr/lib/firewalld/zones/trusted.xml': SHIPPED.trusted,
      ...more,
    },
    directories: ['/run/systemd/system', '/etc/firewalld/zones'],
    units: { 'firewalld.service': { enabled: true, active } },
    links,
  })
  const kept = (zone: 'public' | 'trusted') => {
    const text = host.files.bytes(`/etc/firewalld/zones/${zone}.xml`)?.toString() ?? SHIPPED[zone]
    const ports = [...text.matchAll(/<port port="(\d+)" protocol="(\w+)"\/>/g)].map(([, port, of]) => `${port}/${of}`)
    const interfaces = [...text.matchAll(/<interface name="(\S+)"\/>/g)].map(([, name]) => name ?? '')
    return zone === 'public' ? ports : interfaces
  }
  host.on(['firewall-cmd'], (argv) => {
    for (const word of argv) {
      const [, verb, what, value = ''] = /^--(add|remove)-(port|interface)=(.*)$/.exec(word) ?? []
      const set = what === 'port' ? now.public : now.trusted
      if (verb === 'add') set.add(value)
      if (verb === 'remove') set.delete(value)
    }
    const isPermanent = argv.includes('--permanent')
    const zone = (name: 'public' | 'trusted', target: string, interfaces: Iterable<string>, ports: Iterable<string>) =>
      `${name}\n  target: ${target}\n  interfaces: ${[...interfaces].join(' ')}\n  sources: \n  services: ssh\n  ports: ${[...ports].join(' ')}\n`
    const open = isPermanent ? kept('public') : now.public
    const trusted = isPermanent ? kept('trusted') : now.trusted
    return { stdout: `${zone('public', 'default', ['eth0'], open)}\n${zone('trusted', 'ACCEPT', trusted, [])}` }
  })
  host.on(['firewall-cmd', '--get-zone-of-interface=eth0'], { stdout: 'public\n' })
  return { host, now }
}

test.each<[string, Record<string, string>]>([
  ['as it is shipped', {}],
  ['with a zone of a person', { '/etc/firewalld/zones/public.xml': OWN_PUBLIC }],
])('opens what is closed, now and after a reload, and only that is closed again: %s', async (_, files) => {
  const { host, now } = firewall({ files })
  now.public.add('10250/tcp')
  const before = structuredClone({ now, files: host.files.list('/etc/firewalld/zones') })
  expect(await check.look(host, params)).toMatchObject({ kind: 'fail' })
  expect(await mend.isDone(host, params)).toBe(false)
  await mend.apply(host, params, context)
  expect(await check.look(host, params)).toMatchObject({ kind: 'pass' })
  expect(await mend.isDone(host, params)).toBe(true)
  expect(host.text('/etc/firewalld/zones/trusted.xml')).toBe(
    SHIPPED.trusted.replace('</zone>', '  <interface name="cni0"/>\n  <interface name="flannel.1"/>\n</zone>'),
  )
  for (const { undo } of host.changes.toReversed()) await carryOut(undo, host.machine)
  expect({ now, files: host.files.list('/etc/firewalld/zones') }).toEqual(before)
  for (const [path, text] of Object.entries(files)) expect(host.text(path)).toBe(text)
})

test('a zone without a file is told, and left to a person', async () => {
  const { host } = firewall()
  host.files.delete('/usr/lib/firewalld/zones/public.xml')
  await expect(mend.apply(host, params, context)).rejects.toThrow('zone public of firewalld has no file')
})

test('one that is merely installed is left alone', async () => {
  expect(await mend.isDone(firewall({ active: false }).host, params)).toBe(true)
})
