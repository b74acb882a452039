import { AgentError } from '../../../base/agent-error.ts'
import type { Layout } from '../../../base/layout.ts'
import type { HostView } from '../../../host/host.ts'

export const etcdutl = ({ binaries }: Layout): string => `${binaries}/etcdutl`

export interface SnapshotStatus {
  revision: number
  totalKey: number
  totalSize: number
  /** Of the format, for example 3.6.0. */
  version: string
}

/** Reads the whole file, as `etcdutl snapshot status` does. Also the database of an etcd that does not run. */
export async function snapshotStatus(view: HostView, file: string): Promise<SnapshotStatus> {
  const { exitCode, stdout, stderr } = await view.ask(
    [etcdutl(view.layout), 'snapshot', 'status', file, '--write-out=json'],
    {
      timeoutMs: 300_000,
    },
  )
  if (exitCode === 0) return JSON.parse(stdout) as SnapshotStatus
  const reason = stderr.trim().split('\n').at(-1)?.slice(0, 300)
  throw new AgentError('etcd-backup/damaged', `${file} is no whole snapshot of etcd: ${reason}`, {
    fix: 'choose another backup; see: controller cluster backup list NAME',
    kind: 'refused',
  })
}
