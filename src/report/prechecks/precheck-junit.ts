import { printable } from '../../base/text/printable.ts'
import type { CheckResult } from '../../engine/checks/run-checks.ts'
import { ratingOf } from './precheck-summary.ts'

/** JUnit XML for CI systems: a failed hard check is a failure, a check that could not run an error, a warning a line of output. */
export function precheckJunit(results: readonly CheckResult[]): string {
  const failures = results.filter((result) => ratingOf(result) === 'fail' && result.verdict === 'fail').length
  const errors = results.filter((result) => ratingOf(result) === 'fail' && result.verdict === 'error').length
  const skipped = results.filter((result) => result.verdict === 'skipped').length
  const seconds = Math.max(0, ...results.map(({ ms }) => ms)) / 1000
  const counts = attributes({ tests: results.length, failures, errors, skipped, time: seconds.toFixed(3) })
  const cases = results.map(testCase).join('')
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="precheck" ${counts}>\n${cases}</testsuite>\n`
}

function testCase(result: CheckResult): string {
  const head = attributes({ classname: 'precheck', name: result.id, time: (result.ms / 1000).toFixed(3) })
  return `  <testcase ${head}>${outcome(result)}</testcase>\n`
}

function outcome(result: CheckResult): string {
  const { verdict, found, wanted, fix } = result
  const lines = [`found: ${found}`, ...(wanted ? [`wanted: ${wanted}`] : []), ...(fix ? [`fix: ${fix}`] : [])]
  const detail = lines.map(printable).join('\n')
  if (verdict === 'skipped') return `<skipped ${attributes({ message: found })}/>`
  if (ratingOf(result) !== 'fail') return `<system-out>${escapeXml(detail)}</system-out>`
  const element = verdict === 'error' ? 'error' : 'failure'
  return `<${element} ${attributes({ message: found })}>${escapeXml(detail)}</${element}>`
}

function attributes(values: Record<string, string | number>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escapeXml(printable(String(value)))}"`)
    .join(' ')
}

/** Also removes control characters, which are not allowed in XML 1.0. */
function escapeXml(text: string): string {
  const named: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return text.replace(/[&<>"]/g, (c) => named[c] ?? c).replace(/[^\t\n\r\u0020-\ud7ff\ue000-\u{10ffff}]/gu, '')
}
