import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { RESOLV_CONFS } from '../../../test/support/fixtures/resolv-conf.ts'
import { isFirst, type Resolver, resolverOf } from './resolver.ts'

const ADDRESS = '10.0.0.5'
const NAME = 'api.demo.cantrip.internal'

interface Machine {
  text: string
  link?: string
  behindStub?: string
}

function hostWith({ text, link, behindStub }: Machine, more: Record<string, string> = {}) {
  const files = { ...more, ...(behindStub !== undefined && { '/run/systemd/resolve/resolv.conf': behindStub }) }
  if (link === undefined) return fakeHost({ files: { ...files, '/etc/resolv.conf': text } })
  const target = link.replace(/^\.\./, '')
  return fakeHost({ files: { ...files, [target]: text }, links: { '/etc/resolv.conf': target } })
}

const machine = (name: string): Machine => {
  const found = RESOLV_CONFS[name]
  if (!found) throw new Error(`no such machine: ${name}`)
  return found
}

/** The text that is written to resolv.conf at once. */
const written = (resolver: Resolver) => resolver.lines?.find(({ path }) => path === '/etc/resolv.conf')?.text

test('in a hand-written file the server is added before the others, and the rest remains', async () => {
  const host = hostWith({
    text: '# mine\nsearch example.com\nnameserver 192.0.2.53\nnameserver 192.0.2.54\noptions edns0\n',
  })
  const resolver = await resolverOf(host, ADDRESS, NAME)
  expect(written(resolver)).toBe(
    '# mine\nsearch example.com\nnameserver 10.0.0.5\nnameserver 192.0.2.53\nnameserver 192.0.2.54\noptions edns0\n',
  )
  expect(resolver.upstreams).toEqual(['192.0.2.53', '192.0.2.54'])
  expect(resolver.apply).toBeUndefined()
})

test('a second look finds it first, with the same upstreams', async () => {
  const host = hostWith({ text: 'nameserver 10.0.0.5\nnameserver 192.0.2.53\n' })
  const resolver = await resolverOf(host, ADDRESS, NAME)
  expect(await isFirst(host, resolver, ADDRESS)).toBe(true)
  expect(written(resolver)).toBe('nameserver 10.0.0.5\nnameserver 192.0.2.53\n')
  expect(resolver.upstreams).toEqual(['192.0.2.53'])
})

const DROP_IN = '/etc/systemd/resolved.conf.d/zz-cantrip-node-dns.conf'

/** resolv.conf of a machine whose links have these servers, after its global ones. */
function withResolved(global: string[], links: string[], config = '') {
  const behindStub = [...global, ...links].map((server) => `nameserver ${server}\n`).join('')
  const host = hostWith({ ...machine('systemd-resolved with its stub'), behindStub })
  host.on(['resolvectl', '--no-pager', 'dns'], {
    stdout: `Global: ${global.join(' ')}\nLink 2 (eth0): ${links.join(' ')}\nLink 3 (cni0):\n`,
  })
  host.on(['systemd-analyze', 'cat-config'], { stdout: config })
  return host
}

test('systemd-resolved has only the node DNS beside the servers of the links', async () => {
  const host = withResolved(['192.0.2.1'], ['10.0.2.3'])
  const resolver = await resolverOf(host, ADDRESS, NAME)
  expect(resolver).toMatchObject({
    files: { [DROP_IN]: `[Resolve]\nDNS=\nDNS=10.0.0.5\nDomains=~${NAME}\n` },
    apply: ['systemctl', 'restart', 'systemd-resolved.service'],
    upstreams: ['192.0.2.1', '10.0.2.3'],
  })
  expect(resolver.afterStart).toBeUndefined()
  expect(await isFirst(host, resolver, ADDRESS)).toBe(false)
})

test('if links have none, the configured servers follow the node DNS, and a restart selects the node DNS again', async () => {
  expect(await resolverOf(withResolved(['192.0.2.1', '192.0.2.2'], []), ADDRESS, NAME)).toMatchObject({
    files: { [DROP_IN]: `[Resolve]\nDNS=\nDNS=10.0.0.5 192.0.2.1 192.0.2.2\nDomains=~${NAME}\n` },
    afterStart: ['/usr/bin/systemctl', '--no-block', 'try-restart', 'systemd-resolved.service'],
  })
})

test('a second look at systemd-resolved finds the servers behind the node DNS', async () => {
  const config = [
    '# /etc/systemd/resolved.conf',
    '#DNS=1.1.1.1',
    'DNS=192.0.2.7',
    '# /etc/systemd/resolved.conf.d/site.conf',
    'DNS=',
    'DNS=192.0.2.1#dns.example 192.0.2.2%eth0',
    `# ${DROP_IN}`,
    'DNS=',
    'DNS=10.0.0.5',
  ]
  const host = withResolved(['10.0.0.5'], ['10.0.2.3'], config.join('\n'))
  expect((await resolverOf(host, ADDRESS, NAME)).upstreams).toEqual(['192.0.2.1', '192.0.2.2', '10.0.2.3'])
})

