import { printable } from '../../../base/text/printable.ts'
import type { CheckSummary } from '../../../protocol/wire/check-summary.ts'

/** A precheck that did not pass. Its texts come from a node that may not be approved, so they are printed as `printable`. */
export function checkText({ id, verdict, found, wanted, fix, ignored }: CheckSummary): string {
  const lines = [
    `[!] ${id}: ${verdict === 'error' ? 'check failed to run: ' : ''}${found}`,
    ...(ignored === undefined ? [] : [`    ignored on the node: ${ignored}`]),
    ...(wanted === undefined ? [] : [`    wanted: ${wanted}`]),
    ...(fix === undefined ? [] : [`    fix: ${fix}`]),
  ]
  return lines.map((line) => `${printable(line)}\n`).join('')
}
