import { type Advice, together } from '../../base/command.ts'
import type { Verdict } from './check.ts'

/** One of several results of a check. */
export interface Finding {
  kind: 'warn' | 'fail'
  found: string
  wanted: string
  fix: string | Advice
}

/** Combines findings into one verdict, failures first. Without findings the check passes with `otherwise`. */
export function verdictOf(findings: readonly Finding[], otherwise: string): Verdict {
  if (findings.length === 0) return { kind: 'pass', found: otherwise }
  const sorted = findings.toSorted((a, b) => Number(b.kind === 'fail') - Number(a.kind === 'fail'))
  const texts = (of: 'found' | 'wanted') => [...new Set(sorted.map((finding) => finding[of]))].join('; ')
  return {
    kind: sorted[0]?.kind ?? 'warn',
    found: texts('found'),
    wanted: texts('wanted'),
    fix: together(sorted.map(({ fix }) => fix)),
  }
}
