import { exec, execOk, type Node } from '../support/testbed/machine.ts'

export interface Answers {
  asked: number
  /** When each request failed, and why. */
  failed: string[]
}

let probes = 0
/** Less than the 7 s for which an etcd that ends could let requests wait, and more than a busy machine needs. */
const MAX_SECONDS = '5'

/** What `curl` with these arguments gets from a node, on a new connection every 100 ms while the work runs. */
export async function answersDuring(node: Node, curl: readonly string[], work: () => Promise<void>): Promise<Answers> {
  const end = `/run/probe-${++probes}-end`
  const request = [
    'curl',
    '--silent',
    '--show-error',
    '--output',
    '/dev/null',
    '--max-time',
    MAX_SECONDS,
    ...curl,
  ].join(' ')
  const once = `if out=$(${request} 2>&1); then echo ok; else echo "no $(date +%T.%N) $out"; fi`
  const loop = `while [ ! -e ${end} ]; do ${once}; sleep 0.1; done`
  const asking = exec(node, ['sh', '-c', loop], { timeoutMs: 3_600_000 })
  try {
    await work()
  } finally {
    await execOk(node, ['touch', end])
  }
  const lines = (await asking).stdout.trim().split('\n')
  return { asked: lines.length, failed: lines.filter((line) => line.startsWith('no')) }
}
