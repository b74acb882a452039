/** Verifies the emulated machine: it has its own kernel, and its disk loses unsynced data at a power cut. */
import assert from 'node:assert/strict'
import { boot, execOk, powerCut } from '../support/vm/guest.ts'
import type { Scene } from './scene.ts'

export async function isWholeMachine({ guest }: Scene): Promise<void> {
  assert.equal((await execOk(guest, ['stat', '-fc', '%T', '/sys/fs/cgroup'])).trim(), 'cgroup2fs')
  assert.match(await execOk(guest, ['uname', '-n', '-v']), /^vm1 .*Debian/)
  assert.equal((await execOk(guest, ['ps', '-p', '1', '-o', 'comm='])).trim(), 'systemd')
  await execOk(guest, ['modprobe', 'dummy'])
}

/** Of two files written just before the cut, the one with fsync is complete, and the other is empty or missing. */
export async function powerCutLoses({ guest, signal }: Scene): Promise<void> {
  const dd = (file: string, ...flags: string[]) =>
    execOk(guest, ['dd', 'if=/dev/urandom', `of=/root/${file}`, 'bs=64k', 'count=16', 'status=none', ...flags])
  await dd('synced', 'conv=fsync')
  const written = await execOk(guest, ['sha256sum', '/root/synced'])
  await execOk(guest, ['sync', '/root'])
  await dd('unsynced')
  await powerCut(guest)
  await boot(guest, signal)
  assert.equal(await execOk(guest, ['sha256sum', '/root/synced']), written)
  const size = await execOk(guest, ['sh', '-c', 'stat -c %s /root/unsynced 2>/dev/null || echo gone'])
  assert.match(size, /^(0|gone)\n$/, 'unsynced data was kept: this was not a power cut')
}
