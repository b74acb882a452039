import { networkInterfaces } from 'node:os'

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

/** Returns a function that calls `onChange` if the state is not that of the last call, for example after other addresses by DHCP. */
export function whenChanged(state: () => string, onChange: () => unknown): () => unknown {
  let known = state()
  return () => {
    const now = state()
    if (now === known) return undefined
    known = now
    return onChange()
  }
}

interface Loop {
  sleep(ms: number, signal: AbortSignal): Promise<void>
  signal: AbortSignal
}

/** Looks every 30 s, until the signal. */
export async function lookRegularly(look: () => unknown, { sleep, signal }: Loop): Promise<void> {
  while (!signal.aborted) {
    await sleep(LOOK_EVERY_MS, signal).catch(() => undefined)
    if (!signal.aborted) await look()
  }
}
