import type { Step } from '../../engine/step.ts'
import { isOwnFile } from '../../host/files/own-file.ts'
import type { InstallParams } from './params.ts'

const MODE = 0o755

export const installAgent: Step<Pick<InstallParams, 'executable' | 'paths'>> = {
  id: 'install/agent',
  title: 'Installing node agent',
  async isDone(host, { executable, paths }) {
    // Earlier agents hard-linked the file that was started, which its owner could still write.
    if (!isOwnFile(await host.stat(paths.executable), MODE, host)) return false
    return (await host.sha256(executable)) === (await host.sha256(paths.executable))
  },
  apply: (host, { executable, paths }) => host.install(executable, paths.executable, MODE),
}
