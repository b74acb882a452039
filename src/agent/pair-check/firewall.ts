import type { HostView } from '../../host/host.ts'
import { isUfwEnabled } from '../../host/network/is-ufw-enabled.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import type { Firewall } from '../../protocol/wire/pair-check.ts'

const MAX_CHAINS = 8
const LOOK = { timeoutMs: 3_000 }

/** The packet filter of this machine, so that a fix can name its commands. What cannot be read is left out. */
export async function lookAtFirewall(view: HostView): Promise<Firewall> {
  const chains = await nftChains(view)
  const ofHook = (hook: string) =>
    chains
      .filter((chain) => chain.hook === hook)
      .map(({ name }) => name)
      .slice(0, MAX_CHAINS)
  const found = { input: ofHook('input'), output: ofHook('output') }
  if (await isActive(view, 'firewalld')) return { kind: 'firewalld', ...found }
  if (await isUfwEnabled(view).catch(() => false)) return { kind: 'ufw', ...found }
  return { kind: found.input.length + found.output.length > 0 ? 'nftables' : 'none', ...found }
}

async function isActive(view: HostView, unit: string): Promise<boolean> {
  return isUnitActive(view, unit).catch(() => false)
}

async function nftChains(view: HostView): Promise<{ hook: string; name: string }[]> {
  const { exitCode, stdout } = await view
    .ask(['nft', '-j', 'list', 'chains'], LOOK)
    .catch(() => ({ exitCode: 1, stdout: '' }))
  return exitCode === 0 ? parseNftChains(stdout) : []
}

/** Base chains of type filter, including those of iptables-nft. */
export function parseNftChains(json: string): { hook: string; name: string }[] {
  const { nftables } = readJson(json)
  if (!Array.isArray(nftables)) return []
  return nftables.flatMap((entry) => {
    const { family, table, name, hook, type } = entry?.chain ?? {}
    const words = [family, table, name].filter((word) => typeof word === 'string' && /^[\w.-]{1,60}$/.test(word))
    return type === 'filter' && typeof hook === 'string' && words.length === 3 ? [{ hook, name: words.join(' ') }] : []
  })
}

function readJson(text: string): { nftables?: unknown } {
  try {
    return JSON.parse(text) ?? {}
  } catch {
    return {}
  }
}
