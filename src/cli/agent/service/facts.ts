import { version } from '../../../base/version.ts'
import { collectFacts } from '../../../host/linux/facts.ts'
import { linuxHostView } from '../../../host/linux/host-view.ts'

/** `agent facts`: the service starts it to collect the facts of this node. Writes them to stdout as JSON. */
export async function printFacts(): Promise<void> {
  const versions = { node: process.versions.node }
  const facts = await collectFacts(linuxHostView(), { agentVersion: version.version, versions })
  process.stdout.write(`${JSON.stringify(facts)}\n`)
}
