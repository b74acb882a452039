import type { Step } from '../../engine/step.ts'
import type { InstallParams } from './params.ts'

export const installAgent: Step<InstallParams> = {
  id: 'install/agent',
  title: 'Installing node agent',
  async isDone(host, { executable, paths }) {
    if (executable === paths.executable) return true
    const [ours, theirs] = await Promise.all([host.stat(executable), host.stat(paths.executable)])
    if (theirs?.kind !== 'file' || theirs.mode !== 0o755 || theirs.size !== ours?.size) return false
    return (await host.sha256(executable)) === (await host.sha256(paths.executable))
  },
  apply: (host, { executable, paths }) => host.install(executable, paths.executable, 0o755),
}
