import { compareVersions, minorsAhead } from '../../../../protocol/kubernetes-version.ts'
import { IMPORT_BUNDLE } from '../../../parts/values/commands.ts'

/** Why a cluster cannot go from one version to another. The plan says what else prevents it. */
export function whyNotTo(to: string, from: string, archs: readonly string[]): string | undefined {
  if (to === from) return 'The cluster has this version.'
  if (compareVersions(to, from) < 0) return `It is earlier than ${from}, and Kubernetes cannot go back.`
  if (Number.isNaN(minorsAhead(from, to))) return `There is no way from ${from} to another major version.`
  if (archs.length === 0) return `There is no bundle of it. Import one: ${IMPORT_BUNDLE}`
  return undefined
}
