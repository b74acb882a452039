import { command } from '../../base/command.ts'
import type { Finding } from '../../engine/checks/findings.ts'
import type { HostView } from '../../host/host.ts'

/** Used by containerd, the kubelet, etcd and some pods. */
export const OPEN_FILES = 20_000

/** For the whole machine: `allocated free limit`, see proc_sys_fs(5). */
export async function openFiles(host: HostView): Promise<Finding | undefined> {
  const [allocated, , limit] = ((await host.read('/proc/sys/fs/file-nr')) ?? '').trim().split(/\s+/).map(Number)
  if (allocated === undefined || limit === undefined || limit - allocated >= OPEN_FILES) return undefined
  const more = allocated + 10 * OPEN_FILES
  return {
    kind: limit - allocated < OPEN_FILES / 10 ? 'fail' : 'warn',
    found: `${allocated} of ${limit} open files in use`,
    wanted: `${OPEN_FILES} free`,
    fix: command`echo ${`fs.file-max = ${more}`} > /etc/sysctl.d/90-file-max.conf && sysctl -w ${`fs.file-max=${more}`}`,
  }
}
