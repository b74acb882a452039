import { openWorkspace } from '../../../agent/restore/open-workspace.ts'
import { settleUpdate } from '../../../agent/update/settle.ts'
import { pathsFor } from '../surroundings.ts'

const LEDGER_MS = 30_000

/** `agent settle-update`: the service starts it when the controller has welcomed a new version. */
export async function runSettleUpdate(argv: readonly string[]): Promise<number> {
  const at = argv.indexOf('--instance')
  const paths = pathsFor(at < 0 ? undefined : argv[at + 1])
  const workspace = await openWorkspace(paths, LEDGER_MS)
  try {
    await settleUpdate(paths, workspace)
  } finally {
    await workspace.ledger.close()
  }
  return 0
}
