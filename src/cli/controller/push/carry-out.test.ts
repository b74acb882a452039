import { expect, test } from 'vitest'
import { carryOut } from './carry-out.ts'

test('standard input cannot be the inventory and the password', async () => {
  const both = { inventory: '-', becomePasswordFile: '-' }
  const flags = { ...both, become: 'sudo', sshOption: [], atOnce: 1, timeout: 60, output: 'text' } as const
  await expect(carryOut('factory', { ...flags, sshOption: [] })).rejects.toMatchObject({ code: 'push/two-inputs' })
})
