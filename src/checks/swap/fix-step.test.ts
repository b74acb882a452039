import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { carryOut } from '../../ledger/undo/carry-out.ts'
import { check } from './check.ts'
import { fixStep } from './fix-step.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const context = { signal: new AbortController().signal, progress() {}, log() {} }
const HEAD = 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n'
const FSTAB = 'UUID=0a34 / ext4 defaults 0 1\n/swap.img none swap sw 0 0\n'

test('off now and after the next boot, and undo turns it on again', async () => {
  const on = new Set(['/swap.img', '/dev/zram0'])
  const host = fakeHost({ files: { '/etc/fstab': FSTAB, '/swap.img': '', '/dev/zram0': '' } })
  const show = () => {
    host.files.seed('/proc/swaps', HEAD + [...on].map((path) => `${path} file\t\t2097148\t\t0\t\t-2\n`).join(''))
    return {}
  }
  show()
  host.on(['swapoff'], ([, path = '']) => (on.delete(path) ? show() : { exitCode: 1 }))
  host.on(['swapon'], ([, path = '']) => on.add(path) && show())

  await fixStep.apply(host, params, context)
  expect(await check.look(host, params)).toEqual({ kind: 'pass', found: 'off' })
  expect(await fixStep.isDone(host, params)).toBe(true)
  expect(host.text('/etc/fstab')).toBe('UUID=0a34 / ext4 defaults 0 1\n#/swap.img none swap sw 0 0\n')

  host.files.deleteTree('/dev/zram0', false)
  for (const { undo } of host.changes.toReversed()) await carryOut(undo, host.machine)
  expect(host.text('/etc/fstab')).toBe(FSTAB)
  expect([...on]).toEqual(['/swap.img'])
})

test('swap of a service and of systemd itself remains off', async () => {
  const host = fakeHost({
    files: {
      '/etc/fstab': '',
      '/proc/swaps': HEAD,
      '/etc/systemd/system/multi-user.target.wants/zramswap.service': '',
      '/run/systemd/generator/swap.target.requires/dev-sda3.swap': '',
    },
    units: { 'zramswap.service': { enabled: true, active: true } },
  })
  await fixStep.apply(host, params, context)
  expect(host.units.get('zramswap.service')).toEqual({ enabled: false, active: false })
  expect(await host.readLink('/etc/systemd/system/swap.target')).toBe('/dev/null')
  for (const { undo } of host.changes.toReversed()) await carryOut(undo, host.machine)
  expect(host.units.get('zramswap.service')).toEqual({ enabled: true, active: true })
  expect(await host.stat('/etc/systemd/system/swap.target')).toBeUndefined()
})
