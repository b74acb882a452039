import { setImmediate } from 'node:timers/promises'
import { reportOf } from '../../base/agent-error.ts'
import type { Machine } from '../../protocol/declaration/machine.ts'
import { MOST_MACS } from '../../protocol/declaration/machine-limits.ts'
import type { NodeState } from '../../protocol/names.ts'
import { PROTOCOL } from '../../protocol/version.ts'
import type { Facts } from '../../protocol/wire/facts.ts'
import { OPERATION_FRAME } from '../../protocol/wire/released-names.ts'
import { knownImages, readBrought, reportedImages } from '../added-images.ts'
import { type AgentConfig, requireConfig, urlsNow } from '../config.ts'
import { readControllers } from '../controllers.ts'
import { noteBirth, refuseCopy } from '../identity/born.ts'
import {
  hasInstaller,
  type NodeIdentity,
  readIdentity,
  readIdentityIfValid,
  readInstaller,
  removeInstaller,
  removeNodeState,
  writeIdentity,
} from '../identity/identity.ts'
import { isIssuedBy } from '../identity/trust.ts'
import { keepLink } from '../link/link.ts'
import { type LinkStore, openLinkStore } from '../link/link-state.ts'
import { type Outbox, openOutbox } from '../link/outbox.ts'
import { lookRegularly, whenChanged } from '../link/watch-state.ts'
import { makePrivateDirectory } from '../state-file.ts'
import { openStatusFile, type StatusFile } from '../status.ts'
import { cachedWhile, factsState } from './facts-state.ts'
import { keepServing } from './keep-serving.ts'
import type { ServiceOptions } from './options.ts'
import { updateSettler } from './update/settle-update.ts'

/** Runs the service until the signal; restarts `serve` when it fails. */
export async function runService(options: ServiceOptions): Promise<void> {
  const { paths, signal, agentVersion } = options
  const status = openStatusFile(paths.statusFile, agentVersion)
  const { stateDirectory } = paths
  await keepServing((attempt) => serve({ ...options, signal: attempt }, status), {
    ...options,
    ...{ stateDirectory, status, signal, clock: options },
  })
}

/** Enrols the node if necessary, then keeps the link and carries out instructions. */
async function serve(options: ServiceOptions, status: StatusFile): Promise<void> {
  const { paths } = options
  const config = requireConfig(paths)
  makePrivateDirectory(paths.stateDirectory)
  status.update({ cluster: config.cluster.name })
  const { log, machine } = options
  refuseCopy(paths, machine)
  const identity = (await usableIdentity(options)) ?? (await enrolled(options, config, status))
  removeInstaller(paths)
  noteBirth(paths, machine, log)
  await work(options, config, identity, status)
}

/** What identifies the machine, for the rules of its cluster; undefined if its facts cannot be collected. */
function machineOf(facts: Facts | undefined, { labels }: AgentConfig): Machine | undefined {
  if (!facts) return undefined
  const { machineId, serial, interfaces } = facts
  const macs = interfaces.map(({ mac }) => mac).slice(0, MOST_MACS)
  return { machineId, macs, ...(serial !== undefined && { serial }), ...(labels && { labels }) }
}

/** Ignores an identity that is expired, damaged or of another CA if the installation was run again to replace it. */
async function usableIdentity({ paths, now }: ServiceOptions): Promise<NodeIdentity | undefined> {
  if (!hasInstaller(paths)) return readIdentity(paths)
  const identity = readIdentityIfValid(paths)
  if (!identity) return undefined
  const { expiryOf } = await import('../identity/node-names.ts')
  const isUsable = expiryOf(identity, now()) === undefined && isIssuedBy(identity.ca, identity.cert)
  return isUsable ? identity : undefined
}

async function enrolled(options: ServiceOptions, config: AgentConfig, status: StatusFile): Promise<NodeIdentity> {
  const { paths, log, notifier } = options
  const [{ enrol }, { addressTowards }, { keyFingerprint, nodeIdOf }] = await Promise.all([
    import('../identity/enrol.ts'),
    import('../link/address.ts'),
    import('../identity/node-names.ts'),
  ])
  const installer = readInstaller(paths)
  const fingerprint = keyFingerprint(installer.key)
  status.update({ fingerprint })
  const network = await options.network()
  const { certificate, nodeId } = await enrol({
    ...options,
    ...installer,
    network,
    config,
    fingerprint,
    addressTowards: (url) => addressTowards(url, config.proxy, network),
    machine: async () => machineOf(await options.facts(), config),
    onAnswer({ nodeId, state, cluster }) {
      if (status.get().nodeId !== nodeId) {
        log('info', `registered as ${nodeId} in ${cluster.name}; waiting for an administrator to approve it`)
        notifier.status('waiting for approval')
      }
      status.update({ nodeId, state, cluster: cluster.name, problem: null })
    },
    onProblem(error) {
      log('warn', `${error.message} (${error.code})`)
      status.update({ problem: reportOf(error) })
    },
  })
  const before = readIdentityIfValid(paths)
  if (!before || nodeIdOf(before, paths) !== nodeId) removeNodeState(paths)
  const identity = { ca: installer.ca, cert: certificate, key: installer.key }
  writeIdentity(paths, identity)
  status.update({ nodeId, state: 'APPROVED', problem: null })
  log('info', `enrolled as ${nodeId}`)
  return identity
}