test('a copy of a file of systemd-resolved counts as hand-written', async () => {
  const { text } = machine('systemd-resolved without its stub')
  expect(written(await resolverOf(hostWith({ text }), ADDRESS, NAME))).toContain('nameserver 10.0.0.5\n')
})

/** NetworkManager runs, and its header is in the file. */
function withNetworkManager(found: Machine, config = '') {
  const host = hostWith(found)
  host.files.seedDirectory('/run/systemd/system')
  host.units.set('NetworkManager', { active: true })
  host.on(['NetworkManager', '--print-config'], { stdout: `# NetworkManager configuration\n\n[main]\n${config}` })
  return host
}

test.each(['dns=none', 'rc-manager=unmanaged'])('with %s NetworkManager writes nothing', async (setting) => {
  const host = withNetworkManager(machine('NetworkManager'), `${setting}\n`)
  expect(written(await resolverOf(host, ADDRESS, NAME))).toContain('nameserver 10.0.0.5\nnameserver 192.0.2.53\n')
})

test('a second look at NetworkManager finds the current servers of its connections', async () => {
  const host = withNetworkManager({
    text: '# Generated by NetworkManager\nnameserver 10.0.0.5\nnameserver 192.0.2.53\n',
  })
  host.on(['nmcli'], { stdout: '192.0.2.99 | 192.0.2.98\n\n2001:db8::53\n' })
  const { upstreams } = await resolverOf(host, ADDRESS, NAME)
  expect(upstreams).toEqual(['192.0.2.99', '192.0.2.98', '2001:db8::53', '192.0.2.53'])
})

test.each([
  ['NetworkManager', '[global-dns]\nsearches=example.com\n'],
  ['NetworkManager by a link', '[global-dns]\n'],
])('%s keeps its search domains', async (name, head) => {
  const resolver = await resolverOf(withNetworkManager(machine(name)), ADDRESS, NAME)
  expect(resolver).toMatchObject({
    files: {
      '/etc/NetworkManager/conf.d/90-cantrip-node-dns.conf': `${head}[global-dns-domain-*]\nservers=10.0.0.5,192.0.2.53\n`,
    },
    apply: ['systemctl', 'reload', 'NetworkManager.service'],
  })
})

test('resolvconf of Debian, and openresolv, which keeps its own servers', async () => {
  const debian = hostWith(machine('resolvconf'), { '/etc/resolvconf/resolv.conf.d/head': '# head\n' })
  expect(await resolverOf(debian, ADDRESS, NAME)).toMatchObject({
    lines: [{ path: '/etc/resolvconf/resolv.conf.d/head', text: '# head\nnameserver 10.0.0.5\n' }],
    apply: ['resolvconf', '-u'],
  })
  const other = hostWith(machine('resolvconf'), { '/etc/resolvconf.conf': 'name_servers=192.0.2.9' })
  expect(await resolverOf(other, ADDRESS, NAME)).toMatchObject({
    lines: [
      {
        path: '/etc/resolvconf.conf',
        text: 'name_servers=192.0.2.9\nname_servers="10.0.0.5 $name_servers"\n',
      },
    ],
    apply: ['resolvconf', '-u'],
  })
})

test('dhclient gets a hook, because it rewrites the file with each lease', async () => {
  const host = hostWith(machine('dhclient'), { '/etc/dhcp/dhclient-enter-hooks.d/debug': '' })
  const resolver = await resolverOf(host, ADDRESS, NAME)
  expect(resolver.files?.['/etc/dhcp/dhclient-enter-hooks.d/cantrip-node-dns']).toContain(
    '[ -z "$new_domain_name_servers" ] || new_domain_name_servers="10.0.0.5 $new_domain_name_servers"\n',
  )
  expect(written(resolver)).toContain('search example.com\nnameserver 10.0.0.5\nnameserver 192.0.2.53\n')
  expect((await resolverOf(hostWith(machine('dhclient')), ADDRESS, NAME)).files).toBeUndefined()
})

test('dhcpcd and netconfig have a setting for it', async () => {
  expect(await resolverOf(hostWith(machine('dhcpcd')), ADDRESS, NAME)).toMatchObject({
    lines: [{ path: '/etc/resolv.conf.head', text: 'nameserver 10.0.0.5\n' }, { path: '/etc/resolv.conf' }],
  })
  const config = 'NETCONFIG_DNS_STATIC_SERVERS="192.0.2.9"\n'
  const suse = hostWith(machine('netconfig'), { '/etc/sysconfig/network/config': config })
  expect(await resolverOf(suse, ADDRESS, NAME)).toMatchObject({
    lines: [{ text: `${config}NETCONFIG_DNS_STATIC_SERVERS="10.0.0.5 $NETCONFIG_DNS_STATIC_SERVERS"\n` }],
    apply: ['netconfig', 'update', '-f'],
  })
})

test('servers on loopback are no upstreams: they could forward to the node DNS', async () => {
  const host = hostWith({ text: 'nameserver 127.0.0.1\nnameserver 192.0.2.53\n' })
  expect((await resolverOf(host, ADDRESS, NAME)).upstreams).toEqual(['192.0.2.53'])
})
