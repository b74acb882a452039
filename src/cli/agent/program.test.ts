import { expect, test } from 'vitest'
import { createProgram, withVerb } from './program.ts'

test.each([
  [
    ['--uninstall', '--yes'],
    ['uninstall', '--yes'],
  ],
  [
    ['-m', 'blue', '-d'],
    ['uninstall', '-m', 'blue'],
  ],
  [
    ['--creds-file', 'a.pem'],
    ['--creds-file', 'a.pem'],
  ],
  [
    ['status', '-d'],
    ['status', '-d'],
  ],
  [[], []],
])('%j means %j', (given, meant) => {
  expect(withVerb(given)).toEqual(meant)
})

test('every command has a description, and an example if it has options', () => {
  for (const command of createProgram().commands) {
    expect(command.description(), command.name()).not.toBe('')
    if (command.options.length === 0) continue
    const help: string[] = []
    command.configureOutput({ writeOut: (text) => help.push(text) })
    command.outputHelp()
    expect(help.join(''), command.name()).toMatch(/Examples?:/)
  }
})

test.each([['--bundle'], ['--key'], ['--kubernetes-version']])(
  'bake --seal refuses %s, which is about a bundle',
  async (option) => {
    const program = createProgram()
    const bake = program.commands.find((each) => each.name() === 'bake')
    bake?.exitOverride().configureOutput({ writeErr: () => undefined })
    const ended = program.parseAsync(['bake', '--seal', option, 'x'], { from: 'user' })
    await expect(ended).rejects.toMatchObject({ code: 'commander.conflictingOption' })
  },
)
