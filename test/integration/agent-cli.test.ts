import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AGENT } from '../support/programs/programs.ts'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'cli-'))
  writeFileSync(join(directory, 'empty'), '', { mode: 0o600 })
  writeFileSync(join(directory, 'open'), 'x', { mode: 0o644 })
  writeFileSync(join(directory, 'words'), 'correct horse', { mode: 0o600 })
})
afterAll(() => rmSync(directory, { recursive: true }))

interface Ended {
  code: number
  stdout: string
  stderr: string
}

function agent(...argv: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [AGENT, ...argv], { cwd: directory }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })
}

test.each<[string[], RegExp]>([
  [[], /--creds-file/],
  [['--creds-file', 'words'], /--passphrase-file/],
  [['--cred-file', 'words'], /Did you mean --creds-file/],
  [['instal'], /unknown command "instal"[\s\S]*fix: use one of: install, precheck/],
  [['-m', 'blue', 'statsu'], /unknown command "statsu"/],
  [['--creds-file', 'none', '--passphrase-file', 'words'], /none does not exist[\s\S]*fix:/],
  [['--creds-file', 'empty', '--passphrase-file', 'words'], /empty is empty/],
  [['--creds-file', 'open', '--passphrase-file', 'words'], /chmod 600 open/],
  [['--creds-file', 'words', '--passphrase-file', 'words'], /no PEM block/],
  [['-m', '../../etc', 'status'], /is not a valid instance name/],
  [['status', '-o', 'xml'], /-o text or -o json/],
  [['uninstall', '-m', 'not-installed-here'], /--yes|root/],
  [['logs', '-n', 'many'], /is not a number of lines/],
  [['logs', '-m', 'not-installed-here'], /does not exist/],
  [['run', '-m', 'not-installed-here-either'], /not installed|EACCES|root/],
])('%j exits with code 2 and one clear error, without a stack trace', async (argv, says) => {
  const { code, stdout, stderr } = await agent(...argv)
  expect(stderr).toMatch(says)
  expect(code, stderr).toBe(2)
  expect(stdout + stderr).not.toMatch(/\n\s+at |horse/)
})

test('status prints JSON even if no agent is installed', async () => {
  const { code, stdout } = await agent('-m', 'not-installed-here', 'status', '-o', 'json')
  expect(code).toBe(4)
  expect(JSON.parse(stdout)).toMatchObject({ state: null, nodeId: null, connected: false, run: null })
})

test('--version and --help succeed', async () => {
  expect(await agent('--version')).toMatchObject({ code: 0, stdout: expect.stringMatching(/\d+\.\d+\.\d+/) })
  expect(await agent('--help')).toMatchObject({ code: 0, stdout: expect.stringMatching(/uninstall/) })
  expect(await agent('install', '--help')).toMatchObject({ code: 0, stdout: expect.stringMatching(/Examples/) })
})
