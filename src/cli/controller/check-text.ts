import type { CheckSummary } from '../../protocol/check-summary.ts'

/** A precheck that had something to say, for the administrator. */
export function checkText({ id, verdict, found, wanted, fix, ignored }: CheckSummary): string {
  const lines = [
    `[!] ${id}: ${verdict === 'error' ? 'could not look: ' : ''}${found}`,
    ...(ignored === undefined ? [] : [`    ignored on the node: ${ignored}`]),
    ...(wanted === undefined ? [] : [`    wanted: ${wanted}`]),
    ...(fix === undefined ? [] : [`    fix: ${fix}`]),
  ]
  return `${lines.join('\n')}\n`
}
