import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { commandsInCode, type Found } from './support/fixes/collect.ts'

/**
 * Commands that the product prints for people: `command` quotes what a machine puts into them. A string that looks like a
 * command and has a {} in it would forget to.
 */
const commands = commandsInCode()

/** Strings that are no commands for a person, or whose words are no machine's. */
const NO_COMMANDS = [
  'src/agent/unit.ts: systemctl edit {}-agent',
  'src/cli/agent/status.ts: The agent is not running. Check: systemctl status {}\\n',
  'src/components/etcd/data.ts: mount the disk that holds {}, or restore {} from a snapshot, then provision again; where the data are lost: agent reset here, and configure the node again (other masters then take it in anew)',
  'src/host/is-unit-active.ts: systemctl is-active {} ended with {}: {}',
  'src/kubernetes/watch-pods.ts: journalctl -u {} -e',
  'src/checks/previous-kubernetes/check.ts: mount {}',
  'src/checks/previous-kubernetes/move-aside.ts: mkdir -p {}',
  'src/ledger/undo/remove-nft-tables.ts: nft did not delete {}: {}',
]
const named = ({ file, text }: Found) => `${file}: ${text}`

test('what a machine puts into a command is quoted', () => {
  const forgotten = commands.filter((found) => !found.isTagged && found.hasSubstitutions)
  expect(forgotten.map(named).filter((name) => !NO_COMMANDS.includes(name))).toEqual([])
  expect(NO_COMMANDS.filter((name) => !forgotten.map(named).includes(name))).toEqual([])
})

test('no command deletes a directory with what lies in it', () => {
  const deleting = commands.filter(({ text }) => /\brm (-\w*[rR]|--recursive)|\bfind\b.*-delete|\brm -rf/.test(text))
  // Objects of the kernel, which are no files.
  expect(deleting.map(named)).toEqual(['src/checks/previous-kubernetes/fix-kernel.ts: rm -r {}'])
})

test('bash can read each of them', () => {
  const tagged = commands.filter(({ isTagged }) => isTagged)
  expect(tagged.length).toBeGreaterThan(60)
  const script = tagged.map(({ text }) => `: begin; ${text.replaceAll('{}', `'a (b) *'`)}\n`).join('')
  execFileSync('bash', ['-n'], { input: script })
})
