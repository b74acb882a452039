import { existsSync } from 'node:fs'
import { OPERATION_FRAME } from '../../protocol/wire/released-names.ts'
import { hasImages } from '../added-images.ts'
import type { AgentConfig } from '../config.ts'
import { controllersTaker } from '../gate/controllers.ts'
import { imagesTaker } from '../gate/images.ts'
import { instructionTaker } from '../gate/instructions.ts'
import { operationTaker } from '../gate/operations.ts'
import { trustTaker } from '../gate/trust.ts'
import type { NodeIdentity } from '../identity/identity.ts'
import { keyFingerprint, nodeIdOf } from '../identity/node-names.ts'
import { keepFresh } from '../identity/rotation.ts'
import { instructionKeysOf, readTrust } from '../identity/trust.ts'
import type { LinkStore } from '../link/link-state.ts'
import type { Outbox } from '../link/outbox.ts'
import type { Session, SessionHandlers } from '../link/session.ts'
import { lazyPairChecker } from '../pair-check/lazy-pair-checker.ts'
import { versionOf } from '../state-file.ts'
import type { StatusFile } from '../status.ts'
import { certificateKeeper } from './certificates/certificate-keeper.ts'
import { renewalProcess } from './certificates/renewal-process.ts'
import { type ImageKeeper, imageKeeper } from './images/image-keeper.ts'
import { keepProcess, pinnedNow } from './images/keep-process.ts'
import type { ServiceOptions } from './options.ts'
import { handOnProcess } from './pieces/hand-on-process.ts'
import { pieceHolder } from './pieces/piece-holder.ts'
import { keepReserve, reserveOf } from './reserve.ts'
import { keepRuns } from './run-keeper.ts'

export interface WorkerOptions extends ServiceOptions {
  config: AgentConfig
  identity: NodeIdentity
  link: LinkStore
  outbox: Outbox
  status: StatusFile
  /** Called with the identity to use for new connections. */
  onRotated(identity: NodeIdentity): void
  /** Called with the CAs (PEM) to trust in new connections. */
  onTrust(ca: string): void
  /** Called when the URLs of the configuration are no longer all that the node knows. */
  onControllers(): void
  /** The session that is open now. */
  session(): Session | undefined
  /** Called when the images on this node may have changed. */
  onImages(missing: readonly string[]): void
}

export interface Worker {
  on: Omit<SessionHandlers, 'state'>
  /** The node is ready: its images may be brought. */
  onReady(): void
  close(): Promise<void>
}

/** The part of the service that accepts instructions and carries them out. Continues an open instruction. */
export function openWorker(options: WorkerOptions): Worker {
  const { paths, config, identity, link, status, session } = options
  const nodeId = nodeIdOf(identity, paths)
  const { state, kubernetesVersion } = link.state()
  status.update({ nodeId, fingerprint: keyFingerprint(identity.key), kubernetesVersion: kubernetesVersion ?? null })
  if (status.get().state === null) status.update({ state: state ?? 'APPROVED' })
  const timers = new Set<NodeJS.Timeout>()
  const images: ImageKeeper = imageKeeper({
    ...options,
    provisioned() {
      const instruction = versionOf(paths.provisionedFile)
      return instruction && `${instruction} ${versionOf(paths.imagesFile)}`
    },
    isOnTrial: () => existsSync(paths.guardTimerFile),
    listPinned: () => pinnedNow(paths),
    async keep(onReport, signal) {
      await pieces.pause()
      await keepProcess(options.self, paths)(onReport, signal)
    },
    onChange: () => options.onImages(images.missing()),
  })
  const isProvisioned = () => versionOf(paths.provisionedFile) !== undefined
  const pieces = pieceHolder({
    ...options,
    isProvisioned,
    isInUse: () => images.isAtWork(),
    handOn: handOnProcess(options.self, paths, options.log),
  })
  const certificates = certificateKeeper({
    ...options,
    isProvisioned,
    renew: renewalProcess(options.self, paths, options.log),
  })
  const after = (ms: number, then: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      then()
    }, ms)
    timers.add(timer)
  }
  const pauseKeepers = () => Promise.all([images.pause(), pieces.pause(), certificates.pause()])
  const runs = keepRuns({
    ...options,
    argv: ['execute', ...(paths.instance === undefined ? [] : ['--instance', paths.instance])],
    reserve: keepReserve(reserveOf(paths)),
    onOutbox: () => session()?.pump(),
    onProgress: (run, event) => session()?.sendIfIdle('event', { run, event }),
    endLeftBehind: () => pauseKeepers().then(() => endLeftBehind(options)),
    after,
  })
  runs.start()
  let trustChange = new AbortController()
  void keepFresh({
    ...options,
    trustChange: () => trustChange.signal,
    isBusy: () => options.link.open() !== undefined || images.isAtWork(),
    onRotated(fresh) {
      status.update({ fingerprint: keyFingerprint(fresh.key) })
      options.onRotated(fresh)
    },
  })
  let keys = instructionKeysOf(paths, config)
  const instructionKeys = () => keys
  const pairChecks = lazyPairChecker({ ...options, instructionKeys, nodeId })
  const take = instructionTaker({ ...options, instructionKeys, nodeId, runs })
  const takeOperation = operationTaker({
    ...options,
    instance: paths.instance,
    instructionKeys,
    nodeId,
    freeLedger: images.pause,
    answer: (answer) => session()?.send(OPERATION_FRAME, answer),
  })
  const takeTrust = trustTaker({
    ...options,
    instructionKeys,
    nodeId,
    onTrust(spreadMs) {
      keys = instructionKeysOf(paths, config)
      options.onTrust(readTrust(paths)?.authorities.join('') ?? identity.ca)
      after(spreadMs * options.random(), () => {
        const former = trustChange
        trustChange = new AbortController()
        former.abort()
      })
    },
  })
  const takeControllers = controllersTaker({ ...options, instructionKeys, nodeId, cluster: config.cluster.id })
  const onExpired = () => session()?.renew('the list of images had expired when it arrived')
  const takeImages = imagesTaker({ ...options, instructionKeys, nodeId, after, onExpired, onList: images.lookNow })
  return {
    on: {
      images: ({ body }) => takeImages(body),
      pieces: ({ body }) => pieces.called(body.bundle),
      controllers: ({ body }) => takeControllers(body),
      trust: ({ body }) => takeTrust(body),
      // Ports are closed first, because a run may need them.
      instruct: (frame) => pairChecks.stop().then(() => take(frame)),
      [OPERATION_FRAME]: ({ body }) => void takeOperation(body),
      'pair-check': ({ body }) => pairChecks.handle(body),
      cancel: ({ body }) => runs.cancel(body.run),
    },
    onReady() {
      if (hasImages(paths)) images.lookNow()
    },
    async close() {
      await Promise.all([runs.stop(), pairChecks.stop(), pauseKeepers()])
      for (const timer of timers) clearTimeout(timer)
    },
  }
}

/** Such processes stay in the service's control group; systemd would kill them only when the service stops. */
async function endLeftBehind(options: WorkerOptions): Promise<void> {
  const { paths, log } = options
  try {
    const control = await import('../../host/linux/control-group.ts')
    const { ended, left } = await control.endLeftBehind({ unit: paths.unit, clock: options })
    if (ended.length > 0) log('warn', `ended processes that a killed run left behind: ${ended.join(', ')}`)
    if (left.length > 0) log('error', `processes that a killed run left behind do not end: ${left.join(', ')}`)
  } catch (error) {
    // The run continues even if the kernel does not report the processes.
    log('warn', `could not look for processes that a killed run left behind: ${(error as Error).message}`)
  }
}
