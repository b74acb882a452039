import { AgentError } from '../../base/agent-error.ts'
import type { Step, Workflow } from '../../engine/step.ts'
import { isOwnFile } from '../../host/files/own-file.ts'
import type { Host, HostView } from '../../host/host.ts'
import { agentRoutes } from '../../protocol/api/agents.ts'
import { pathOf } from '../../protocol/api/route.ts'
import type { AgentConfig } from '../config.ts'
import { INSTALL_STEPS } from '../install/workflow.ts'
import type { AgentPaths } from '../paths.ts'
import { GUARD_TIMER, guardUnit, type Tools } from './guard.ts'
import { isOf, parseRecord, recordText, type UpdateOrder, type UpdateRecord } from './record.ts'

export interface UpdateParams {
  paths: AgentPaths
  order: UpdateOrder
  config: Pick<AgentConfig, 'urls' | 'proxy'>
  tls: { ca: string; cert: string; key: string }
  tools: Tools
}

const MODE = 0o755
/** Beside the new executable and the copy of the former one. */
const SPARE_BYTES = 64 * 2 ** 20
const CHECK_MS = 60_000

const isSwapped = async (host: HostView, { paths, order }: UpdateParams) =>
  (await host.sha256(paths.executable)) === order.sha256

const seen = async (host: HostView, { paths }: UpdateParams) => parseRecord(await host.read(paths.updateFile))

/** Discarded first, so that the ledger keeps no former ones. */
async function note(host: Host, { paths, order }: UpdateParams, reached: UpdateRecord['reached']): Promise<void> {
  const { sha256, attempt } = order
  const record: UpdateRecord = { format: 1, sha256, attempt, reached, at: host.now().toISOString() }
  await host.discard(paths.updateFile, 'it says how far the update is')
  await host.write(paths.updateFile, recordText(record), 0o600)
}

const download: Step<UpdateParams> = {
  id: `${INSTALL_STEPS}update-download`,
  title: 'Downloading the new node agent',
  async isDone(host, params) {
    const { paths, order } = params
    if (await isSwapped(host, params)) return true
    if (!isOwnFile(await host.stat(paths.newExecutable), MODE, host)) return false
    return (await host.sha256(paths.newExecutable)) === order.sha256
  },
  async apply(host, { paths, order, config, tls }, context) {
    await requireSpace(host, paths, order)
    const { proxy } = config
    let last: unknown
    for (const url of config.urls) {
      try {
        await host.download({
          url: url + pathOf(agentRoutes.fetchAgent, { sha256: order.sha256 }),
          ...{ path: paths.newExecutable, sha256: order.sha256, size: order.size, mode: MODE, tls },
          ...(proxy !== undefined && { proxy }),
          onProgress: (done) => context.progress(done, order.size, 'bytes'),
          signal: context.signal,
        })
        return
      } catch (error) {
        context.signal.throwIfAborted()
        last = error
      }
    }
    await discardDownload(host, paths)
    throw last
  },
}

async function requireSpace(host: HostView, paths: AgentPaths, { version, size }: UpdateOrder): Promise<void> {
  const { freeBytes } = await host.diskSpace(paths.executable)
  const former = (await host.stat(paths.executable))?.size ?? 0
  const wanted = size + former + SPARE_BYTES
  if (freeBytes >= wanted) return
  const mib = (bytes: number) => `${Math.floor(bytes / 2 ** 20)} MiB`
  throw new AgentError(
    'agent-update/disk-full',
    `found ${mib(freeBytes)} free on the file system of ${paths.executable}; wanted ${mib(wanted)} for agent ${version} and a copy of the present one`,
    { fix: 'free some space on this file system, then resume the update' },
  )
}

async function discardDownload(host: Host, { newExecutable }: AgentPaths): Promise<void> {
  for (const path of [newExecutable, `${newExecutable}.part`]) await host.discard(path, 'the update has failed')
}

const selfCheck: Step<UpdateParams> = {
  id: `${INSTALL_STEPS}update-self-check`,
  title: 'Checking the new node agent',
  isDone: async (host, params) => (await isSwapped(host, params)) || isOf(await seen(host, params), params.order),
  async apply(host, params, { signal }) {
    const { paths, order } = params
    const instance = paths.instance === undefined ? [] : ['--instance', paths.instance]
    // It can read what it needs, and write nothing.
    const limits = ['ProtectSystem=strict', 'NoNewPrivileges=yes', 'MemoryMax=512M', 'TasksMax=64', 'RuntimeMaxSec=45']
    const { exitCode, stdout, stderr } = await host.ask(
      [
        ...(['systemd-run', '--quiet', '--pipe', '--wait', '--collect'] as const),
        ...limits.flatMap((limit) => ['-p', limit]),
        ...[paths.newExecutable, 'self-check', ...instance],
      ],
      { timeoutMs: CHECK_MS, signal },
    )
    if (exitCode === 0) return note(host, params, 'checked')
    await discardDownload(host, paths)
    const said = (stderr || stdout).trim().slice(-1_000)
    throw new AgentError(
      'agent-update/self-check',
      `agent ${order.version} did not pass its own check on this node (exit code ${exitCode})${said && `: ${said}`}`,
      { fix: 'if the controller could not be reached, resume the update; otherwise import another version' },
    )
  },
}

const swap: Step<UpdateParams> = {
  id: `${INSTALL_STEPS}update-swap`,
  title: 'Replacing the node agent',
  isDone: isSwapped,
  async apply(host, params) {
    const { paths, tools } = params
    await host.install(paths.executable, paths.formerExecutable, MODE)
    await host.write(paths.guardUnitFile, guardUnit(paths, tools))
    await host.write(paths.guardTimerFile, GUARD_TIMER)
    await host.daemonReload()
    await host.setUnit(paths.guardTimer, { enabled: true, active: true })
    await note(host, params, 'swapped')
    const because = 'the undo of the installation removes the executable'
    await host.run([tools.mv, '-f', '-T', paths.newExecutable, paths.executable], { kind: 'nothing', because })
  },
}

/** Until the service is restarted with the new executable. */
export const updateWorkflow: Workflow<UpdateParams> = {
  id: 'update-agent',
  components: [{ id: 'update-agent', after: [], steps: () => [download, selfCheck, swap] }],
}
