import { RunLog } from '../../../parts/log/run-log.tsx'
import type { ClusterTabProps } from '../cluster-tab.ts'

export default function Log({ cluster: { name } }: ClusterTabProps) {
  return <RunLog of={{ cluster: name }} name={name} />
}
