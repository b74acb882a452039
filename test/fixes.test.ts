import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { FAULTS } from './e2e/fixable-faults.ts'
import { commandsInCode, type Found } from './support/fixes/collect.ts'
import { NOT_RUN } from './support/fixes/not-run.ts'

/** Commands that the product prints. The tag `command` quotes substituted values, so no other string may be a command with {}. */
const commands = commandsInCode()

/** Strings that are not commands for users, or whose substitutions are constants. */
const NO_COMMANDS = [
  'src/agent/service/unit.ts: systemctl edit {}-agent',
  'src/cli/agent/status.ts: The agent is not running. Check: systemctl status {}\\n',
  'src/components/etcd/data.ts: mount the disk that holds {}, or restore {} from a snapshot, then provision again; if the data is lost: agent reset here, and configure the node again (the other masters then add it as a new member)',
  'src/host/units/is-unit-active.ts: systemctl is-active {} ended with {}: {}',
  'src/provision/pods/watch-pods.ts: journalctl -u {} -e',
  'src/checks/previous-kubernetes/check.ts: mount {}',
  'src/checks/previous-kubernetes/move-aside.ts: mkdir -p {}',
  'src/ledger/undo/network/remove-nft-tables.ts: nft did not delete {}: {}',
  'src/ledger/undo/system/unmount-below.ts: mount {}',
]
const named = ({ file, text }: Found) => `${file}: ${text}`

test('values that are substituted into a command are quoted', () => {
  const forgotten = commands.filter((found) => !found.isTagged && found.hasSubstitutions)
  expect(forgotten.map(named).filter((name) => !NO_COMMANDS.includes(name))).toEqual([])
  expect(NO_COMMANDS.filter((name) => !forgotten.map(named).includes(name))).toEqual([])
})

test('no command deletes a directory with its contents', () => {
  const deleting = commands.filter(({ text }) => /\brm (-\w*[rR]|--recursive)|\bfind\b.*-delete|\brm -rf/.test(text))
  // Kernel objects, not files.
  expect(deleting.map(named)).toEqual(['src/checks/previous-kubernetes/fix-kernel.ts: rm -r {}'])
})

test('bash can parse each command', () => {
  const tagged = commands.filter(({ isTagged }) => isTagged)
  expect(tagged.length).toBeGreaterThan(60)
  const script = tagged.map(({ text }) => `: begin; ${text.replaceAll('{}', `'a (b) *'`)}\n`).join('')
  execFileSync('bash', ['-n'], { input: script })
})

/** Commands that change nothing. */
const LOOKS =
  /^(sudo )?(cat|controller bundle list-files|curl (-v|--cacert)|df|file|findmnt|fuser|getent|head|ip -details|ip route get|journalctl|kubectl (describe|logs)|ls|lsattr|lsof|nft --handle list|openssl s_client|ping|ss|stat|sysctl -a|systemctl (status|cat)|tracepath|\{\} -xh|\{\} \| grep) /

/** Parts of commands. */
const PARTS = ['{}', '"$old"{}', '{} -I {}']
/** Prose that contains the name of a program, and constants that are parts of a command. */
const PROSE = [
  'src/agent/service/unit.ts',
  'src/checks/commands/needed.ts',
  'src/host/units/is-unit-active.ts',
  'src/host/linux/files/file-error.ts: find out why (dmesg | tail), then: {}',
  'src/ledger/undo/network/remove-nft-tables.ts: nft did not delete {}: {}',
]
const IN_PROSE = /[a-z]{2,}[:,;] [a-z]|\b(the|then|which|who|and|them) /
const isCommand = (found: Found) =>
  found.isTagged || (!IN_PROSE.test(found.text) && !PROSE.some((prose) => named(found).startsWith(prose)))

/** Run on a PostgreSQL server with the fault, by test/integration/database-start.test.ts and controller-backup.test.ts. */
const RUN_ON_POSTGRES = [
  'chmod 0600 {}',
  'controller database migrate --data {} --to {}',
  'createdb --owner {} --encoding UTF8 --template template0 {}',
  'createuser {}',
  'pg_isready --host {} --port {}  # start it, or repair the network',
  'psql --command {}',
  'psql --dbname {} --command {}',
]

test('each command that changes something is run on a node with the fault, or has a reason not to', () => {
  const run = FAULTS.flatMap(({ prints }) => prints)
  const excused = Object.values(NOT_RUN).flat()
  const inFixes = commands.filter((found) => isCommand(found) && !LOOKS.test(found.text) && !PARTS.includes(found.text))
  const written = inFixes.map(({ text }) => text.replaceAll('\\n', '\n').replaceAll('\n', '\\n'))
  const known = [...run, ...RUN_ON_POSTGRES, ...excused]
  expect(inFixes.filter((_, i) => !known.includes(written[i] ?? '')).map(named)).toEqual([])
  expect(
    known.filter(
      (text) => !commands.some((found) => found.text.replaceAll('\\n', '\n').replaceAll('\n', '\\n') === text),
    ),
  ).toEqual([])
})
