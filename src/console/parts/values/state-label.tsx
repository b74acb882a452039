import { Label, type LabelProps } from '@patternfly/react-core'

type Status = NonNullable<LabelProps['status']>
interface Look {
  status?: Status
  color?: LabelProps['color']
}

/** How the states of clusters, nodes, runs and stages look. The word is always there: colour alone says nothing. */
const LOOKS: Readonly<Record<string, Look>> = {
  READY: { status: 'success' },
  Ready: { status: 'success' },
  healthy: { status: 'success' },
  done: { status: 'success' },
  valid: { status: 'success' },
  enabled: { status: 'success' },
  DEGRADED: { status: 'warning' },
  UNKNOWN: { status: 'warning' },
  UNREACHABLE: { status: 'warning' },
  paused: { status: 'warning' },
  FAILED: { status: 'danger' },
  NotReady: { status: 'danger' },
  unhealthy: { status: 'danger' },
  failed: { status: 'danger' },
  refused: { status: 'danger' },
  indeterminate: { status: 'danger' },
  revoked: { status: 'danger' },
  PROVISIONING: { color: 'blue' },
  RESETTING: { color: 'blue' },
  running: { color: 'blue' },
  open: { color: 'blue' },
  DISCOVERED: { color: 'purple' },
  APPROVED: { color: 'teal' },
  CONFIGURED: { color: 'teal' },
}

export function StateLabel({ state }: { state: string }) {
  const { status, color = 'grey' } = LOOKS[state] ?? {}
  return (
    <Label isCompact {...(status === undefined ? { color } : { status })}>
      {state}
    </Label>
  )
}
