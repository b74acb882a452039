import { openWorkspace } from '../../../agent/restore/open-workspace.ts'
import { settleUpdate } from '../../../agent/update/settle.ts'
import { pathsIn } from './started-by-service.ts'

const LEDGER_MS = 30_000

/** `agent settle-update`: the service starts it when the controller has welcomed a new version. */
export async function runSettleUpdate(argv: readonly string[]): Promise<number> {
  const paths = pathsIn(argv)
  const workspace = await openWorkspace(paths, LEDGER_MS)
  try {
    await settleUpdate(paths, workspace)
  } finally {
    await workspace.ledger.close()
  }
  return 0
}
