/** An error in the kubelet's journal about a pod that does not start. */
export interface PodError {
  /** NAMESPACE/NAME, or the path of a manifest that the kubelet cannot read. */
  pod: string
  container?: string
  /** `CrashLoopBackOff`, `ErrImageNeverPull`, `CreatePodSandboxError`, `ManifestNotReadable` … */
  reason: string
  message: string
}

const NOT_SYNCED = /"Error syncing pod, skipping" err="(?<error>(?:[^"\\]|\\.)*)" pod="(?<pod>[^"]+)"/
/** `failed to "StartContainer" for "kube-apiserver" with CrashLoopBackOff: "back-off 10s …"`, and others after a comma. */
const CAUSE = /failed to "(?<act>\w+)" for "(?<subject>[^"]+)" with (?<reason>\w+): "(?<message>(?:[^"\\]|\\.)*)"/
const NOT_READ = /"Could not process manifest file" err="(?<error>(?:[^"\\]|\\.)*)" path="(?<path>[^"]+)"/

/** The errors in order. Those without a reason, such as a network that is not ready yet, are normal at the start and omitted. */
export function parsePodErrors(journal: string): PodError[] {
  return journal.split('\n').flatMap((line) => {
    const file = NOT_READ.exec(line)?.groups
    if (file) return [{ pod: file.path ?? '', reason: 'ManifestNotReadable', message: unquoted(file.error) }]
    const found = NOT_SYNCED.exec(line)?.groups
    const cause = CAUSE.exec(unquoted(found?.error))?.groups
    if (found === undefined || cause === undefined) return []
    const { act = '', subject = '', reason = '', message } = cause
    const container = act.includes('Container') ? { container: subject } : {}
    return [{ pod: found.pod ?? '', ...container, reason, message: unquoted(message) }]
  })
}

function unquoted(text = ''): string {
  return text.replace(/\\(["\\])/g, '$1')
}

/**
 * How often the container exited in a row, counted by the distinct back-off times of the kubelet: each is longer than the
 * previous one, and the first one follows the second exit.
 */
export function exitsOf(errors: readonly PodError[]): number {
  const waits = new Set(errors.flatMap(({ message }) => /^back-off (\S+) restarting/.exec(message)?.[1] ?? []))
  return waits.size === 0 ? 0 : waits.size + 1
}
