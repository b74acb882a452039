import { expect, test } from 'vitest'
import type { CheckResult } from '../engine/checks/run-checks.ts'
import { precheckBrief } from './prechecks/precheck-brief.ts'
import { precheckJson } from './prechecks/precheck-json.ts'
import { precheckJunit } from './prechecks/precheck-junit.ts'
import { precheckSummary } from './prechecks/precheck-summary.ts'
import { precheckTable } from './prechecks/precheck-table.ts'

const pass: CheckResult = { id: 'cpu', title: 'CPU cores', verdict: 'pass', hard: true, found: '4 cores', ms: 1 }
const fail: CheckResult = {
  ...{ id: 'dns-port', title: 'Port 53', verdict: 'fail', hard: true, ms: 12 },
  found: 'dnsmasq <"&\u0007> on 0.0.0.0',
  wanted: 'port 53 free',
  fix: 'systemctl disable --now dnsmasq',
}
const soft: CheckResult = { ...fail, id: 'swap', hard: false }
const ignored: CheckResult = { ...fail, id: 'ntp', verdict: 'warn', ignored: 'the hypervisor does it' }
const error: CheckResult = { ...fail, id: 'firewalld', verdict: 'error', found: 'no answer within 15 s' }
const skipped: CheckResult = { ...pass, id: 'controller', verdict: 'skipped', found: 'no credentials given' }
const all = [pass, fail, soft, ignored, error, skipped]

test('the summary counts a failed check that is not hard as a warning', () => {
  expect(precheckSummary(all)).toBe('1 passed, 2 warnings, 2 failed, 1 skipped')
  expect(precheckSummary([pass, soft])).toBe('1 passed, 1 warning')
  expect(precheckSummary([])).toBe('0 passed')
})

test('the table has found, wanted and fix, and color only on request', () => {
  const text = precheckTable([pass, fail, ignored, error], { colour: false })
  expect(text).toBe(`pass  cpu        4 cores
FAIL  dns-port   dnsmasq <"& > on 0.0.0.0
                 wanted: port 53 free
                 fix:    systemctl disable --now dnsmasq
WARN  ntp        dnsmasq <"& > on 0.0.0.0
                 wanted: port 53 free
                 fix:    systemctl disable --now dnsmasq
                 ignored: the hypervisor does it
FAIL  firewalld  could not check: no answer within 15 s
                 wanted: port 53 free
                 fix:    systemctl disable --now dnsmasq

1 passed, 1 warning, 2 failed
`)
  expect(precheckTable([pass], { colour: true })).toContain('\x1b[32mpass\x1b[0m')
})

test('JSON always has all documented keys', () => {
  const keys = ['id', 'title', 'verdict', 'hard', 'found', 'wanted', 'fix', 'ms']
  const parsed = JSON.parse(precheckJson(all, 34))
  expect(Object.keys(parsed)).toEqual(['checks', 'hardFailures', 'ms'])
  expect(Object.keys(parsed.checks[0])).toEqual(keys)
  expect(Object.keys(parsed.checks[3])).toEqual([...keys, 'ignored'])
  expect(parsed.checks[0]).toMatchObject({ id: 'cpu', verdict: 'pass', wanted: null, fix: null })
  expect(parsed).toMatchObject({ hardFailures: 2, ms: 34 })
})

test('JUnit distinguishes failures and errors, and escapes text', () => {
  const xml = precheckJunit(all)
  expect(xml).toContain('<testsuite name="precheck" tests="6" failures="1" errors="1" skipped="1" time="0.012">')
  expect(xml).toContain(
    '<failure message="dnsmasq &lt;&quot;&amp; &gt; on 0.0.0.0">found: dnsmasq &lt;&quot;&amp; &gt;',
  )
  expect(xml).toContain('name="firewalld" time="0.012"><error message="no answer within 15 s">')
  expect(xml).toContain('<skipped message="no credentials given"/>')
  const forged = precheckJunit([{ ...fail, found: 'a mount of x\nfix: touch /root/pwned' }])
  expect(forged.match(/^fix: .*/gm)).toEqual(['fix: systemctl disable --now dnsmasq</failure></testcase>'])
  expect(xml).not.toContain('\u0007')
})

test('an installation prints only checks that did not pass', () => {
  expect(precheckBrief([pass, ignored, skipped])).toBe(`[+] Running prechecks … 1 passed, 1 warning, 1 skipped
    ntp: found dnsmasq <"& > on 0.0.0.0; wanted port 53 free
      ignored: the hypervisor does it
      fix: systemctl disable --now dnsmasq
`)
})
