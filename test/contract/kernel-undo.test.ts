import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Argv } from '../../src/host/argv.ts'
import type { AskOptions } from '../../src/host/host.ts'
import { linuxMachine } from '../../src/host/linux/linux-machine.ts'
import type { Machine } from '../../src/host/machine.ts'
import { carryOut } from '../../src/ledger/undo/carry-out.ts'

/** The undo of kernel objects, with the real kernel, in a separate network namespace and directory. */
describe.skipIf(process.getuid?.() !== 0)('undo in the kernel (needs root)', () => {
  const namespace = `cantrip-test-${process.pid}`
  const inside = (...argv: string[]) => execFileSync('ip', ['netns', 'exec', namespace, ...argv], { encoding: 'utf8' })
  let machine: Machine

  beforeAll(() => {
    execFileSync('ip', ['netns', 'add', namespace])
    const real = linuxMachine()
    machine = {
      ...real,
      ask: (argv: Argv, options?: AskOptions) => real.ask(['ip', 'netns', 'exec', namespace, ...argv], options),
      // /sys of a network namespace is only visible in a separate mount namespace.
      list: async (path) =>
        path === '/sys/class/net' ? inside('ls', '/sys/class/net').trim().split('\n') : real.list(path),
    }
  })
  afterAll(() => execFileSync('ip', ['netns', 'delete', namespace]))

  test.each(['iptables-nft', 'ip6tables-nft'])(
    '%s: chains of Kubernetes are removed, rules of users are kept',
    async (tool) => {
      const rules = (...lines: string[]) => {
        for (const line of lines) inside(tool, '-t', 'nat', ...line.split(' '))
      }
      rules('-N MINE', '-A POSTROUTING -j MINE', '-A MINE -p tcp --dport 80 -j RETURN')
      rules(
        '-N KUBE-MINE',
        '-A INPUT -j KUBE-MINE',
        '-A KUBE-MINE -p tcp --dport 81 -j RETURN',
        '-N cali-mine',
        '-N CNI-MINE',
      )
      const before = inside(`${tool}-save`).replaceAll(/^#.*\n|\[\d+:\d+\]/gm, '')
      const service = 'KUBE-SVC-NPX46M4PTMTKRN6Y'
      rules('-N KUBE-SERVICES', `-N ${service}`, `-A KUBE-SERVICES -j ${service}`, '-I PREROUTING -j KUBE-SERVICES')
      inside(tool, '-t', 'nat', '-I', 'MINE', '-m', 'comment', '--comment', 'to our "own" chain', '-j', service)
      const undo = { kind: 'remove-chains', prefixes: ['KUBE-', 'CNI-', 'cali-'] } as const
      expect((await carryOut({ ...undo, prefixes: [...undo.prefixes] }, machine))?.removed?.slice(0, 2)).toEqual([
        `${tool}: chain KUBE-SERVICES of nat`,
        `${tool}: chain ${service} of nat`,
      ])
      expect(inside(`${tool}-save`).replaceAll(/^#.*\n|\[\d+:\d+\]/gm, '')).toBe(before)
    },
  )

  test('a table with only rules of Kubernetes is removed, one with a rule of a user is kept', async () => {
    const tables = () => inside('nft', 'list', 'tables').trim().split('\n').filter(Boolean)
    inside('nft', 'flush', 'ruleset')
    inside('iptables-nft', '-A', 'INPUT', '-p', 'tcp', '--dport', '22', '-j', 'ACCEPT')
    const before = inside('nft', 'list', 'ruleset').replaceAll(/packets \d+ bytes \d+/g, '')
    inside('iptables-nft', '-t', 'mangle', '-N', 'KUBE-KUBELET-CANARY')
    inside('iptables-nft', '-t', 'mangle', '-A', 'PREROUTING', '-j', 'KUBE-KUBELET-CANARY')
    inside('ip6tables-nft', '-t', 'nat', '-N', 'KUBE-MARK-MASQ')
    expect(tables()).toEqual(['table ip filter', 'table ip mangle', 'table ip6 nat'])
    await carryOut({ kind: 'remove-chains', prefixes: ['KUBE-'], tables: ['ip filter'] }, machine)
    expect(inside('nft', 'list', 'ruleset').replaceAll(/packets \d+ bytes \d+/g, '')).toBe(before)
    inside('iptables-nft', '-t', 'nat', '-A', 'POSTROUTING', '-j', 'ACCEPT')
    await carryOut({ kind: 'remove-chains', prefixes: ['KUBE-'], tables: ['ip filter'] }, machine)
    expect(tables()).toEqual(['table ip filter', 'table ip nat'])
    inside('nft', 'flush', 'ruleset')
  })

  test('the tables of kube-proxy and flannel are removed by name', async () => {
    for (const table of ['ip kube-proxy', 'ip6 kube-proxy', 'inet mine', 'inet kube-proxy'])
      inside('nft', 'add', 'table', ...table.split(' '))
    await carryOut({ kind: 'remove-nft-tables', names: ['kube-proxy', 'flannel-ipv4'] }, machine)
    expect(inside('nft', 'list', 'tables').trim()).toBe('table inet mine\ntable inet kube-proxy')
    for (const name of ['mine', 'kube-proxy']) inside('nft', 'delete', 'table', 'inet', name)
  })

  test('links are removed, including veth pairs, and other links are kept', async () => {
    inside('ip', 'link', 'add', 'cni0', 'type', 'bridge')
    inside('ip', 'link', 'add', 'cali0123456789a', 'type', 'veth', 'peer', 'name', 'cali0123456789b')
    for (const name of ['mine0', 'lxcbr0', 'cali-lab']) inside('ip', 'link', 'add', name, 'type', 'bridge')
    // A foreign port of a removed bridge is detached, not deleted.
    inside('ip', 'link', 'add', 'mine1', 'master', 'cni0', 'type', 'veth', 'peer', 'name', 'peer1')
    const names = ['cni0', 'cali*', 'lxc*', 'tunl0']
    await carryOut({ kind: 'remove-links', names }, machine)
    const left = inside('ip', '-br', 'link')
      .trim()
      .split('\n')
      .map((line) => line.split(/\s/)[0])
    const isExpected = (name = '') => /^(cni0|cali|lxc|mine)/.test(name)
    const shown = left.map((name) => name?.split('@')[0]).filter(isExpected)
    expect(shown.sort()).toEqual(['cali-lab', 'lxcbr0', 'mine0', 'mine1'])
  })

  test('mounts below a path are removed, stacked and nested, and then the tree', async () => {
    const root = mkdtempSync(join(tmpdir(), 'cantrip-mounts-'))
    const tree = join(root, 'kubelet')
    mkdirSync(join(tree, 'pods/a b'), { recursive: true })
    mkdirSync(join(root, 'mine'))
    writeFileSync(join(root, 'mine/precious'), '')
    const mount = (...args: string[]) => execFileSync('mount', args)
    mount('--bind', join(root, 'mine'), join(tree, 'pods/a b'))
    mount('-t', 'tmpfs', 'tmpfs', tree)
    mkdirSync(join(tree, 'deep'))
    mount('-t', 'tmpfs', 'tmpfs', join(tree, 'deep'))
    mount('-t', 'tmpfs', 'tmpfs', join(tree, 'deep'))

    const real = linuxMachine()
    await expect(carryOut({ kind: 'remove-tree', path: tree }, real)).rejects.toMatchObject({
      code: 'undo/holds-mount',
    })
    await carryOut({ kind: 'unmount-below', path: tree }, real)
    await carryOut({ kind: 'remove-tree', path: tree }, real)
    expect(readdirSync(root)).toEqual(['mine'])
    expect(readdirSync(join(root, 'mine'))).toEqual(['precious'])
    rmSync(root, { recursive: true })
  })
})
