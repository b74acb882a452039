import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { readCredentials } from '../../../src/agent/identity/credentials.ts'
import type { MachineIds } from '../../../src/agent/identity/machine.ts'
import { installCredentials } from '../../../src/agent/install/install-credentials.ts'
import { configFor } from '../../../src/agent/install/prepare.ts'
import { type AgentPaths, pathsOf } from '../../../src/agent/paths.ts'
import { openWorkspace } from '../../../src/agent/restore/open-workspace.ts'
import { readStatus, type ServiceStatus } from '../../../src/agent/status.ts'
import { runWorkflow } from '../../../src/engine/run-workflow.ts'
import { linuxHostView } from '../../../src/host/linux/host-view.ts'
import { TEST_AGENT } from '../programs/programs.ts'

/** An agent with all files below one directory, as `agent install` writes them, but without the systemd unit. */
export interface Installation {
  root: string
  paths: AgentPaths
  /** See ROOT/work in program.ts. */
  setWork(work: string): void
  /** Sets how many milliseconds the clock of the service is ahead. */
  setAhead(ms: number): void
  /** Sets what tells its machine from others; all have the same boot. */
  setMachine(ids: Partial<MachineIds>): void
  /** Installs the credentials again, as `agent install` does. */
  installCredentials(): Promise<void>
  /** Installs other credentials, as `agent install` does. */
  installAgain(pem: string, passphrase: string): Promise<void>
  start(): Service
  status(): ServiceStatus | undefined
  remove(): void
}

export interface Service {
  process: ChildProcess
  output(): string
  /** Sends the signal. Resolves with the exit code. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>
}

/** `prepare` runs before the installation. */
export async function installAgent(
  pem: string,
  passphrase: string,
  nodeName: string,
  prepare: (paths: AgentPaths) => void | Promise<void> = () => undefined,
): Promise<Installation> {
  const root = mkdtempSync(join(tmpdir(), 'agent-'))
  const paths = pathsOf(undefined, root)
  const files = { creds: join(root, 'demo.pem'), passphrase: join(root, 'demo-passphrase.txt') }
  const read = async (credsText: string, passphraseText: string) => {
    writeFileSync(files.creds, credsText, { mode: 0o600 })
    writeFileSync(files.passphrase, passphraseText, { mode: 0o600 })
    const credentials = await readCredentials(files.creds, files.passphrase, linuxHostView())
    return { credentials, config: configFor(credentials, {}, nodeName) }
  }
  let { credentials, config } = await read(pem, passphrase)
  async function install(): Promise<void> {
    const { machine, ledger, hostFor } = await openWorkspace(paths)
    const outcome = await runWorkflow({
      workflow: { id: 'install', components: [{ id: 'install', after: [], steps: () => [installCredentials] }] },
      params: { paths, executable: process.execPath, credentials, config },
      run: 'install',
      view: machine,
      hostFor,
      ledger,
      emit: () => undefined,
      signal: new AbortController().signal,
    })
    await ledger.close()
    if (outcome !== 'done') throw new Error(`the credentials could not be installed: ${outcome}`)
  }
  await prepare(paths)
  await install()
  writeFileSync(paths.configFile, JSON.stringify(config))
  mkdirSync(paths.logDirectory, { recursive: true })
  const services = new Set<ChildProcess>()
  const installation: Installation = {
    root,
    paths,
    setWork: (work) => writeFileSync(join(root, 'work'), work),
    setAhead: (ms) => writeFileSync(join(root, 'ahead'), String(ms)),
    setMachine: (ids) => writeMachine(root, ids),
    installCredentials: install,
    async installAgain(...given) {
      const again = await read(...given)
      credentials = again.credentials
      config = again.config
      await install()
      writeFileSync(paths.configFile, JSON.stringify(config))
    },
    start() {
      const service = startService(root)
      services.add(service.process)
      return service
    },
    status: () => readStatus(paths.statusFile),
    remove() {
      for (const service of services) service.kill('SIGKILL')
      rmSync(root, { recursive: true, force: true, maxRetries: 20 })
    },
  }
  installation.setWork('0')
  installation.setAhead(0)
  installation.setMachine({ machineId: 'fedcba9876543210fedcba9876543210' })
  return installation
}

/** See ROOT/machine in program.ts. */
export function writeMachine(
  root: string,
  { bootId = 'boot', machineId = '', productUuid = '' }: Partial<MachineIds>,
): void {
  const files = {
    '/proc/sys/kernel/random/boot_id': bootId,
    '/etc/machine-id': machineId,
    '/sys/class/dmi/id/product_uuid': productUuid,
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(`${root}/machine${path}`), { recursive: true })
    writeFileSync(`${root}/machine${path}`, `${text}\n`)
  }
}

/** Starts the service with the files below `root`. */
export function startService(root: string): Service {
  const child = spawn(process.execPath, [TEST_AGENT, root, 'run'], { stdio: ['ignore', 'pipe', 'pipe'] })
  const chunks: string[] = []
  child.stdout.on('data', (chunk) => chunks.push(String(chunk)))
  child.stderr.on('data', (chunk) => chunks.push(String(chunk)))
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  return {
    process: child,
    output: () => chunks.join(''),
    end(signal) {
      child.kill(signal)
      return ended
    },
  }
}

export function fileText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
