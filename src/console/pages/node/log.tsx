import { RunLog } from '../../parts/log/run-log.tsx'
import type { NodeTabProps } from './node-tab.ts'

export default function Log({ node: { id, name } }: NodeTabProps) {
  return <RunLog of={{ node: id }} name={name} />
}
