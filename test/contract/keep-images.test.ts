import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ImagesReport } from '../../src/agent/service/images/images-report.ts'
import { keepProcess } from '../../src/agent/service/images/keep-process.ts'
import { waitFor } from '../support/wait-for.ts'

const MISSING = { missing: ['a:1'] }
const KEPT = { kept: ['a:1', 'a@sha256:0'], restored: ['a:1'] }

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'keep-images-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

/** Runs a program in place of the agent, and returns what it reported. */
function start(program: string, instance?: string) {
  const script = join(directory, 'agent.mjs')
  writeFileSync(script, `import { writeFileSync } from 'node:fs'\nconst directory = '${directory}'\n${program}`)
  const stop = new AbortController()
  const reports: ImagesReport[] = []
  const ended = keepProcess([process.execPath, script], { instance })((each) => reports.push(each), stop.signal)
  return { stop, reports, ended }
}
const print = (report: object) => `console.log(${JSON.stringify(JSON.stringify(report))})\n`

test('passes the reports on, in order, and names the instance', async () => {
  const argv = `writeFileSync(directory + '/argv', process.argv.slice(2).join(' '))\n`
  const { reports, ended } = start(`${argv}console.log('a warning of Node')\n${print(MISSING)}${print(KEPT)}`, 'blue')
  await ended
  expect(reports).toEqual([MISSING, KEPT])
  expect(readFileSync(join(directory, 'argv'), 'utf8')).toBe('keep-images --instance blue')
})

test('a process that ends without saying how is a failure', async () => {
  const said = { said: 'other nodes sent it' }
  const { reports, ended } = start(`${print(MISSING)}${print(said)}process.exitCode = 3\n`)
  await ended
  expect(reports).toEqual([
    MISSING,
    said,
    { error: expect.objectContaining({ code: 'images/ended-early', message: expect.stringContaining('exit code 3') }) },
  ])
})

test('one that was killed, and one that cannot be started', async () => {
  const killed = start(`process.kill(process.pid, 'SIGKILL')\n`)
  await killed.ended
  expect(killed.reports).toMatchObject([{ error: { message: expect.stringContaining('SIGKILL') } }])
  const reports: ImagesReport[] = []
  const never = new AbortController().signal
  await keepProcess([join(directory, 'none')], { instance: undefined })((each) => reports.push(each), never)
  expect(reports).toMatchObject([{ error: { message: expect.stringContaining('ENOENT') } }])
})

test('is ended by the signal, and reports no failure', async () => {
  const hang = `process.on('SIGTERM', () => { writeFileSync(directory + '/stopped', ''); process.exit(0) })
writeFileSync(directory + '/ready', '')
setInterval(() => undefined, 1_000)\n`
  const { stop, reports, ended } = start(hang)
  await waitFor('the process', () => existsSync(join(directory, 'ready')) || undefined)
  stop.abort()
  await ended
  expect([reports, existsSync(join(directory, 'stopped'))]).toEqual([[], true])
})
