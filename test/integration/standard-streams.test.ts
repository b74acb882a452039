/** Closed pipes, full disks and interrupted confirmations, with a real shell and terminal. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const SRC = join(import.meta.dirname, '../../src')
const AGENT = `${process.execPath} ${SRC}/agent.ts`
const CONTROLLER = `${process.execPath} ${SRC}/controller.ts`
let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'streams-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

interface Ended {
  code: number | null
  text: string
}

/** Runs `line` in bash. `typed` is sent when the program asks. */
function run(line: string, typed?: string): Promise<Ended> {
  const argv = typed === undefined ? ['bash', '-c', line] : ['script', '-qec', line, '/dev/null']
  const child = spawn(argv[0] ?? '', argv.slice(1), { cwd: directory })
  let text = ''
  const onData = (chunk: Buffer) => {
    text += chunk
    if (typed === undefined || !text.includes('[y/N]')) return
    child.stdin.write(typed)
    typed = undefined
  }
  child.stdout.on('data', onData)
  child.stderr.on('data', onData)
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, text })))
}

test.each([[`${AGENT} precheck --list`], [`${CONTROLLER} completion bash`]])(
  '%s: a closed pipe is no failure, a full disk is reported',
  async (line) => {
    const left = await run(`{ ${line}; echo "code $?" >&2; } | true`)
    expect(left.text).toBe('code 0\n')
    const both = await run(`{ ${line} 2>&1; echo $? >code; } | true; cat code`)
    expect(both.text).toBe('0\n')
    const full = await run(`${line} >/dev/full`)
    expect(full.code).toBe(4)
    expect(full.text).toMatch(/^\[-\] cannot write standard output: .*no space left[^\n]*\(output\/failed\)\n {4}fix: /)
    expect(full.text).not.toMatch(/\n\s+at /)
    expect(await run(`${line} >&-`)).toMatchObject({ code: 0 })
    expect(await run(`${line} <&- >/dev/null 2>&-`)).toMatchObject({ code: 0 })
  },
)

test('a failed command keeps its exit code with a closed pipe', async () => {
  expect((await run(`${AGENT} status -m none-here >/dev/full`)).code).toBe(4)
  const left = await run(`{ ${AGENT} status -m none-here; echo $? >code; } | true; cat code`)
  expect(left.text).toBe('4\n')
})

test('logs -f ends when its pipe is closed', async () => {
  const log = join(directory, 'follow.ts')
  writeFileSync(
    log,
    `import { readerLeft } from '${SRC}/cli/kit/standard-streams.ts'
     setInterval(() => process.stdout.write('line\\n'), 10)
     await readerLeft(process)
     process.exit(0)`,
  )
  expect((await run(`${process.execPath} ${log} | head -1; echo "\${PIPESTATUS[0]}"`)).text).toBe('line\n0\n')
})

const ASK = `${process.execPath} --input-type=module -e "
import { confirm } from '${SRC}/cli/kit/confirm.ts'
import { exitCode } from '${SRC}/cli/kit/exit-code.ts'
process.exit(await exitCode(confirm('Remove it?', false).then(() => 0)))"`

test.each([
  ['Ctrl-C', '\x03', 130, /interrupted before confirmation: no changes were made/],
  ['Ctrl-D', '\x04', 130, /interrupted before confirmation: no changes were made/],
  ['an empty line', '\r', 7, /no changes were made: not confirmed/],
])('%s at a confirmation', async (_, typed, code, says) => {
  const ended = await run(ASK, typed)
  expect(ended.text).toMatch(says)
  expect(ended.code, ended.text).toBe(code)
})

test('without a terminal, --yes is required', async () => {
  for (const stdin of ['</dev/null', '<&-', '<<<y']) {
    const ended = await run(`${ASK} ${stdin}`)
    expect(ended.text).toMatch(/cannot ask for confirmation[\s\S]*--yes/)
    expect(ended.code).toBe(2)
  }
})
