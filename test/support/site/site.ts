import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Bed, GATEWAY, inNetwork } from '../testbed/bed.ts'
import { exec, type Node } from '../testbed/machine.ts'
import { copyIn } from '../testbed/nodes.ts'
import { type Output, type RunOptions, run } from '../testbed/run.ts'
import { waitFor } from '../wait-for.ts'
import { builderPublicKey, executables } from './artefacts.ts'

export const CONTROLLER_PORT = 8443
const LOOK_MS = 1_000

/** A controller in the network of the test bed, with a directory for its data and the administrator's files. */
export interface Site {
  readonly bed: Bed
  readonly directory: string
  /** At which nodes reach the controller. */
  readonly url: string
  /** Runs a command of the controller's CLI as the administrator. Resolves with any exit code. */
  cli(argv: readonly string[], options?: RunOptions): Promise<Output>
  /** Like cli, but rejects on a non-zero exit code. Resolves with stdout. */
  admin(...argv: readonly string[]): Promise<string>
  json<T>(...argv: readonly string[]): Promise<T>
  /** Ends the controller with the signal and starts it again with the same data. */
  restartController(signal: 'SIGKILL' | 'SIGTERM', downMs?: number): Promise<void>
  /** Stops the controller, runs the work, and starts the controller again. */
  whileDown(work: () => Promise<void>): Promise<void>
  /** Ends it, and leaves its data. */
  killController(): Promise<void>
  controllerLog(): string
  close(): Promise<void>
  /** Lets the controller keep running after the end of this process. */
  leave(): void
  readonly executable: string
  readonly environment: Record<string, string>
}

/** What a site needs beside others in the same bed. */
export interface SiteOptions {
  /** Of its directory. */
  name?: string
  port?: number
  /** More flags of `controller serve`. */
  flags?: readonly string[]
  /** More environment of the controller and its CLI. */
  env?: Readonly<Record<string, string>>
  /** The site whose keys are copied before the first start. */
  keysOf?: Site | undefined
}

/** Starts the controller. The bed must have its network, so start a node first. */
export async function openSite(
  bed: Bed,
  { name = 'site', port = CONTROLLER_PORT, flags = [], env: more = {}, keysOf }: SiteOptions = {},
): Promise<Site> {
  const directory = join(bed.directory, name) // removed with the bed
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const data = join(directory, 'data')
  const logFile = join(directory, 'controller.log')
  const url = `https://${GATEWAY}:${port}`
  const environment = {
    PATH: process.env.PATH ?? '',
    TERM: process.env.TERM ?? 'dumb',
    HOME: directory,
    CANTRIP_ADMIN: join(data, 'admin.json'),
    ...more,
  }
  if (keysOf) await cp(join(keysOf.directory, 'data/pki'), join(data, 'pki'), { recursive: true })
  let server = await start()

  async function start(): Promise<ChildProcess> {
    const log = openSync(logFile, 'a', 0o600)
    const serve = ['serve', '--data', data, '--listen', `${GATEWAY}:${port}`, '--public-url', url, ...flags]
    const [command = '', ...args] = inNetwork(bed, [executables.controller, ...serve])
    const child = spawn(command, args, {
      ...{ stdio: ['ignore', log, log], detached: true },
      env: { ...process.env, ...more },
    })
    closeSync(log)
    await waitFor(
      `controller, see ${logFile}`,
      async () => {
        if (child.exitCode !== null)
          throw new Error(`the controller exited at its start:\n${readFileSync(logFile, 'utf8')}`)
        return (await cli(['cluster', 'list', '-o', 'json'])).code === 0 ? true : undefined
      },
      { withinMs: 20_000 },
    )
    return child
  }

  async function stop(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const ended = new Promise((resolve) => server.once('exit', resolve))
    if (server.exitCode === null && server.signalCode === null && server.kill(signal)) await ended
  }

  function cli(argv: readonly string[], options: RunOptions = {}): Promise<Output> {
    const env = {
      PATH: process.env.PATH ?? '',
      HOME: directory,
      CANTRIP_ADMIN: join(data, 'admin.json'),
      NO_COLOR: '1',
      ...more,
    }
    return run(inNetwork(bed, [executables.controller, ...argv]), {
      env,
      cwd: directory,
      timeoutMs: 300_000,
      ...options,
    })
  }

  async function admin(...argv: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await cli(argv)
    if (code !== 0) throw new Error(`controller ${argv.join(' ')}: exit code ${code}\n${stderr}${stdout}`)
    return stdout
  }

  return {
    bed,
    directory,
    url,
    environment,
    executable: executables.controller,
    cli,
    admin,
    json: async (...argv) => JSON.parse(await admin(...argv, '-o', 'json')),
    async restartController(signal, downMs = 0) {
      await stop(signal)
      await new Promise((resolve) => setTimeout(resolve, downMs))
      server = await start()
    },
    async whileDown(work) {
      await stop('SIGTERM')
      await work()
      server = await start()
    },
    killController: () => stop('SIGKILL'),
    controllerLog: () => readFileSync(logFile, 'utf8'),
    leave: () => server.unref(),
    async close() {
      await stop('SIGTERM')
      await rm(directory, { recursive: true, force: true })
    },
  }
}

