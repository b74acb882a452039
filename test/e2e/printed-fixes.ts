/** Runs each fix that a precheck prints in a shell on a node that has the fault. The check must pass afterwards. */
import assert from 'node:assert/strict'
import { exec, type Node } from '../support/testbed/machine.ts'
import { checked } from './checked-node.ts'
import { FAULTS } from './fixable-faults.ts'

const bash = (node: Node, script: string) => exec(node, ['bash', '-c', script], { timeoutMs: 120_000 })

/** Whether the line contains this command, with any text in place of each {}. */
function isIn(line: string, command: string): boolean {
  const parts = command.split('{}').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(parts.join('.+?')).test(line)
}

/** Leaves the node as the fixes made it. */
export async function printedFixes(node: Node, restart: () => Promise<void>): Promise<void> {
  const faults = FAULTS
  for (const { show } of faults) await bash(node, show)
  const shown = await checked(node)
  for (const { check } of faults)
    assert(['warn', 'fail'].includes(shown.of(check).verdict), `${check} is not reported: ${shown.of(check).found}`)

  const printed = new Map<string, string>()
  let seen = shown
  for (const round of [1, 2] as const) {
    for (const { check, rounds = [1] } of faults) {
      const { verdict, fix } = seen.of(check)
      if (!rounds.includes(round) || verdict === 'pass') continue
      assert(fix, `${check} prints a fix`)
      printed.set(check, `${printed.get(check) ?? ''}${fix}\n`)
      const { code, stderr } = await bash(node, fix)
      assert.equal(code, 0, `${check}: ${fix}\n${stderr}`)
    }
    seen = await checked(node)
  }
  const problems = await Promise.all(
    faults.map(async ({ check, prints, unrelated = 'true' }) => {
      const missing = prints.filter((command) => !isIn(printed.get(check) ?? '', command))
      const { verdict, found, fix } = seen.of(check)
      const intact = await bash(node, unrelated)
      return [
        ...(verdict === 'pass' ? [] : [`${check} after its fix: ${found}\n  ${fix}`]),
        ...missing.map((command) => `${check}: not printed: ${command}\n  ${printed.get(check)}`),
        ...(intact.code === 0
          ? []
          : [`${check}: unrelated objects changed: ${intact.stdout}${intact.stderr}\n  ${shown.of(check).fix}`]),
      ]
    }),
  )
  assert.deepEqual(problems.flat(), [])

  await restart()
  const { of } = await checked(node)
  const lasting = faults.filter(({ lasts }) => lasts).map(({ check }) => of(check))
  assert.deepEqual(
    lasting.filter(({ verdict }) => verdict !== 'pass').map(({ id, found }) => `${id} after a reboot: ${found}`),
    [],
  )
}
