import { command, inOrder } from '../../base/command.ts'
import { CNI_PLUGINS, CONTAINERD } from '../../base/kubernetes-paths.ts'
import { type Layout, ownPrograms, STANDARD } from '../../base/layout.ts'
import type { Check, Verdict } from '../../engine/checks/check.ts'
import type { HostView } from '../../host/host.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'

const RULES = '/etc/fapolicyd/rules.d'

/** Directories with the executables of Cantrip, Kubernetes and containers. */
const executedFrom = (layout: Layout) =>
  [layout.binaries, ownPrograms(layout), CNI_PLUGINS, CONTAINERD.root, CONTAINERD.state].map((path) => `${path}/`)

export const check: Check = {
  id: 'fapolicyd',
  title: 'File access policy (fapolicyd)',
  hard: true,
  why: 'An active fapolicyd blocks programs that its rules do not allow: those of Kubernetes and those in containers. An inactive fapolicyd is no problem.',
  remedy: 'Add the rules that the check prints, and restart fapolicyd.',
  thresholds: [{ of: 'rules', fail: `no rule allows programs in ${executedFrom(STANDARD).join(', ')}` }],
  timeoutMs: 15_000,
  async look(host: HostView): Promise<Verdict> {
    if (!(await isUnitActive(host, 'fapolicyd.service'))) return { kind: 'pass', found: 'not active' }
    const config = (await host.read('/etc/fapolicyd/fapolicyd.conf')) ?? ''
    if (/^\s*permissive\s*=\s*1/m.test(config)) return { kind: 'pass', found: 'active, permissive' }
    const allowed = await allowedDirectories(host)
    const needed = executedFrom(host.layout)
    const missing = needed.filter((each) => !allowed.some((directory) => each.startsWith(directory)))
    if (missing.length === 0) return { kind: 'pass', found: 'active, with rules that allow the programs of Kubernetes' }
    return {
      kind: 'fail',
      found: `active, without a rule that allows ${missing.join(', ')}`,
      wanted: 'inactive, or rules that allow the programs of Kubernetes',
      fix: inOrder(
        command`printf '%s\n' ${needed.map((each) => `allow perm=any all : dir=${each}`)} > ${`${RULES}/30-cantrip.rules`}`,
        'fagenrules --load',
        'systemctl restart fapolicyd',
      ),
    }
  },
}

async function allowedDirectories(host: HostView): Promise<string[]> {
  const names = ((await host.list(RULES)) ?? []).filter((name) => name.endsWith('.rules'))
  const paths = [...names.map((name) => `${RULES}/${name}`), '/etc/fapolicyd/fapolicyd.rules']
  const texts = await Promise.all(paths.map((path) => host.read(path)))
  const rules = texts.join('\n').matchAll(/^\s*allow\s+perm=(?:any|execute)\s+all\s*:.*\bdir=(\/\S*)/gm)
  return [...rules].map((match) => match[1] ?? '')
}
