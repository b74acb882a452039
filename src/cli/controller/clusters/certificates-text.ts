import type { ClusterCertificate } from '../../../protocol/api/clusters.ts'
import { age, type Column, localTime, table, withoutEmpty } from '../../kit/output.ts'

const STATES: Readonly<Record<ClusterCertificate['state'], string>> = {
  valid: '',
  soon: 'expires soon',
  urgent: 'expires very soon',
  expired: 'EXPIRED',
}

/** A table of certificates: of all, or of those that expire soon. Empty if there are none. */
export function certificatesText(all: readonly ClusterCertificate[], now: Date, withValid: boolean): string {
  const shown = withValid ? all : all.filter(({ state }) => state !== 'valid')
  if (shown.length === 0) return ''
  const left = ({ notAfter }: ClusterCertificate) =>
    Date.parse(notAfter) <= now.getTime() ? '-' : age(now.toISOString(), new Date(notAfter))
  const columns: Column<ClusterCertificate>[] = [
    { title: 'CERTIFICATE', of: ({ name }) => name },
    { title: 'NODE', of: ({ node }) => node ?? '', rare: true },
    { title: 'OWNER', of: ({ owner }) => owner },
    { title: 'EXPIRES', of: ({ notAfter }) => localTime(notAfter) },
    { title: 'LEFT', of: left },
    { title: 'RENEWED BY', of: ({ renewedBy }) => renewedBy },
    { title: 'NOTE', of: ({ state }) => STATES[state], rare: true },
  ]
  return `\n${table(shown, withoutEmpty(shown, columns))}`
}
