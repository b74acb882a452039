import { readOverride } from '../../provision/kubeadm/overrides.ts'
import type { ProvisionParams } from '../../provision/params.ts'

/** What the overrides set last; undefined where they leave the kubelet's default. */
export async function kubeletSetting(
  overrides: ProvisionParams['cluster']['overrides'],
  name: string,
): Promise<unknown> {
  const documents = await readOverride('kubelet', overrides.kubelet)
  return documents.findLast((document) => name in document)?.[name]
}
