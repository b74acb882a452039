import { networkInterfaces } from 'node:os'

export interface Watch {
  state(): string
  onChange(): unknown
  sleep(ms: number, signal: AbortSignal): Promise<void>
  signal: AbortSignal
}

const LOOK_EVERY_MS = 30_000

/** This machine's addresses as text, for comparison, without link-local ones, which every pod interface has. */
export function addressesNow(): string {
  const found = Object.entries(networkInterfaces()).flatMap(([name, all = []]) =>
    all
      .filter(({ internal, address }) => !internal && !/^(fe80:|169\.254\.)/.test(address))
      .map(({ cidr }) => `${name} ${cidr}`),
  )
  return found.sort().join('\n')
}

/** Calls `onChange` when the state changes, for example addresses by DHCP, until the signal. */
export async function watchState({ state, onChange, sleep, signal }: Watch): Promise<void> {
  let known = state()
  while (!signal.aborted) {
    await sleep(LOOK_EVERY_MS, signal).catch(() => undefined)
    const now = state()
    if (signal.aborted || now === known) continue
    known = now
    await onChange()
  }
}
