import type { HostView } from './host.ts'

/**
 * Is the Kubernetes on this machine the work of the installation whose state lies in this directory? Then its
 * instruction is there and is not a reset, and its ledger has a kubelet: a foreign one is in no ledger of ours.
 */
export async function ownKubernetes(view: HostView, stateDirectory: string): Promise<boolean> {
  const instruction = await view.read(`${stateDirectory}/instruction.json`)
  if (instruction === undefined || roleOf(instruction) === 'reset') return false
  const ledger = `${stateDirectory}/ledger`
  for (const name of (await view.list(ledger)) ?? []) {
    if ((await view.stat(`${ledger}/${name}`))?.kind !== 'file') continue
    if ((await view.read(`${ledger}/${name}`))?.includes('/usr/local/bin/kubelet"')) return true
  }
  return false
}

/** The file holds the signed text of an instruction; what is not one has no role. */
function roleOf(text: string): unknown {
  try {
    const outer: unknown = JSON.parse(text)
    const payload = field(outer, 'payload')
    return field(typeof payload === 'string' ? JSON.parse(payload) : outer, 'role')
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
