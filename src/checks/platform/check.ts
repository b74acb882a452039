import type { Check, Verdict } from '../../engine/checks/check.ts'
import { verdictOf } from '../../engine/checks/findings.ts'
import type { HostView } from '../../host/host.ts'
import { changedRoot, container, immutable, musl, readOnlyRoot, wsl } from './kinds.ts'

const ODDITIES = [wsl, container, changedRoot, readOnlyRoot, immutable, musl]

export const check: Check = {
  id: 'platform',
  title: 'Kind of machine',
  hard: false,
  why: 'Containers, chroots, WSL, immutable distributions, a read-only root and musl can all work; other checks report what is missing. This check only reports the kind of machine.',
  remedy: 'No fix is required: the check explains the limits of this kind of machine.',
  timeoutMs: 15_000,
  async look(host: HostView): Promise<Verdict> {
    const [odd, usual] = await Promise.all([Promise.all(ODDITIES.map((oddity) => oddity(host))), describe(host)])
    const findings = odd.flatMap((it) =>
      it === undefined ? [] : [{ ...it, kind: 'warn' as const, wanted: 'a physical or virtual machine' }],
    )
    return verdictOf(findings, usual)
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
