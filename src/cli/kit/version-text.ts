import { version } from '../../base/version.ts'

/** `agent 0.1.0, commit 0123456789ab, 2026-01-01T00:00:00Z` */
export function versionText(program: string): string {
  return [`${program} ${version.version}`, `commit ${version.commit}`, ...(version.date ? [version.date] : [])].join(
    ', ',
  )
}
