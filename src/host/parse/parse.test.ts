import { describe, expect, test } from 'vitest'
import { ipv4ToNumber, ipv6FromBytes, isLoopback } from '../../base/net/address.ts'
import { isBelow, mountOf, parseMountinfo } from './mountinfo.ts'
import { parseBoundSockets } from './network/proc-net.ts'
import { parseResolvConf } from './network/resolv-conf.ts'
import { parseIpv6Addresses, parseLocalAddresses, parseRoutes } from './network/routes.ts'
import { readSntpReply, sntpRequest } from './network/sntp.ts'
import { compareVersions, parseOsRelease } from './os-release.ts'

test('os-release: quotes of both kinds, escapes, comments', () => {
  const text = '# comment\nID=debian\nA="say \\"hi\\" for \\$5"\nB=\'$raw\'\nnot a line\nEMPTY=\nID_LIKE="a b"\n'
  expect(parseOsRelease(text)).toEqual({ ID: 'debian', A: 'say "hi" for $5', B: '$raw', EMPTY: '', ID_LIKE: 'a b' })
})

test.each([
  ['9.4', '9', 0],
  ['8.10', '8.9', 1],
  ['20.04', '26.04', -1],
  ['6.1.0-25-amd64', '4.19', 1],
  ['4.18.0-553.el8', '4.19', -1],
])('version %s against %s', (a, b, sign) => {
  expect(Math.sign(compareVersions(a, b))).toBe(sign)
})

test('resolv.conf: the last search counts, options accumulate, comments are separate', () => {
  const text =
    'domain a.example\nsearch b.example c.example\r\noptions a\n\toptions b c\nnameserver\nnameserver 192.0.2.1 # x\n;by x\n'
  expect(parseResolvConf(text)).toEqual({
    nameservers: ['192.0.2.1'],
    search: ['b.example', 'c.example'],
    options: ['a', 'b', 'c'],
    comments: ['by x'],
  })
})

describe('addresses', () => {
  test.each([
    ['00000000000000000000000000000000', '::'],
    ['00000000000000000000000000000001', '::1'],
    ['fe80000000000000505400fffe123456', 'fe80::5054:ff:fe12:3456'],
    ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['20010db8000100010001000100010001', '2001:db8:1:1:1:1:1:1'],
    ['00000000000000000000ffff7f000001', '::ffff:127.0.0.1'],
  ])('%s is %s', (hex, text) => {
    expect(ipv6FromBytes(Buffer.from(hex, 'hex'))).toBe(text)
  })

  test('numbers and loopback', () => {
    expect(ipv4ToNumber('10.0.2.10')).toBe(0x0a00020a)
    for (const wrong of ['10.0.2', '10.0.2.256', '::1', '']) expect(ipv4ToNumber(wrong)).toBeUndefined()
    expect(['127.0.0.53', '::1', '::ffff:127.0.0.1', '10.0.2.10', '::'].map(isLoopback)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ])
  })
})

test('sockets: only bound ones, with IPv6 words in network order', () => {
  const tcp6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 21414 1 0000000000000000 100 0 0 10 0
   1: B80D01200000000000000000010000FF:192B 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 21415 1 0000000000000000 100 0 0 10 0
   2: 0000000000000000FFFF00000A02000A:0016 0000000000000000FFFF00000202000A:D431 01 00000000:00000000 02:000A7A3B 00000000     0        0 30815 4 0000000000000000 20 4 1 10 -1
garbage
`
  expect(parseBoundSockets('tcp6', tcp6)).toEqual([
    { protocol: 'tcp', address: '::', port: 22, inode: 21414 },
    { protocol: 'tcp', address: '2001:db8::ff00:1', port: 6443, inode: 21415 },
  ])
})

test('routes: with their metric; a down one does not count', () => {
  const routes = parseRoutes(`Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
wlan0\t00000000\t0102000A\t0003\t0\t0\t600\t00000000\t0\t0\t0
eth0\t00000000\t0103000A\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth9\t00000000\t0103000A\t0002\t0\t0\t1\t00000000\t0\t0\t0
eth0\t0003000A\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
`)
  expect(routes.map(({ interface: name, metric }) => [name, metric])).toEqual([
    ['wlan0', 600],
    ['eth0', 100],
    ['eth0', 100],
  ])
})

test('local addresses: each once, including secondary ones', () => {
  const trie = `Main:
  +-- 0.0.0.0/0 3 0 5
     +-- 10.0.2.0/24 2 0 2
           |-- 10.0.2.0
              /24 link UNICAST
           |-- 10.0.2.10
              /32 link BROADCAST
              /32 host LOCAL
           |-- 10.0.2.11
              /32 host LOCAL
Local:
           |-- 10.0.2.10
              /32 host LOCAL
`
  expect(parseLocalAddresses(trie)).toEqual(['10.0.2.10', '10.0.2.11'])
  expect(parseIpv6Addresses('fd000000000000000000000000000002 04 40 00 82     eth0\nrubbish\n')).toEqual([
    { address: 'fd00::2', interface: 'eth0' },
  ])
})

test('mounts: escapes, optional fields, and the topmost mount', () => {
  const mounts = parseMountinfo(`22 1 8:1 / / rw,relatime shared:1 master:2 - ext4 /dev/sda1 rw
30 22 8:17 / /var/lib/my\\040disk rw - xfs /dev/disk\\040b rw
31 22 8:18 / /var/lib rw - ext4 /dev/sdc rw
32 31 0:40 / /var/lib rw - tmpfs tmpfs rw
broken
`)
  expect(mounts).toHaveLength(4)
  expect(mounts[1]).toMatchObject({ mountPoint: '/var/lib/my disk', source: '/dev/disk b', fileSystem: 'xfs' })
  expect(mountOf('/var/lib/etcd', mounts)?.fileSystem).toBe('tmpfs')
  expect(mountOf('/var/library', mounts)?.mountPoint).toBe('/')
  expect(isBelow('/var/lib', '/var/lib')).toBe(true)
})

describe('SNTP', () => {
  const request = sntpRequest(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]))
  const reply = (seconds: number) => {
    const packet = Buffer.alloc(48)
    packet[0] = 0x24
    packet[1] = 1
    packet.set(request.subarray(40), 24)
    packet.writeUInt32BE(seconds, 32)
    packet.writeUInt32BE(seconds, 40)
    return packet
  }

  test('the offset is free of the round trip', () => {
    const there = 1_767_225_600_000
    const times = { sentAtMs: there - 4_000, receivedAtMs: there + 2_000 }
    expect(readSntpReply(reply(2_208_988_800 + there / 1000), request, times)).toEqual({
      kind: 'time',
      stratum: 1,
      offsetMs: 1_000,
      roundTripMs: 6_000,
    })
  })

  test('works after 2036, when the seconds wrap around', () => {
    const there = Date.parse('2036-02-07T06:28:17Z')
    const times = { sentAtMs: there, receivedAtMs: there }
    expect(readSntpReply(reply(1), request, times)).toMatchObject({ kind: 'time', offsetMs: 0 })
  })

  test('a short packet is not NTP', () => {
    const verdict = readSntpReply(new Uint8Array(12), request, { sentAtMs: 0, receivedAtMs: 0 })
    expect(verdict).toEqual({ kind: 'unusable', because: 'a reply of 12 bytes is not an NTP packet' })
  })
})