async function work(
  options: ServiceOptions,
  config: AgentConfig,
  identity: NodeIdentity,
  status: StatusFile,
): Promise<void> {
  const { paths } = options
  const link = openLinkStore(paths)
  const outbox = openOutbox(paths.outboxFile)
  try {
    await keepAtWork(options, config, identity, { link, outbox, status })
  } finally {
    outbox.close()
  }
}

interface Stores {
  link: LinkStore
  outbox: Outbox
  status: StatusFile
}

async function keepAtWork(
  options: ServiceOptions,
  config: AgentConfig,
  identity: NodeIdentity,
  { link, outbox, status }: Stores,
): Promise<void> {
  let present = identity
  const { notifier } = options
  const showState = (state: NodeState) => {
    status.update({ state })
    link.update({ state })
    notifier.status(`connected, ${state}`)
  }
  const settleUpdate = updateSettler(options)
  let missingImages: readonly string[] = []
  const stateOfFacts = () => factsState(options.paths, options.certificateFiles, options.now())
  const ofMachine = cachedWhile(options.facts, stateOfFacts)
  const facts = async () => {
    const found = await ofMachine()
    const { labels } = config
    const added = reportedImages(readBrought(options.paths))
    return (
      found && {
        ...found,
        ...(labels && { labels }),
        ...(missingImages.length > 0 && { missingImages: [...missingImages] }),
        ...(added.length > 0 && { addedImages: added }),
      }
    )
  }
  const sendFacts = () => facts().then((found) => found && connection.session()?.send('facts', found))
  const lookAtFacts = whenChanged(stateOfFacts, sendFacts)
  const connection = keepLink({
    ...options,
    config,
    tls: () => present,
    nodeIdentity: options.paths.nodeIdentity,
    outbox,
    status,
    facts,
    hello: () => ({
      range: PROTOCOL,
      lastSeq: link.state().lastSeq,
      lastGeneration: link.state().lastGeneration,
      confirmed: outbox.confirmed(),
      knownControllers: readControllers(options.paths, config.cluster.id)?.urls,
      knownImages: knownImages(options.paths),
      ...options.machine,
      agentVersion: options.agentVersion,
      nodeName: config.nodeName,
      openRun: link.open()?.run ?? null,
      warnings: config.warnings ?? [],
    }),
    lastSeq: () => link.state().lastSeq,
    onWelcome({ state }) {
      showState(state)
      settleUpdate()
    },
    on: {
      instruct: async (frame) => (await worker).on.instruct(frame),
      controllers: async (frame) => (await worker).on.controllers(frame),
      images: async (frame) => (await worker).on.images(frame),
      pieces: (frame) => void worker.then(({ on }) => on.pieces(frame)),
      trust: async (frame) => (await worker).on.trust(frame),
      [OPERATION_FRAME]: (frame) => void worker.then(({ on }) => on[OPERATION_FRAME](frame)),
      'pair-check': (frame) => void worker.then(({ on }) => on['pair-check'](frame)),
      cancel: (frame) => void worker.then(({ on }) => on.cancel(frame)),
      state({ body }) {
        showState(body.state)
        // A run that has ended may have changed them, for example the certificates.
        if (body.state !== 'PROVISIONING') void lookAtFacts()
        if (body.state === 'READY') void worker.then(({ onReady }) => onReady())
      },
    },
  })
  // The agent connects first; the other modules are loaded in the meantime.
  const worker = setImmediate()
    .then(() => import('./worker.ts'))
    .then(({ openWorker }) =>
      openWorker({
        ...options,
        config,
        identity,
        link,
        outbox,
        status,
        session: () => connection.session(),
        onImages(missing) {
          missingImages = missing
          void sendFacts()
        },
        onRotated(fresh) {
          present = fresh
          connection.session()?.renew('the node has a new certificate')
          connection.retryNow()
        },
        onControllers() {
          // Read at each use.
          config.urls = urlsNow(config, options.paths)
        },
        onTrust(ca) {
          present = { ...present, ca }
        },
      }),
    )
  const { close } = await worker
  options.onWaiting?.()
  void lookRegularly(lookAtFacts, options)
  await connection.ended
  await close()
}
