import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { run } from '../../../../../test/support/paste.ts'
import { LAYOUTS } from '../../../../base/layout.ts'
import { type JoinCommand, joinScript } from './join-script.ts'

const directory = mkdtempSync(join(tmpdir(), 'join-script-'))
afterAll(() => rmSync(directory, { recursive: true }))

const PARTS = {
  ...{ cluster: 'demo', urls: ['https://127.0.0.1:1'], ca: 'CA', token: 't', passphrase: 'p', proxy: undefined },
  ...{ credentialsSha256: 'cafe', credentials: { name: 'demo-2', fetchableUntil: 'then' } },
}
const AGENT = { arch: 'amd64', sha256: 'beef', size: 1 }

/** What it says as root of a machine of this architecture, where nothing answers but this curl. */
async function said(given: Partial<JoinCommand>, { arch = 'x86_64', curl = 'exit 7' } = {}): Promise<string> {
  for (const [name, text] of Object.entries({ uname: `echo ${arch}`, id: 'echo 0', curl })) {
    writeFileSync(join(directory, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(directory, name), 0o755)
  }
  const script = joinScript({ ...PARTS, agents: [AGENT], ...given } as unknown as JoinCommand)
  const env = { PATH: `${directory}:${process.env.PATH}`, TMPDIR: directory }
  return (await run(['sh'], { env, stdin: script })).err
}

test('of two agents on the machine it asks the first one, as every later command does', async () => {
  const places = LAYOUTS.map(({ binaries }) => [binaries, join(directory, binaries)] as const)
  for (const [, place] of places) {
    mkdirSync(place, { recursive: true })
    const text = `#!/bin/sh\necho '{"cluster":"${place === places[0]?.[1] ? 'demo' : 'other'}"}'\n`
    writeFileSync(join(place, 'cantrip-agent'), text, { mode: 0o755 })
  }
  for (const [name, text] of Object.entries({ uname: 'echo x86_64', id: 'echo 0' }))
    writeFileSync(join(directory, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  const script = joinScript({ ...PARTS, agents: [AGENT] } as unknown as JoinCommand)
  const moved = places.reduce((text, [binaries, place]) => text.replaceAll(` ${binaries}/`, ` ${place}/`), script)
  const ran = await run(['sh'], { env: { PATH: `${directory}:${process.env.PATH}` }, stdin: moved })
  expect(ran).toMatchObject({ code: 0, out: expect.stringContaining('is a node of cluster demo already') })
})

/** Answers with 404 and this fix. */
const refusing = (fix: string) => `
while [ $# -gt 0 ]; do [ "$1" != --output ] || out=$2; shift; done
printf '%s' '{"message":"it expired","fix":"${fix}"}' >"$out"
printf 404`

const OTHER_HASH = `
while [ $# -gt 0 ]; do [ "$1" != --output ] || out=$2; shift; done
printf x >"$out"
printf 200`

const PROXY = { proxy: 'http://proxy:3128' }
const INSPECTED = { ...PROXY, tlsTerminatingProxy: true }

test('another join command has the proxy of this one', async () => {
  const another = 'controller cluster join-command demo --proxy http://proxy:3128'
  expect(await said(PROXY, { arch: 'riscv64' })).toContain(`fix: on the controller: ${another} --arch riscv64\n`)
  expect(await said(INSPECTED, { curl: OTHER_HASH })).toContain(
    `create another command: ${another} --tls-terminating-proxy\n`,
  )
  expect(await said({}, { curl: 'exit 60' })).toContain('join-command demo [--tls-terminating-proxy]\n')
  expect(await said({})).toContain('through a proxy: export https_proxy=http://HOST:PORT\n')
})

test('controller push is run again, and gets the proxy', async () => {
  const task = 'install'
  const again = 'run the same controller push again'
  expect(await said({ task }, { arch: 'riscv64' })).toContain(
    `fix: ${again} when the controller has an agent for riscv64\n`,
  )
  expect(await said({ task, ...INSPECTED }, { curl: OTHER_HASH })).toContain(`changed, ${again}\n`)
  expect(await said({ task })).toContain('through a proxy: controller push --proxy http://HOST:PORT\n')
  const expired = refusing('create another one: controller cluster join-command demo')
  expect(await said({ task }, { curl: expired })).toContain(`fix: ${again}\n`)
  expect(await said({}, { curl: expired })).toContain('fix: create another one: controller cluster join-command demo\n')
  expect(await said({ task }, { curl: refusing('free the disk') })).toContain('fix: free the disk\n')
})
