import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { runBySsh } from './run.ts'

const directory = mkdtempSync(join(tmpdir(), 'push-run-'))
afterAll(() => rmSync(directory, { recursive: true }))
afterEach(() => vi.unstubAllEnvs())

const HOST = {
  ...{ name: 'w1', address: '10.0.0.7', port: null, user: null, keyFile: null },
  ...{ roles: [], labels: {}, groups: [], unused: [] },
}
const REGISTERED = '{"kind":"registered","nodeId":"n-aaaaaaaaaa","fingerprint":"SHA256:x"}'

/** Runs a script where ssh does this. */
async function ran(ssh: string, route: { jump?: string } = {}) {
  writeFileSync(join(directory, 'ssh'), `#!/bin/sh\ncat >/dev/null\n${ssh}\n`, { mode: 0o755 })
  vi.stubEnv('PATH', `${directory}:${process.env.PATH}`)
  const lines: unknown[] = []
  const options = { timeoutMs: 10_000, signal: new AbortController().signal }
  const run = runBySsh({ config: '/c', ...route })
  const printed = await run(HOST, 'true', { ...options, onLine: (line) => lines.push(line) })
  return { printed, lines }
}

test('a line on standard error, where a jump host prints its banner, says nothing of the host', async () => {
  const own = REGISTERED.replace('n-aaaaaaaaaa', 'n-bbbbbbbbbb')
  expect(await ran(`echo '${REGISTERED}' >&2`)).toEqual({ printed: {}, lines: [] })
  const { printed, lines } = await ran(`echo '${own}'; echo '${REGISTERED}' >&2`)
  expect(printed).toEqual({ registered: JSON.parse(own) })
  expect(lines).toHaveLength(1)
})
