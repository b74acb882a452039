/** The test bed of this project inside the guest, which has cgroup v2 and systemd as process 1. */
import assert from 'node:assert/strict'
import { basename, join } from 'node:path'
import { debianPackage } from '../support/testbed/debian-package.ts'
import { baseRootfs } from '../support/testbed/rootfs.ts'
import { copyIn, copyTreeIn } from '../support/vm/copy-in.ts'
import { exec, execOk, type Guest } from '../support/vm/guest.ts'
import type { Scene } from './scene.ts'

const root = join(import.meta.dirname, '../..')
const PROJECT = '/root/project'
const NODE = '/usr/local/bin/node'
const CACHE = '/root/.cache/cantrip'
const LIMIT_MS = 300_000

export async function testbedInside({ guest, signal, say }: Scene): Promise<void> {
  await copyIn(guest, process.execPath, NODE)
  await copyIn(guest, join(root, 'package.json'), `${PROJECT}/package.json`)
  await copyTreeIn(guest, join(root, 'test/support/testbed'), `${PROJECT}/test/support/testbed`)
  for (const made of [await baseRootfs(signal), await debianPackage('chrony', signal)]) {
    await copyTreeIn(guest, made, join(CACHE, basename(made)))
  }

  say(`  ${(await testbed(guest, 'up', 'n1')).trim()}`)
  assert.match(await inside(guest, 'cat', '/proc/1/comm'), /^systemd$/m)
  const groups = await inside(guest, 'cat', '/sys/fs/cgroup/cgroup.controllers')
  for (const controller of ['cpu', 'memory', 'pids']) assert(groups.includes(controller), groups)
  await inside(guest, 'sh', '-c', 'mkdir /sys/fs/cgroup/own && echo +memory > /sys/fs/cgroup/cgroup.subtree_control')
  assert.match(await execOk(guest, ['systemctl', 'is-active', 'cantrip-testbed.n1.service']), /^active$/m)

  await inside(guest, 'touch', '/root/mine')
  await testbed(guest, 'kill', 'n1')
  await testbed(guest, 'boot', 'n1')
  await inside(guest, 'test', '-e', '/root/mine')
  await testbed(guest, 'down', '--all')
  const left = await exec(guest, ['sh', '-c', 'ls -d /var/tmp/cantrip-testbed /run/netns/*; systemctl | grep cantrip'])
  assert.equal(left.stdout, '', 'the test bed left something behind')
}

const testbed = (guest: Guest, ...args: string[]) =>
  execOk(guest, [NODE, `${PROJECT}/test/support/testbed/cli.ts`, ...args], { timeoutMs: LIMIT_MS })

const inside = (guest: Guest, ...argv: string[]) => testbed(guest, 'exec', 'n1', '--', ...argv)
