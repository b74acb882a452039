import { isMapping, readOverride } from '../../provision/kubeadm/overrides.ts'
import type { ProvisionParams } from '../../provision/params.ts'

/** The value that the overrides set last; undefined if the kubelet's default applies. */
export async function kubeletSetting(
  overrides: ProvisionParams['cluster']['overrides'],
  name: string,
): Promise<unknown> {
  const documents = await readOverride('kubelet', overrides.kubelet)
  return documents.findLast((document) => name in document)?.[name]
}

/** Whether the overrides make kubeadm only warn about the findings of a preflight check. */
export async function isIgnoredByKubeadm(check: string, { cluster, task }: ProvisionParams): Promise<boolean> {
  const changes = await readOverride('kubeadm', cluster.overrides.kubeadm)
  const registrations = changes
    .filter(({ kind }) => kind !== 'JoinConfiguration' || task !== 'first-master')
    .flatMap(({ nodeRegistration }) => (isMapping(nodeRegistration) ? [nodeRegistration] : []))
  const ignored = registrations.findLast((registration) => IGNORED in registration)?.[IGNORED]
  const names = Array.isArray(ignored) ? ignored.map((name) => String(name).toLowerCase()) : []
  return names.includes('all') || names.includes(check.toLowerCase())
}

const IGNORED = 'ignorePreflightErrors'
