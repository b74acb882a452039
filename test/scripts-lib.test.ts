import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

test('a shell can source scripts/lib.sh twice', () => {
  const root = resolve(import.meta.dirname, '..')
  const script = 'set -eu; source "$1"; source "$1"; printf %s "$root"'
  const lib = resolve(root, 'scripts/lib.sh')
  expect(execFileSync('bash', ['-c', script, 'bash', lib], { encoding: 'utf8' })).toBe(root)
})
