import type { Finding } from '../../engine/findings.ts'
import { escapeArgv } from '../../errors/escape-argv.ts'
import type { HostView } from '../../host/host.ts'

const DIRECTORY = '/opt/nri/plugins'
/** containerd starts those that are executable and whose names begin with their place in the order. */
const NAME = /^\d\d-./

/** containerd starts each program in that directory with the rights of root, and lets it change every container. */
export async function nriPluginFindings(host: HostView): Promise<Finding[]> {
  const names = ((await host.list(DIRECTORY)) ?? []).filter((name) => NAME.test(name))
  const paths = names.map((name) => `${DIRECTORY}/${name}`)
  const stats = await Promise.all(paths.map((path) => host.stat(path)))
  return paths
    .filter((_, index) => ((stats[index]?.mode ?? 0) & 0o111) !== 0)
    .map((path) => ({
      kind: 'warn',
      found: `${escapeArgv([path])} is started by containerd and may change every container`,
      wanted: 'plugins of NRI that are meant for this cluster',
      fix: escapeArgv(['chmod', '-x', path]),
    }))
}
