import { expect, it, test } from 'vitest'
import { refusalOf } from '../../../../../test/support/docs/parse-command.ts'
import { createProgram } from '../../program.ts'
import { isPrevented } from './text.ts'

const ALONE = ['--dry-run', '--pause', '--resume', '--cancel']

it.each(ALONE.flatMap((one) => ALONE.filter((other) => other !== one).map((other) => [one, other])))(
  '%s excludes %s',
  async (one, other) => {
    expect(await refusalOf(`controller cluster upgrade demo ${one} ${other}`, true)).toMatch(/cannot be used with/)
    expect(await refusalOf(`controller cluster upgrade demo ${one}`, true)).toBeUndefined()
  },
)

test('the help shows the default with its unit, and what each choice does', () => {
  const cluster = createProgram().commands.find((each) => each.name() === 'cluster')
  const help = cluster?.commands.find((each) => each.name() === 'upgrade')?.helpInformation() ?? ''
  const text = help.replace(/\s+/g, ' ')
  expect(text).toContain('(default: 10m)')
  expect(text).toContain('wait: stop the upgrade; skip: leave them on the node; force: delete them')
})

const error = { code: 'upgrade/removed-api', message: 'm', fix: 'f' }

it.each([
  ['nothing', { problems: [], findings: [] }, false],
  ['no answer of a master', { problems: [], findings: null }, false],
  ['a warning', { problems: [], findings: [{ level: 'warns', ...error }] }, false],
  ['what a master found', { problems: [], findings: [{ level: 'blocks', ...error }] }, true],
  ['a problem', { problems: [error], findings: null }, true],
] as const)('%s prevents an upgrade: %#', (_, { problems, findings }, expected) => {
  expect(isPrevented({ problems: [...problems], findings: findings && [...findings] })).toBe(expected)
})
