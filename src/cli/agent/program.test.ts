import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { completionText } from './completion.ts'
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

test('every command has a description, and an example where there is something to choose', () => {
  for (const command of createProgram().commands) {
    expect(command.description(), command.name()).not.toBe('')
    if (command.options.length === 0) continue
    const help: string[] = []
    command.configureOutput({ writeOut: (text) => help.push(text) })
    command.outputHelp()
    expect(help.join(''), command.name()).toMatch(/Examples?:/)
  }
})

test('the completion for bash is a script that bash takes, and knows verbs and their options', () => {
  const script = completionText('bash', createProgram())
  execFileSync('bash', ['-n'], { input: script })
  const ask = `${script}\nCOMP_WORDS=(agent uninstall --keep); COMP_CWORD=2; _cantrip_agent; echo "\${COMPREPLY[@]}"`
  expect(execFileSync('bash', ['-c', ask], { encoding: 'utf8' }).trim()).toBe('--keep-kubernetes')
})

test.each(['zsh', 'fish'] as const)('the completion for %s names the verbs', (shell) => {
  expect(completionText(shell, createProgram())).toMatch(/support-bundle/)
})
