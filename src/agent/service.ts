import { join } from 'node:path'
import { reportOf } from '../errors/agent-error.ts'
import type { NetworkView } from '../host/network.ts'
import type { Facts } from '../protocol/facts.ts'
import type { CheckSummary } from '../protocol/frames.ts'
import { PROTOCOL } from '../protocol/version.ts'
import { addressTowards } from './address.ts'
import { type AgentConfig, requireConfig } from './config.ts'
import { makePrivateDirectory } from './durable-file.ts'
import {
  forgetInstaller,
  keepIdentity,
  type NodeIdentity,
  nodeFingerprint,
  readIdentity,
  readInstaller,
} from './identity.ts'
import { readInstructionKey } from './instruction-gate.ts'
import { instructionTaker } from './instructions.ts'
import { keepLink, type Link } from './link.ts'
import { openLinkStore } from './link-state.ts'
import type { Log } from './log.ts'
import { openOutbox } from './outbox.ts'
import type { AgentPaths } from './paths.ts'
import { keepReserve } from './reserve.ts'
import { keepRuns } from './run-keeper.ts'
import type { Notifier } from './sd-notify.ts'
import type { Self } from './self.ts'
import { openStatusFile, type StatusFile } from './status.ts'

export interface ServiceOptions {
  paths: AgentPaths
  self: Self
  agentVersion: string
  bootId: string
  network: NetworkView
  notifier: Notifier
  log: Log
  facts(): Promise<Facts | undefined>
  now(): Date
  monotonicMs(): number
  random(): number
  sleep(ms: number, signal: AbortSignal): Promise<void>
  silenceMs?: number
  signal: AbortSignal
}

/** The service: enrols where that is to be done, then keeps the link and carries out what comes, until the signal. */
export async function runService(options: ServiceOptions): Promise<void> {
  const { paths, notifier, log, signal } = options
  const config = requireConfig(paths)
  makePrivateDirectory(paths.stateDirectory)
  const status = openStatusFile(paths.statusFile, options.agentVersion)
  notifier.ready()
  const watchdog = notifier.watchdogMs === undefined ? undefined : setInterval(notifier.alive, notifier.watchdogMs)
  try {
    status.update({ fingerprint: nodeFingerprint(paths), cluster: config.cluster.name })
    const identity = readIdentity(paths) ?? (await enrolled(options, config, status))
    forgetInstaller(paths)
    await work(options, config, identity, status)
  } catch (error) {
    if (!signal.aborted) {
      status.update({ problem: reportOf(error) })
      throw error
    }
  } finally {
    clearInterval(watchdog)
    notifier.stopping()
    log('info', 'the agent stops')
  }
}

async function enrolled(options: ServiceOptions, config: AgentConfig, status: StatusFile): Promise<NodeIdentity> {
  const { paths, log, notifier } = options
  const { enrol } = await import('./enrol.ts')
  const { certificate, nodeId } = await enrol({
    ...options,
    ...readInstaller(paths),
    config,
    fingerprint: nodeFingerprint(paths),
    addressTowards,
    onAnswer({ nodeId, state, cluster }) {
      if (status.get().nodeId !== nodeId) {
        log('info', `registered as ${nodeId} in ${cluster.name}; an administrator approves it`)
        notifier.status('waiting for approval')
      }
      status.update({ nodeId, state, cluster: cluster.name, problem: null })
    },
    onProblem(error) {
      log('warn', `${error.message} (${error.code})`)
      status.update({ problem: reportOf(error) })
    },
  })
  keepIdentity(paths, certificate)
  status.update({ nodeId, state: 'APPROVED', problem: null })
  log('info', `enrolled as ${nodeId}`)
  const identity = readIdentity(paths)
  if (!identity) throw new Error('the certificate is not where it was written')
  return identity
}

async function work(
  options: ServiceOptions,
  config: AgentConfig,
  { nodeId, tls }: NodeIdentity,
  status: StatusFile,
): Promise<void> {
  const { paths, log, notifier, signal, now } = options
  const link = openLinkStore(paths)
  const outbox = openOutbox(paths.outboxFile)
  const timers = new Set<NodeJS.Timeout>()
  let connection: Link | undefined
  const runs = keepRuns({
    ...options,
    argv: ['execute', ...(paths.instance === undefined ? [] : ['--instance', paths.instance])],
    link,
    outbox,
    status,
    reserve: keepReserve(join(paths.stateDirectory, 'reserve')),
    onOutbox: () => connection?.session()?.pump(),
    onProgress: (run, event) => connection?.session()?.sendLoose({ run, event }),
    after(ms, then) {
      const timer = setTimeout(() => {
        timers.delete(timer)
        then()
      }, ms)
      timers.add(timer)
    },
  })
  const showState = (state: NonNullable<ReturnType<StatusFile['get']>['state']>) => {
    status.update({ state })
    link.update({ state })
    notifier.status(`connected, ${state}`)
  }
  const kept = link.state()
  status.update({ nodeId, state: kept.state ?? 'APPROVED', kubernetesVersion: kept.kubernetesVersion ?? null })
  runs.start()
  connection = keepLink({
    ...options,
    config,
    tls,
    outbox,
    status,
    facts: once(options.facts),
    hello: () => ({
      range: PROTOCOL,
      lastSeq: link.state().lastSeq,
      bootId: options.bootId,
      agentVersion: options.agentVersion,
      nodeName: config.nodeName,
      openRun: link.open()?.run ?? null,
      warnings: (config.warnings ?? []) as CheckSummary[],
    }),
    lastSeq: () => link.state().lastSeq,
    onWelcome: ({ state }) => showState(state),
    onInstruct: instructionTaker({
      instructionKey: readInstructionKey(config.instructionKey),
      nodeId,
      link,
      runs,
      log,
      now,
    }),
    onCancel: (run) => runs.cancel(run),
    onState: showState,
  })
  await connection.ended
  await runs.stop()
  for (const timer of timers) clearTimeout(timer)
  outbox.close()
  signal.throwIfAborted()
}

/** A failure is not kept: the next one who asks makes another try. */
function once<T>(work: () => Promise<T | undefined>): () => Promise<T | undefined> {
  let result: Promise<T | undefined> | undefined
  return () => {
    result ??= work().then((value) => {
      if (value === undefined) result = undefined
      return value
    })
    return result
  }
}
