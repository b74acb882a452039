import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AgentError } from '../../base/agent-error.ts'
import type { NetworkView } from '../../host/network.ts'
import { decodeRecords } from '../../ledger/record-format.ts'
import { replay } from '../../ledger/replay.ts'
import { agentRoutes } from '../../protocol/api/agents.ts'
import { requireConfig } from '../config.ts'
import { readIdentity } from '../identity/identity.ts'
import { askController } from '../link/ask-controller.ts'
import { openLinkStore } from '../link/link-state.ts'
import type { AgentPaths } from '../paths.ts'

const PING_MS = 10_000

/**
 * Whether this executable can be the agent of this node: it reads the configuration, the identity, the ledger and the state of the link,
 * and reaches the controller with the node's certificate. Changes nothing. Returns the URL that answered.
 */
export async function selfCheck(paths: AgentPaths, network: NetworkView): Promise<string> {
  const { urls, proxy } = requireConfig(paths)
  const tls = readIdentity(paths)
  if (!tls) {
    throw new AgentError('agent/not-enrolled', 'this node has no certificate yet', {
      fix: 'wait until it is approved: agent status',
      kind: 'invalid',
    })
  }
  readLedger(paths)
  openLinkStore(paths).open()
  let last: unknown
  for (const url of urls) {
    try {
      await askController({ url, tls, proxy, timeoutMs: PING_MS, network }, agentRoutes.ping, {})
      return url
    } catch (error) {
      last = error
    }
  }
  throw last
}

/** The service holds the ledger's lock, so it is only read. */
function readLedger({ ledgerDirectory }: AgentPaths): void {
  const { entries, damaged } = decodeRecords(readFileSync(join(ledgerDirectory, 'ledger.jsonl')))
  replay(entries)
  if (damaged.length > 0)
    throw new AgentError('ledger/damaged', `${damaged.length} bytes of the ledger cannot be read by this version`, {
      fix: 'keep the present version of the agent on this node',
    })
}
