import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readMachineIds } from './machine.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'machine-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function write(path: string, text: string): void {
  const file = `${root}${path}`
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

test('reads the first line of each file, and the UUID in lower case', () => {
  write('/etc/machine-id', '0123456789abcdef0123456789abcdef\nanother line\n')
  write('/proc/sys/kernel/random/boot_id', 'fd3b6a3a-8a0c-4b6b-a8d3-8d0fb5a0d3c2\n')
  write('/sys/class/dmi/id/product_uuid', '4C4C4544-0044-4710-8051-C2C04F4E3632\n')
  expect(readMachineIds(root)).toEqual({
    bootId: 'fd3b6a3a-8a0c-4b6b-a8d3-8d0fb5a0d3c2',
    machineId: '0123456789abcdef0123456789abcdef',
    productUuid: '4c4c4544-0044-4710-8051-c2c04f4e3632',
  })
})

test('what is missing, empty, too long or cannot be read is left out or cut: the controller refuses longer texts', () => {
  write('/etc/machine-id', `${'a'.repeat(70)}\n`)
  mkdirSync(join(root, 'sys/class/dmi/id/product_uuid'), { recursive: true })
  expect(readMachineIds(root)).toEqual({ bootId: '', machineId: 'a'.repeat(64) })
  write('/etc/machine-id', '')
  expect(readMachineIds(root).machineId).toBe('')
})
