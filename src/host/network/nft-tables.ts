import { askIfInstalled } from '../ask-if-installed.ts'
import type { HostView } from '../host.ts'

export interface NftTable {
  family: string
  name: string
}

/** Tables of nftables. Empty if the kernel module is not loaded, because nft would load it. */
export async function listNftTables(view: HostView): Promise<NftTable[]> {
  const modules = (await view.read('/proc/modules')) ?? ''
  if (modules !== '' && !/^nf_tables /m.test(modules)) return []
  const { stdout = '' } = (await askIfInstalled(view, ['nft', 'list', 'tables'], { timeoutMs: 30_000 })) ?? {}
  return [...stdout.matchAll(/^table (\S+) (\S+)$/gm)].map(([, family = '', name = '']) => ({ family, name }))
}
