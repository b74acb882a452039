import type { HostView } from '../../host/host.ts'
import { parseFstabSwaps, parseSwaps, type Swap } from '../../host/parse/swaps.ts'

export interface SwapSpace {
  active: Swap[]
  /** Sources that fstab turns on at the next boot. */
  inFstab: string[]
  /** Units that turn swap on at the next boot without fstab: `.swap` units, and services that create swap. */
  units: string[]
}

const UNITS = '/etc/systemd/system'
export const SWAP_TARGET = `${UNITS}/swap.target`
/** Units generated from fstab, zram-generator.conf and swap partitions: systemd.generator(7). */
const GENERATED = ['/run/systemd/generator.early', '/run/systemd/generator', '/run/systemd/generator.late']

export async function swapSpace(host: HostView): Promise<SwapSpace> {
  const [swaps = '', fstab = '', isMasked, enabled, generated] = await Promise.all([
    host.read('/proc/swaps'),
    host.read('/etc/fstab'),
    host.readLink(SWAP_TARGET).then((target) => target === '/dev/null'),
    wantedIn(host, UNITS),
    Promise.all(GENERATED.map((directory) => wantedIn(host, directory))),
  ])
  const services = await Promise.all(enabled.map(async (unit) => ((await turnsSwapOn(host, unit)) ? [unit.name] : [])))
  const ofFstab = (text: string) => /^SourcePath=\/etc\/fstab$/m.test(text)
  const swapUnits = await Promise.all(
    [...enabled, ...generated.flat()]
      .filter(({ name }) => name.endsWith('.swap'))
      .map(async ({ name, path }) => (ofFstab((await host.read(path)) ?? '') ? [] : [name])),
  )
  return {
    active: parseSwaps(swaps),
    inFstab: isMasked ? [] : parseFstabSwaps(fstab),
    units: [...new Set([...services.flat(), ...(isMasked ? [] : swapUnits.flat())])],
  }
}

interface Wanted {
  name: string
  path: string
}

/** Units that other units pull in at boot. */
async function wantedIn(host: HostView, directory: string): Promise<Wanted[]> {
  const pulling = ((await host.list(directory)) ?? []).filter((name) => /\.(wants|requires)$/.test(name))
  const found = await Promise.all(
    pulling.map(async (name) =>
      ((await host.list(`${directory}/${name}`)) ?? []).map((unit) => ({
        name: unit,
        path: `${directory}/${name}/${unit}`,
      })),
    ),
  )
  return found.flat()
}

const KNOWN = /^(zram[-\w]*|systemd-zram-setup@.+|armbian-zram-config|dphys-swapfile|swapspace|systemd-swap)\.service$/

/** A service that is known to turn swap on, or that runs swapon. */
async function turnsSwapOn(host: HostView, { name, path }: Wanted): Promise<boolean> {
  if (!name.endsWith('.service')) return false
  return KNOWN.test(name) || /^Exec\w+=.*\bswapon\b/m.test((await host.read(path)) ?? '')
}