export async function importBundle(site: Site, bundle: string): Promise<void> {
  await site.admin('bundle', 'import', bundle, '--data', join(site.directory, 'data'), '--key', builderPublicKey())
}

export interface ClusterOptions {
  name: string
  overrides: Record<string, string | undefined>
  flags?: readonly string[]
}

/** Creates a cluster. Returns the directory of its credentials. */
export async function createCluster(site: Site, { name, overrides, flags = [] }: ClusterOptions): Promise<string> {
  const output = join(site.directory, name)
  await mkdir(output, { recursive: true, mode: 0o700 })
  const given: string[] = []
  for (const [component, text] of Object.entries(overrides)) {
    if (text === undefined) continue
    const file = join(output, `${component}.override`)
    await writeFile(file, text)
    given.push('--override', `${component}=${file}`)
  }
  await site.admin('cluster', 'create', name, '--output', output, ...given, ...flags)
  return output
}

/** Copies the executable and the credentials to the node. Returns the command that installs the agent. */
export async function copyAgent(
  node: Node,
  credentials: string,
  cluster: string,
  executable: string = executables.agent,
): Promise<string[]> {
  await copyIn(node, executable, '/root/agent')
  await copyIn(node, join(credentials, `${cluster}.pem`), `/root/${cluster}.pem`)
  await copyIn(node, join(credentials, `${cluster}-passphrase.txt`), `/root/${cluster}-passphrase.txt`)
  return ['/root/agent', '--creds-file', `/root/${cluster}.pem`, '--passphrase-file', `/root/${cluster}-passphrase.txt`]
}

export interface NodeRow {
  id: string
  name: string
  state: string
  step: string | null
}

export async function nodeRow(site: Site, name: string): Promise<NodeRow | undefined> {
  return (await site.json<NodeRow[]>('node', 'list')).find((row) => row.name === name)
}

/** Waits for a state of the node. Rejects on FAILED, with the output of `node show`. */
export async function awaitState(site: Site, name: string, state: string, timeoutMs: number): Promise<void> {
  let last: NodeRow | undefined
  try {
    await waitFor(
      `${name} ${state}`,
      async () => {
        // Each poll starts a process. Polling all the time would take a core from the tested programs.
        if (last) await sleep(LOOK_MS)
        last = await nodeRow(site, name)
        if (last?.state === 'FAILED' && state !== 'FAILED') throw new Error(`${name} FAILED`)
        return last?.state === state ? true : undefined
      },
      { withinMs: timeoutMs },
    )
  } catch (error) {
    const shown = last ? (await site.cli(['node', 'show', last.id])).stdout : 'the controller does not know the node'
    throw new Error(`${error instanceof Error ? error.message : error}; last seen:\n${shown}`)
  }
}

export const kubectl = (node: Node, ...argv: readonly string[]): Promise<Output> =>
  exec(node, ['kubectl', '--kubeconfig', '/etc/kubernetes/admin.conf', ...argv], { timeoutMs: 120_000 })
