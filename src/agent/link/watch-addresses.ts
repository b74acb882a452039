import { networkInterfaces } from 'node:os'

export interface AddressWatch {
  onChange(): unknown
  sleep(ms: number, signal: AbortSignal): Promise<void>
  signal: AbortSignal
  /** Default: the addresses of this machine. */
  addresses?(): string
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

/** Calls `onChange` when the addresses change, for example by DHCP, until the signal. */
export async function watchAddresses({
  onChange,
  sleep,
  signal,
  addresses = addressesNow,
}: AddressWatch): Promise<void> {
  let known = addresses()
  while (!signal.aborted) {
    await sleep(LOOK_EVERY_MS, signal).catch(() => undefined)
    const now = addresses()
    if (signal.aborted || now === known) continue
    known = now
    await onChange()
  }
}
