import { FactsOf } from './facts.tsx'
import { Findings } from './findings.tsx'
import { Identity } from './identity.tsx'
import type { NodeTabProps } from './node-tab.ts'

/** What is wrong with the node, who it is, and what its machine has. */
export default function Overview({ node }: NodeTabProps) {
  return (
    <div className="cards">
      <Findings node={node} />
      <Identity node={node} />
      <FactsOf node={node} />
    </div>
  )
}
