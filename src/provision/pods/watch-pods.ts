import { AgentError } from '../../base/agent-error.ts'
import { KUBELET_UNIT, POD_LOGS } from '../../base/kubernetes-paths.ts'
import type { HostView } from '../../host/host.ts'
import { journalText, quoted, reasonLines } from '../../host/units/log-lines.ts'
import type { Watch } from '../../host/units/wait-until.ts'
import { STATIC_PODS } from '../paths.ts'
import { exitsOf, type PodError, parsePodErrors } from './pod-errors.ts'

/** The kubelet's journal is long, and repeats errors of a pod. */
const LOOK_EVERY_MS = 3_000
const BACK_OFF = 'CrashLoopBackOff'
const WORKED_MS = 20_000

export interface WatchedPods {
  /** Prefixes of NAMESPACE/NAME. */
  pods: readonly string[]
  /** A pod counts as failed after this number of consecutive exits of a container, or of equal errors of the kubelet. */
  maxFailures: number
}

/** For static pods, which depend on nothing that is not up yet. */
export const STATIC_POD_MAX_FAILURES = 3
/** For add-ons, which wait for each other, and for a load balancer that must detect this node: about 70 s. */
export const ADD_ON_MAX_FAILURES = 5

/**
 * Watches pods of this node by the errors in the kubelet's journal, which works without the API and needs only systemd's
 * programs. A pod has failed when a container exited `maxFailures` times in a row since the first look, the last time within
 * 20 s of its start, or when the kubelet reported another error as often (no image, no sandbox; an unreadable manifest: twice).
 */
export function watchPods({ pods, maxFailures }: WatchedPods): Watch {
  let sinceMs: number | undefined
  let lookAtMs = 0

  async function look(view: HostView): Promise<'runs' | AgentError> {
    const nowMs = view.now().getTime()
    sinceMs ??= nowMs
    if (nowMs < lookAtMs) return 'runs'
    lookAtMs = nowMs + LOOK_EVERY_MS
    const failure = findFailure(await errorsOf(view, pods, sinceMs), maxFailures)
    if (failure === undefined || (await hasWorked(view, failure.error))) return 'runs'
    return failed(view, failure)
  }

  return {
    look,
    forget: () => {
      sinceMs = undefined
    },
    async lastLines(view) {
      const error = (await errorsOf(view, pods, sinceMs)).at(-1)
      return error === undefined ? [] : logOf(view, error)
    },
  }
}

async function errorsOf(view: HostView, pods: readonly string[], sinceMs: number | undefined): Promise<PodError[]> {
  const isManifestOf = (pod: string, path: string) => {
    const name = /^kube-system\/(.+)$/.exec(pod)?.[1]
    const file = path.startsWith(`${STATIC_PODS}/`) ? path.slice(STATIC_PODS.length + 1).replace(/\.yaml$/, '') : ''
    return name !== undefined && file !== '' && name.startsWith(`${file}-`)
  }
  return parsePodErrors(await journalText(view, KUBELET_UNIT, sinceMs)).filter(({ pod }) =>
    pods.some((start) => pod.startsWith(start) || isManifestOf(start, pod)),
  )
}

function findFailure(errors: readonly PodError[], maxFailures: number): { error: PodError; how: string } | undefined {
  const own = errors.filter(({ message }) => !OF_THE_NETWORK.test(message))
  for (const error of own.toReversed()) {
    const same = own.filter(
      ({ pod, container, reason }) => pod === error.pod && container === error.container && reason === error.reason,
    )
    if (error.reason === BACK_OFF) {
      const exits = exitsOf(same)
      if (exits >= maxFailures) return { error, how: `exited ${exits} times in a row` }
    } else if (same.length >= (error.reason === NOT_READABLE ? 2 : maxFailures)) return { error, how: error.reason }
  }
  return undefined
}

/** Errors of a pod that started before the pod network. The pod network's own errors show what is wrong with it. */
const OF_THE_NETWORK = /failed to setup network for sandbox/
const NOT_READABLE = 'ManifestNotReadable'

async function failed(view: HostView, { error, how }: { error: PodError; how: string }): Promise<AgentError> {
  const { pod, container } = error
  const what = container === undefined ? pod : `container ${container} of pod ${pod}`
  const logs =
    container === undefined ? `journalctl -u ${KUBELET_UNIT} -e` : `the files of ${await directoryOf(view, error)}`
  return new AgentError('pod/failed', `${what}: ${how}${quoted(await logOf(view, error))}`, {
    fix: `fix the cause in its log (${logs}), for example an override of the cluster; then provision again`,
    facts: { pod, reason: error.reason },
  })
}

/** The log of the container if it has run; otherwise the kubelet's error. */
async function logOf(view: HostView, error: PodError): Promise<string[]> {
  const lines = reasonLines(withoutPrefixes(await lastLog(view, error)))
  return lines.length > 0 ? lines : reasonLines(error.message)
}

/** On a slow machine a working container can exit after a failed probe or a lost lease, which is temporary; a wrong flag is not. */
async function hasWorked(view: HostView, error: PodError): Promise<boolean> {
  const times = [...(await lastLog(view, error)).matchAll(/^(\S+) (?:stdout|stderr) [FP] /gm)].map(
    ([, time = '']) => time,
  )
  return Date.parse(times.at(-1) ?? '') - Date.parse(times[0] ?? '') >= WORKED_MS
}

/** The log of the newest start that has output; empty if no container has run. */
async function lastLog(view: HostView, error: PodError): Promise<string> {
  if (error.reason !== BACK_OFF) return ''
  const directory = await directoryOf(view, error)
  const numbers = ((await view.list(directory)) ?? []).flatMap((name) => /^(\d+)\.log$/.exec(name)?.[1] ?? [])
  for (const number of numbers.toSorted((a, b) => Number(b) - Number(a))) {
    const text = (await view.read(`${directory}/${number}.log`)) ?? ''
    if (text !== '') return text
  }
  return ''
}

/** NAMESPACE_NAME_UID/CONTAINER; the newest one if the pod was recreated. */
async function directoryOf(view: HostView, { pod, container = '' }: PodError): Promise<string> {
  const prefix = `${pod.replace('/', '_')}_`
  const found = ((await view.list(POD_LOGS)) ?? []).filter((name) => name.startsWith(prefix))
  const paths = found.map((name) => `${POD_LOGS}/${name}/${container}`)
  const times = await Promise.all(paths.map(async (path) => (await view.stat(path))?.mtimeMs ?? 0))
  return paths[times.indexOf(Math.max(...times))] ?? `${POD_LOGS}/${prefix}*/${container}`
}

/** The CRI log format: time, stream, full or partial line, text. */
function withoutPrefixes(log: string): string {
  return log.replace(/^\S+ (stdout|stderr) [FP] /gm, '')
}
