import { version } from '../../../base/version.ts'
import { collectFacts } from '../../../host/linux/facts.ts'
import { linuxHostView } from '../../../host/linux/host-view.ts'

/** `agent facts`: what this node tells about itself, as JSON; the service asks for it. */
export async function printFacts(): Promise<void> {
  const versions = { node: process.versions.node }
  const facts = await collectFacts(linuxHostView(), { agentVersion: version.version, versions })
  process.stdout.write(`${JSON.stringify(facts)}\n`)
}
