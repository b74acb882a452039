/**
 * A node's part in checks of pairs as a process of its own, to be run in a network namespace: words of the controller
 * come in as lines of JSON, those of the node go out, after a line `ready`. argv: NODE-ID PUBLIC-KEY.
 */
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { readInstructionKey } from '../../../src/agent/gate/open-signed.ts'
import { pairChecker } from '../../../src/agent/pair-check/pair-checker.ts'
import { linuxHostView } from '../../../src/host/linux/host-view.ts'
import { linuxProbeNetwork } from '../../../src/host/linux/network/probe-network.ts'

const [nodeId = '', key = ''] = process.argv.slice(2)
const checker = pairChecker({
  network: linuxProbeNetwork,
  view: linuxHostView(),
  instructionKeys: () => [readInstructionKey(key)],
  nodeId,
  isBusy: () => false,
  send: (body) => void process.stdout.write(`${JSON.stringify(body)}\n`),
  log: (_, message) => void process.stderr.write(`${nodeId} ${message}\n`),
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) => setTimeout(ms, undefined, { signal }),
})
process.stdout.write('ready\n')
for await (const line of createInterface({ input: process.stdin })) checker.handle(JSON.parse(line))
await checker.stop()
process.exit()
