import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pathWithout, run } from '../../../../test/support/paste.ts'
import { LAYOUTS } from '../../../base/layout.ts'
import { Secret } from '../../../base/text/secret.ts'
import { parseLine, saidFailure } from './host-output.ts'
import { hostScript, LOOK, type RootAccess } from './host-script.ts'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'host-script-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

const PASSWORD = `it's $HOME "x"`
/** As sudo: it reads the password byte by byte, asks three times, and leaves the rest of the input to the command. */
const SUDO = `#!/bin/sh
printf '%s\\n' "$*" >>"$LOG"
case $* in
*-n*) [ "$RULE" = free ] || { echo 'sudo: a password is required' >&2; exit 1; } ;;
*-S*)
  for try in 1 2 3; do
    IFS= read -r given || { echo 'sudo: no password was provided' >&2; exit 1; }
    printf '%s\\n' "$given" >>"$LOG.read"
    [ "$given" != "$WANTED" ] || break
    echo 'Sorry, try again.' >&2
    [ $try != 3 ] || { echo 'sudo: 3 incorrect password attempts' >&2; exit 1; }
  done ;;
esac
AS=root exec sh
`
/** The one of the user, until sudo has made it root. */
const ID = `#!/bin/sh
case "\${AS:-$USER_IS} $*" in
'root -u') echo 0 ;;
*' -u') echo 1000 ;;
*) echo "\${AS:-$USER_IS}" ;;
esac
`

let count = 0
async function ran(
  access: RootAccess,
  { user = 'ann', rule = 'password', sudo = true }: { user?: string; rule?: 'free' | 'password'; sudo?: boolean } = {},
) {
  const own = join(directory, String(count++))
  mkdirSync(own)
  const file = (name: string, text: string) => {
    writeFileSync(join(own, name), text)
    chmodSync(join(own, name), 0o755)
  }
  file('id', ID)
  if (sudo) file('sudo', SUDO)
  const log = join(own, 'log')
  for (const name of [log, `${log}.read`]) writeFileSync(name, '')
  const path = `${own}:${sudo ? process.env.PATH : pathWithout(directory, 'sudo', 'id')}`
  const env = { PATH: path, USER_IS: user, RULE: rule, WANTED: PASSWORD, LOG: log }
  const work = 'echo "I am $(id -un)"\nread -r rest || echo nothing is left\necho done'
  const { code, out, err } = await run(['sh'], { env, stdin: hostScript(work, access) })
  return { code, out, err, asked: readFileSync(log, 'utf8'), read: readFileSync(`${log}.read`, 'utf8') }
}

const IS_ROOT = 'I am root\nnothing is left\ndone\n'

test('root needs no sudo', async () => {
  expect(await ran({ become: 'sudo' }, { user: 'root' })).toMatchObject({ code: 0, out: IS_ROOT, asked: '' })
  expect(await ran({ become: 'none' }, { user: 'root' })).toMatchObject({ code: 0, out: IS_ROOT, asked: '' })
})

test('sudo without a password; the one that was given is not written anywhere', async () => {
  const seen = await ran({ become: 'sudo', password: new Secret(PASSWORD) }, { rule: 'free' })
  expect(seen).toMatchObject({ code: 0, out: IS_ROOT, read: '' })
})

test('sudo with a password, which is in no argument', async () => {
  const seen = await ran({ become: 'sudo', password: new Secret(PASSWORD) })
  expect(seen).toMatchObject({ code: 0, out: IS_ROOT, read: `${PASSWORD}\n${PASSWORD}\n` })
  expect(seen.asked).not.toContain('HOME')
})

test('a wrong password ends at once, and sudo reads no line of the script as another one', async () => {
  const seen = await ran({ become: 'sudo', password: new Secret('wrong') })
  expect(seen).toMatchObject({ code: 7, out: '', read: 'wrong\n' })
  expect(saidFailure(seen.err)).toMatchObject({
    message:
      'the machine says: sudo does not let user ann become root with this password: sudo: no password was provided',
    fix: expect.stringContaining('correct the password'),
  })
})

test('what is missing is named', async () => {
  const message = async (...given: Parameters<typeof ran>) => saidFailure((await ran(...given)).err)?.message
  expect(await message({ become: 'sudo' })).toBe(
    'the machine says: sudo does not let user ann become root without a password: sudo: a password is required',
  )
  expect(await message({ become: 'none' })).toBe('the machine says: user ann is not root, and --become is none')
  expect(await message({ become: 'sudo' }, { sudo: false })).toBe(
    'the machine says: user ann is not root, and the machine has no sudo',
  )
})

test('the exit code is that of the work', async () => {
  const script = hostScript('exit 3', { become: 'none' })
  const root = process.getuid?.() === 0
  expect((await run(['sh'], { stdin: script })).code).toBe(root ? 3 : 7)
})

test('it says so if there is no agent', async () => {
  const { out } = await run(['sh'], { stdin: LOOK.replace(/^agent=.*$/m, 'agent=/nowhere') })
  expect(parseLine(out.trim())).toEqual({
    ...{ kind: 'status', prepared: '', status: { cluster: null, nodeId: null, fingerprint: null } },
  })
})

test('of two agents it asks the first one, which is the one that a command uses', async () => {
  const places = LAYOUTS.map(({ binaries }) => [binaries, join(directory, binaries)] as const)
  for (const [, place] of places) {
    mkdirSync(place, { recursive: true })
    writeFileSync(join(place, 'cantrip-agent'), '#!/bin/sh\necho "{\\"cluster\\":\\"$0\\"}"\n', { mode: 0o755 })
  }
  const script = places.reduce((text, [binaries, place]) => text.replaceAll(` ${binaries}/`, ` ${place}/`), LOOK)
  expect((await run(['sh'], { stdin: script })).out).toContain(`${places[0]?.[1]}/cantrip-agent`)
})

test('a script that was cut off does nothing', async () => {
  const script = hostScript('echo done', { become: 'sudo' })
  for (const length of [0.3, 0.6, 0.9, 0.99]) {
    const { out } = await run(['sh'], { stdin: script.slice(0, Math.floor(script.length * length)) })
    expect(out).toBe('')
  }
})

test('it has no findings of shellcheck, and bash parses it', async () => {
  const script = hostScript('echo done', { become: 'sudo', password: new Secret('hunter2') })
  expect(await run(['shellcheck', '--shell=sh', '-'], { stdin: script })).toMatchObject({ code: 0, out: '' })
  for (const shell of ['sh', 'bash']) execFileSync(shell, ['-n'], { input: script })
})
