import { AgentError } from '../../base/agent-error.ts'
import type { HostView } from '../../host/host.ts'
import { journalText, quoted, reasonLines } from '../../host/units/log-lines.ts'
import type { Watch } from '../../host/units/wait-until.ts'
import { STATIC_PODS } from '../paths.ts'
import { endsOf, type PodError, parsePodErrors } from './pod-errors.ts'

const POD_LOGS = '/var/log/pods'
const KUBELET = 'kubelet.service'
/** The kubelet's journal is long, and what it says of a pod it says again. */
const LOOK_EVERY_MS = 3_000
const BACK_OFF = 'CrashLoopBackOff'
const WORKED_MS = 20_000

export interface WatchedPods {
  /** Beginnings of NAMESPACE/NAME. */
  pods: readonly string[]
  /** So often a container ends in a row, or the kubelet names the same other reason, before it counts as failed. */
  patience: number
}

/** What depends on nothing that is not up yet. */
export const STATIC_POD_PATIENCE = 3
/** Add-ons wait for one another, and for a load balancer that has to notice this node: about 70 s. */
export const ADD_ON_PATIENCE = 5

/**
 * Pods of this node, by what the kubelet says of them: that works while there is no API, and needs no program but
 * systemd's. One has failed when its container ended `patience` times in a row since the first look, the last time within
 * 20 s, or the kubelet named the same other reason as often (no image, no sandbox, a manifest that it cannot read: twice).
 */
export function watchPods({ pods, patience }: WatchedPods): Watch {
  let sinceMs: number | undefined
  let lookAtMs = 0

  async function look(view: HostView): Promise<'runs' | AgentError> {
    const nowMs = view.now().getTime()
    sinceMs ??= nowMs
    if (nowMs < lookAtMs) return 'runs'
    lookAtMs = nowMs + LOOK_EVERY_MS
    const failure = findFailure(await ofThese(view, pods, sinceMs), patience)
    if (failure === undefined || (await hasWorked(view, failure.error))) return 'runs'
    return failed(view, failure)
  }

  return {
    look,
    forget: () => {
      sinceMs = undefined
    },
    async lastLines(view) {
      const error = (await ofThese(view, pods, sinceMs)).at(-1)
      return error === undefined ? [] : logOf(view, error)
    },
  }
}

async function ofThese(view: HostView, pods: readonly string[], sinceMs: number | undefined): Promise<PodError[]> {
  const isManifestOf = (pod: string, path: string) => {
    const name = /^kube-system\/(.+)$/.exec(pod)?.[1]
    const file = path.startsWith(`${STATIC_PODS}/`) ? path.slice(STATIC_PODS.length + 1).replace(/\.yaml$/, '') : ''
    return name !== undefined && file !== '' && name.startsWith(`${file}-`)
  }
  return parsePodErrors(await journalText(view, KUBELET, sinceMs)).filter(({ pod }) =>
    pods.some((start) => pod.startsWith(start) || isManifestOf(start, pod)),
  )
}

function findFailure(errors: readonly PodError[], patience: number): { error: PodError; how: string } | undefined {
  const own = errors.filter(({ message }) => !OF_THE_NETWORK.test(message))
  for (const error of own.toReversed()) {
    const same = own.filter(
      ({ pod, container, reason }) => pod === error.pod && container === error.container && reason === error.reason,
    )
    if (error.reason === BACK_OFF) {
      const ends = endsOf(same)
      if (ends >= patience) return { error, how: `ended ${ends} times in a row` }
    } else if (same.length >= (error.reason === NOT_READABLE ? 2 : patience)) return { error, how: error.reason }
  }
  return undefined
}

/** A pod that came before the pod network is up; what is wrong with that one says itself. */
const OF_THE_NETWORK = /failed to setup network for sandbox/
const NOT_READABLE = 'ManifestNotReadable'

async function failed(view: HostView, { error, how }: { error: PodError; how: string }): Promise<AgentError> {
  const { pod, container } = error
  const what = container === undefined ? pod : `container ${container} of pod ${pod}`
  const logs =
    container === undefined ? `journalctl -u ${KUBELET} -e` : `the files of ${await directoryOf(view, error)}`
  return new AgentError('pod/failed', `${what}: ${how}${quoted(await logOf(view, error))}`, {
    fix: `mend what its log names (${logs}), such as an override of the cluster; then provision again`,
    facts: { pod, reason: error.reason },
  })
}

/** Of a container that has run, its own words; otherwise the kubelet's. */
async function logOf(view: HostView, error: PodError): Promise<string[]> {
  const lines = reasonLines(withoutPrefixes(await lastLog(view, error)))
  return lines.length > 0 ? lines : reasonLines(error.message)
}

/** A slow machine ends what works: by its probes, or because it lost its lease. That passes; a wrong flag does not. */
async function hasWorked(view: HostView, error: PodError): Promise<boolean> {
  const times = [...(await lastLog(view, error)).matchAll(/^(\S+) (?:stdout|stderr) [FP] /gm)].map(
    ([, time = '']) => time,
  )
  return Date.parse(times.at(-1) ?? '') - Date.parse(times[0] ?? '') >= WORKED_MS
}

/** Of the newest start that has written something; '' where no container has run. */
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

/** NAMESPACE_NAME_UID/CONTAINER; the last one written where a pod was made anew. */
async function directoryOf(view: HostView, { pod, container = '' }: PodError): Promise<string> {
  const prefix = `${pod.replace('/', '_')}_`
  const found = ((await view.list(POD_LOGS)) ?? []).filter((name) => name.startsWith(prefix))
  const paths = found.map((name) => `${POD_LOGS}/${name}/${container}`)
  const times = await Promise.all(paths.map(async (path) => (await view.stat(path))?.mtimeMs ?? 0))
  return paths[times.indexOf(Math.max(...times))] ?? `${POD_LOGS}/${prefix}*/${container}`
}

/** CRI's form of a log: time, stream, whole or part, text. */
function withoutPrefixes(log: string): string {
  return log.replace(/^\S+ (stdout|stderr) [FP] /gm, '')
}
