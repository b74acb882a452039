/** The reference of the prechecks: what each looks at, from which value on it warns or fails, and what fixes it. */
import { checks, fixSteps } from '../../src/checks/catalog.generated.ts'
import type { Check } from '../../src/engine/checks/check.ts'
import { fixStepIdOf } from '../../src/engine/checks/fix-workflow.ts'
import { code, page, table } from './markdown.ts'

export function checksPage(): string {
  const introduction = `\`agent precheck\` runs these ${checks.length} checks at once, and \`agent install\` runs them before it changes anything. A failure of a check
marked *stops* ends the installation; \`--ignore-check ID=REASON\` turns it into a warning. A failure of a check marked *warns* is a warning. Each
result says what was found, what is needed and how to fix it on that machine; the fixes below are general.`
  const overview = table(
    ['Check', 'About', 'A failure', '`--fix`'],
    checks.map((check) => [link(check), check.title, effectOf(check), isFixable(check) ? 'yes' : '']),
  )
  return page('Prechecks', introduction, overview, ...checks.map(sectionOf))
}

const link = ({ id }: Check) => `[${id}](#${id})`

const isFixable = ({ id }: Check) => fixSteps.some((step) => step.id === fixStepIdOf(id))

function effectOf({ hard, strict }: Check): string {
  if (!hard) return 'warns'
  return strict ? 'stops; cannot be ignored' : 'stops'
}

function sectionOf(check: Check): string {
  const { id, title, why, remedy, thresholds } = check
  const automatic = isFixable(check)
    ? 'Or run `sudo agent precheck --fix`: it lists what it would change and asks; `agent uninstall` undoes it.'
    : ''
  const parts = [`## ${id}`, `**${title}.** ${why}`]
  if (thresholds !== undefined)
    parts.push(
      table(
        ['Value', 'Warning', 'Failure'],
        thresholds.map(({ of, warn = '', fail = '' }) => [of, warn, fail]),
      ),
    )
  return [...parts, ['Fix:', escaped(remedy), automatic].filter(Boolean).join(' ')].join('\n\n')
}

/** Options and paths as code. */
function escaped(text: string): string {
  return text.replace(/(?<![\w`])(--[a-z-]+|\/[a-z][\w./-]*[a-z])/g, (match) => code(match))
}
