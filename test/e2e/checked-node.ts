import assert from 'node:assert/strict'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'

export interface Verdict {
  id: string
  verdict: 'pass' | 'warn' | 'fail' | 'error' | 'skipped'
  hard: boolean
  found: string
  wanted: string | null
  fix: string | null
  ignored?: string
}

export interface Seen {
  code: number
  verdicts: Verdict[]
  /** The verdict of one check. */
  of(id: string): Verdict
}

/** Runs the prechecks on a real node, with JSON output. */
export async function checked(node: Node, ...flags: string[]): Promise<Seen> {
  const argv = ['/root/agent', 'precheck', '--role', 'worker', '-o', 'json', ...flags]
  const { code, stdout, stderr } = await exec(node, argv, { timeoutMs: 60_000 })
  assert.match(stdout, /^\{/, `no JSON: ${stderr}${stdout}`)
  const verdicts: Verdict[] = JSON.parse(stdout).checks
  const of = (id: string) => {
    const found = verdicts.find((verdict) => verdict.id === id)
    assert(found, `there is a check ${id}`)
    return found
  }
  return { code, verdicts, of }
}

/** Writes a file on the node. Returns a function that restores it. */
export async function changeFile(node: Node, path: string, text: string): Promise<() => Promise<void>> {
  const before = await exec(node, ['cat', path])
  await put(node, path, text)
  return async () => {
    if (before.code === 0) await put(node, path, before.stdout)
    else await execOk(node, ['rm', path])
  }
}

async function put(node: Node, path: string, text: string): Promise<void> {
  await execOk(node, ['mkdir', '-p', path.slice(0, path.lastIndexOf('/'))])
  await execOk(node, ['dd', 'status=none', `of=${path}`], { stdin: text })
}
