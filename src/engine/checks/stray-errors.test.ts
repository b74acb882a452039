import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/** In a child process, because the test runner also catches unhandled errors. */
function runScript(script: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const imports = ['stray-errors', 'run-checks'].map(
    (name) => `import * as ${name.replace('-', '_')} from '${join(import.meta.dirname, name)}.ts'`,
  )
  const text = [
    ...imports,
    "import { createSocket } from 'node:dgram'",
    "import { connect } from 'node:net'",
    script,
  ].join('\n')
  return new Promise((resolve) => {
    const argv = ['--no-warnings', '--input-type=module', '-e', text]
    execFile(process.execPath, argv, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    )
  })
}

const LOOKS = {
  synchronously: "() => { throw new Error('at once') }",
  'as a rejection': "async () => { throw new Error('rejected') }",
  'in a later turn': "() => new Promise(() => setTimeout(() => { throw new Error('later') }, 5))",
  'in the next tick':
    "async () => { process.nextTick(() => { throw new Error('tick') }); await new Promise((r) => setTimeout(r, 50)) }",
  'as a rejection that nobody handles': "() => new Promise(() => { Promise.reject(new Error('unhandled')) })",
  "as an 'error' event without a listener": "() => new Promise(() => { connect({ port: 1, host: '127.0.0.1' }) })",
  'after a connected socket was refused its route':
    "() => new Promise(() => { const s = createSocket('udp4'); s.connect(9, '255.255.255.255', () => s.send('x')) })",
  'as something that is no Error': "() => new Promise(() => setTimeout(() => { throw 'a text' }, 5))",
}

test('a check that throws in any way has the result error; the others have their results', async () => {
  const checks = Object.entries(LOOKS).map(
    ([id, look]) => `{ id: ${JSON.stringify(id)}, title: '', why: '', hard: true, timeoutMs: 5_000, look: ${look} }`,
  )
  const fine =
    "{ id: 'fine', title: '', why: '', hard: true, timeoutMs: 5_000, look: () => new Promise((r) => setTimeout(() => r({ kind: 'pass', found: 'ok' }), 200)) }"
  const { code, stdout, stderr } = await runScript(`
    const results = await run_checks.runChecks([${[...checks, fine].join(',')}], {}, {})
    console.log(JSON.stringify(results.map(({ id, verdict, found }) => [id, verdict, found])))
    process.exit(0)`)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const results = JSON.parse(stdout) as [string, string, string][]
  expect(results.filter(([, verdict]) => verdict === 'error').map(([id]) => id)).toEqual(Object.keys(LOOKS))
  expect(results.map(([, , found]) => found)).toEqual([
    'at once',
    'rejected',
    'later',
    'tick',
    'unhandled',
    expect.stringMatching(/ECONNREFUSED/),
    expect.stringMatching(/Port should be/),
    'a text',
    'ok',
  ])
})

test('an error of other code still ends the process, during and after checks', async () => {
  const during = await runScript(`
    setTimeout(() => { throw new Error('of nobody') }, 20)
    await stray_errors.catchStrayErrors().within(() => new Promise((r) => setTimeout(r, 2_000)))
    console.log('continued')`)
  expect(during.code).toBe(1)
  expect(during.stderr).toContain('of nobody')
  const afterwards = await runScript(`
    await stray_errors.catchStrayErrors().within(async () => undefined)
    await new Promise((r) => setTimeout(r, 10))
    if (process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection') > 0) process.exit(9)
    Promise.reject(new Error('of nobody'))`)
  expect(afterwards.code).toBe(1)
})

test('a late stray error of a check that timed out does no harm', async () => {
  const late =
    "{ id: 'late', title: '', why: '', hard: true, timeoutMs: 20, look: () => new Promise(() => setTimeout(() => { throw new Error('late') }, 100)) }"
  const { code, stdout } = await runScript(`
    const [result] = await run_checks.runChecks([${late}], {}, {})
    await new Promise((r) => setTimeout(r, 200))
    console.log(result.found)
    process.exit(0)`)
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'no answer within 0.02 s\n' })
})
