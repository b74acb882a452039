import { Flex } from '@patternfly/react-core'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { useWhyNot } from '../../data/session-context.ts'
import { ActionButton } from '../../parts/values/action-button.tsx'
import type { ClusterTabProps } from './cluster-tab.ts'
import { Provision } from './work/provision.tsx'

/** What is done most often. */
export function ClusterActions({ cluster, nodes }: ClusterTabProps) {
  const [isProvisioning, setProvisioning] = useState(false)
  const go = useNavigate()
  const whyNot = useWhyNot()('operate', cluster.project) ?? whyNotProvision(cluster, nodes)
  return (
    <Flex>
      <ActionButton variant="secondary" onClick={() => go(`/clusters/${encodeURIComponent(cluster.name)}/join`)}>
        Add nodes
      </ActionButton>
      <ActionButton whyNot={whyNot} onClick={() => setProvisioning(true)}>
        Provision
      </ActionButton>
      {isProvisioning && <Provision cluster={cluster} onClose={() => setProvisioning(false)} />}
    </Flex>
  )
}

function whyNotProvision(
  { name, state }: ClusterTabProps['cluster'],
  nodes: ClusterTabProps['nodes'],
): string | undefined {
  if (nodes.length === 0) return `Cluster ${name} has no nodes. Add nodes first.`
  if (state === 'RESETTING') return `Cluster ${name} is being reset. Wait until that ends.`
  if (nodes.some(({ roles }) => roles.length > 0)) return undefined
  const isApproved = nodes.some((node) => node.state !== 'DISCOVERED')
  return isApproved
    ? 'No node has a role. Configure nodes first.'
    : 'No node is approved. Approve and configure nodes first.'
}
