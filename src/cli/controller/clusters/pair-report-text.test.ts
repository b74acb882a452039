import { expect, test } from 'vitest'
import type { PairReport } from '../../../protocol/api/pair-report.ts'
import { pairReportText } from './pair-report-text.ts'

const fine: PairReport = {
  ...{ cluster: 'factory', at: '2026-01-01T00:00:00.000Z', ms: 640, nodes: 3 },
  pairs: { checked: 3, fine: 3, of: 3 },
  latency: { medianMs: 0.412, p99Ms: 2.5 },
  clockSpreadMs: 1.25,
  findings: [],
  hardFailures: 0,
}

test('one line if there is no finding', () => {
  expect(pairReportText(fine)).toBe(
    '3 of 3 pairs fine (3 nodes), round trips 0.41 ms, slowest 2.50 ms, clocks within 1.3 ms; took 0.6 s\n',
  )
})

test('one row per finding with its fix, and a summary', () => {
  const text = pairReportText({
    ...fine,
    nodes: 100,
    pairs: { checked: 300, fine: 294, of: 4_950 },
    latency: null,
    clockSpreadMs: null,
    hardFailures: 1,
    findings: [
      {
        ...{ kind: 'port', verdict: 'fail', from: ['a', 'b', 'c', 'd', 'e', 'f'], to: 'm1', port: '6443/tcp' },
        ...{ found: 'filtered', wanted: '6443/tcp of m1 reached', fix: 'ufw allow 6443', on: 'm1' },
      },
      {
        ...{ kind: 'node', verdict: 'warn', from: [], to: 'w9', port: null },
        ...{ found: 'left out: it is not connected', wanted: 'a node that takes part', fix: 'agent status', on: null },
      },
      {
        ...{ kind: 'port', verdict: 'skipped', from: [], to: 'w1, w2', port: '8472/udp' },
        ...{ found: 'in use already', wanted: 'a free port', fix: 'none needed', on: null },
      },
    ],
  })
  expect(text).toBe(`      WHAT      FROM                   TO      FOUND
FAIL  6443/tcp  a, b, c, d and 2 more  m1      filtered
      wanted: 6443/tcp of m1 reached
      fix on m1: ufw allow 6443
WARN  node      -                      w9      left out: it is not connected
      wanted: a node that takes part
      fix: agent status
skip  8472/udp  -                      w1, w2  in use already

294 of 300 pairs fine (100 nodes, a sample of 4950), 1 failure, 1 warning; took 0.6 s
`)
})
