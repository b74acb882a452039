import { useNavigate } from 'react-router'
import { useWhyNot } from '../../data/session-context.ts'
import { Nothing } from '../../parts/feedback/nothing.tsx'
import { ActionButton } from '../../parts/values/action-button.tsx'

export function CreateCluster() {
  const go = useNavigate()
  return (
    <ActionButton whyNot={useWhyNot()('operate', 'any')} onClick={() => go('/clusters/new')}>
      Create cluster
    </ActionButton>
  )
}

export function NoClusters() {
  return <Nothing title="No clusters yet">Create one, and run its command on machines: they become its nodes.</Nothing>
}
