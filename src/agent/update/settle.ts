import type { Host } from '../../host/host.ts'
import { INSTALL_STEPS } from '../install/workflow.ts'
import type { AgentPaths } from '../paths.ts'
import type { Workspace } from '../restore/workspace.ts'
import { renderUnit } from '../service/unit.ts'

/**
 * Ends the trial of an executable that the controller has welcomed. The former executable goes first: from then on it cannot come back.
 * Without one, it has come back, and only the guard is removed.
 */
export async function settleUpdate(paths: AgentPaths, { ledger, hostFor }: Workspace): Promise<void> {
  const step = `${INSTALL_STEPS}update-settle`
  const host = hostFor(async ({ kind, what, undo }) => {
    await ledger.append({ kind: 'change', run: 'update-agent', step, change: kind, what, undo })
  })
  await removeGuard(host, paths)
  // What a service of the new version needs; it takes effect with the next start.
  await host.write(paths.unitFile, renderUnit(paths))
  await host.daemonReload()
}

async function removeGuard(host: Host, paths: AgentPaths): Promise<void> {
  await host.discard(paths.formerExecutable, 'the controller has welcomed the new executable')
  const because = 'the timer came with the update'
  await host.run(['systemctl', 'disable', '--now', '--', paths.guardTimer], { kind: 'nothing', because })
  await host.discard(paths.guardUnitFile, because)
  // Last: while it is there, the agent knows that there is something to settle.
  await host.discard(paths.guardTimerFile, because)
}
