import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { parseArgs } from 'node:util'
import { boot, copyIn, down, downAll, find, inNode, isRunning, kill, list, up } from './testbed.ts'

const USAGE = `Disposable Debian nodes with their own systemd, on this machine.

  scripts/testbed up NAME [--address A]    creates a node and boots it; addresses are in 10.90.0.0/24
  scripts/testbed exec NAME -- CMD…        runs a command in the node as root
  scripts/testbed copy FILE NAME:PATH      copies a file into the node
  scripts/testbed kill NAME                cuts the power; the disk is kept
  scripts/testbed boot NAME                powers the node on again
  scripts/testbed down NAME | --all        removes the node, and with the last node the network
  scripts/testbed list

CANTRIP_TESTBED is the directory of its state (default /var/tmp/cantrip-testbed). CANTRIP_TESTBED_PREFIX selects another
test bed.
`
const USAGE_EXIT_CODE = 2
const INTERRUPTED_EXIT_CODE = 130

class UsageError extends Error {}

const interrupt = new AbortController()
const verbs: Record<string, (args: string[]) => Promise<number>> = {
  async up(args) {
    const { values, positionals } = parseArgs({
      args,
      options: { address: { type: 'string' } },
      allowPositionals: true,
    })
    const { address } = values
    const node = await up({ name: only(positionals, 'NAME'), ...(address && { address }), signal: interrupt.signal })
    console.log(`${node.name} ${node.address}`)
    return 0
  },
  async exec([name = '', ...rest]) {
    const argv = rest[0] === '--' ? rest.slice(1) : rest
    if (argv.length === 0) throw new UsageError('exec needs NAME -- CMD…')
    const {
      argv: [command = '', ...args],
      env,
    } = await inNode(await find(name), argv)
    const child = spawn(command, args, { stdio: 'inherit', env: { ...env, TERM: process.env.TERM ?? 'dumb' } })
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
    return code ?? 128 + constants.signals[signal ?? 'SIGKILL']
  },
  async copy([file = '', target = '', ...rest]) {
    const [, name, path] = /^([^:/]+):(\/.*)$/.exec(target) ?? []
    if (!name || !path || rest.length > 0) throw new UsageError('copy needs FILE NAME:/PATH')
    await copyIn(await find(name), file, path)
    return 0
  },
  async kill(args) {
    await kill(await find(only(args, 'NAME')))
    return 0
  },
  async boot(args) {
    await boot(await find(only(args, 'NAME')), interrupt.signal)
    return 0
  },
  async down(args) {
    const name = only(args, 'NAME or --all')
    if (name === '--all') await downAll()
    else await down(await find(name))
    return 0
  },
  async list(args) {
    if (args.length > 0) throw new UsageError('list takes no arguments')
    for (const node of await list()) {
      console.log(`${node.name} ${node.address} ${(await isRunning(node)) ? 'running' : 'off'}`)
    }
    return 0
  },
}

function only(args: string[], what: string): string {
  const [first, ...rest] = args
  if (first === undefined || rest.length > 0) throw new UsageError(`expected one ${what}`)
  return first
}

const [verb = '--help', ...args] = process.argv.slice(2)
const run = verbs[verb]
// For exec, Ctrl-C reaches the command from the terminal. The other verbs clean up.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => interrupt.abort(new Error('interrupted')))
}
if (run === undefined) {
  const asked = ['--help', '-h', 'help'].includes(verb)
  ;(asked ? process.stdout : process.stderr).write(USAGE)
  process.exitCode = asked ? 0 : USAGE_EXIT_CODE
} else {
  try {
    process.exitCode = await run(args)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    if (error instanceof UsageError) console.error(`\n${USAGE}`)
    process.exitCode = interrupt.signal.aborted
      ? INTERRUPTED_EXIT_CODE
      : error instanceof UsageError
        ? USAGE_EXIT_CODE
        : 1
  }
}
