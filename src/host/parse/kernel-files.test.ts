import { expect, test } from 'vitest'
import { parseEnabledControllers } from './cgroups.ts'
import { parseForbiddenModules, parseModuleIndex } from './kernel-modules.ts'
import { isReadOnly, parseMountinfo } from './mountinfo.ts'
import { countCommon, parseNumberList } from './number-list.ts'
import { parseFstabSwaps, parseSwaps } from './swaps.ts'
import { parseSysctlConf } from './sysctl-conf.ts'

test('mounts: read-only mount or file system, and propagation', () => {
  const mounts = parseMountinfo(`22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 8:2 / /usr ro,nodev master:3 - ext4 /dev/sda2 rw
24 22 8:3 / /data rw - ext4 /dev/sdb1 ro,seclabel
`)
  expect(mounts.map(({ shared }) => shared)).toEqual([true, false, false])
  expect(mounts.map(isReadOnly)).toEqual([false, true, true])
})

test('lists of processors', () => {
  const count = (a: string, b: string) => countCommon(parseNumberList(a), parseNumberList(b))
  expect(count('0-127', '0-1\n')).toBe(2)
  expect(count('0,2-3,8', '0-3')).toBe(3)
  expect(count('', '0-3')).toBe(0)
  expect(count('7', '0-63')).toBe(1)
})

test('sysctl.d: both notations, dots in the name of an interface, comments, and the last value counts', () => {
  const text = `# comment\n; another\n-net/ipv4/conf/eth0.1/rp_filter = 2\nnet.ipv4.conf.eth0/2.rp_filter=0\nkernel.x = a=b\nkernel.x=c\nnothing\n`
  expect(Object.fromEntries(parseSysctlConf(text))).toEqual({
    'net.ipv4.conf.eth0/1.rp_filter': '2',
    'net.ipv4.conf.eth0/2.rp_filter': '0',
    'kernel.x': 'c',
  })
})

test('modules: compressed or not, with a dash or not, without dependencies', () => {
  const index = parseModuleIndex('kernel/a/one-two.ko.zst: kernel/b/other.ko.zst\nkernel/three.ko:\nkernel/four.ko\n')
  expect([...index]).toEqual(['one_two', 'three', 'four'])
  const forbidden =
    'install a /bin/true\n install b-c /usr/bin/false # CIS\ninstall d false\ninstall e /sbin/modprobe x\n'
  expect([...parseForbiddenModules(forbidden)]).toEqual(['a', 'b_c', 'd'])
})

test('swap, now and at boot', () => {
  const swaps = 'Filename\t\tType\t\tSize\tUsed\tPriority\n/my\\040swap  file\t\t1024\t\t0\t\t-2\n'
  expect(parseSwaps(swaps)).toEqual([{ path: '/my swap', type: 'file', kib: 1024 }])
  expect(parseFstabSwaps('/a none swap sw 0 0\n#/b none swap sw\n/c none swap noauto,sw\n/d / ext4 rw\n')).toEqual([
    '/a',
  ])
})

test('disabled controllers are not enabled', () => {
  const text = '#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t3\t82\t1\nmemory\t0\t132\t0\n'
  expect([...parseEnabledControllers(text)]).toEqual(['cpu'])
})
