import type { Check, Verdict } from '../../engine/checks/check.ts'
import { verdictOf } from '../../engine/checks/findings.ts'
import type { HostView } from '../../host/host.ts'
import { changedRoot, container, immutable, musl, readOnlyRoot, selfRebooting, wsl } from './kinds.ts'

const UNUSUAL_KINDS = [wsl, container, changedRoot, readOnlyRoot, immutable, selfRebooting, musl]

export const check: Check = {
  id: 'platform',
  title: 'Kind of machine',
  hard: false,
  why: 'Containers, chroots, WSL, immutable distributions, a read-only root and musl can all work; other checks report what is missing. This check only reports the kind of machine.',
  remedy: 'No fix is required: the check explains the limits of this kind of machine.',
  timeoutMs: 15_000,
  async look(host: HostView): Promise<Verdict> {
    const [unusual, name] = await Promise.all([Promise.all(UNUSUAL_KINDS.map((kind) => kind(host))), describe(host)])
    const findings = unusual.flatMap((it) =>
      it === undefined ? [] : [{ ...it, kind: 'warn' as const, wanted: 'a physical or virtual machine' }],
    )
    return verdictOf(findings, name)
  },
}

async function describe(host: HostView): Promise<string> {
  const [vendor = '', product = '', enforce] = await Promise.all([
    host.read('/sys/class/dmi/id/sys_vendor'),
    host.read('/sys/class/dmi/id/product_name'),
    host.read('/sys/fs/selinux/enforce'),
  ])
  const name = `${vendor.trim()} ${product.trim()}`.trim() || 'a machine'
  return enforce?.trim() === '1' ? `${name}, SELinux enforcing` : name
}
