import { createHash } from 'node:crypto'
import type { ProvisionParams } from '../params.ts'

/**
 * kubeadm adds this annotation, through Cantrip's patches, to what it writes. The value changes whenever the parameters change
 * from which it was written, so that a later run sees whether it is current.
 */
export const CONFIGURATION_ANNOTATION = 'cantrip.local/configuration'

export function identityOf(parameters: unknown): string {
  return createHash('sha256').update(JSON.stringify(parameters)).digest('hex').slice(0, 16)
}

/** What objects of the cluster are written from that all masters share, besides the version. Undefined: nothing but defaults. */
export function identityOfSettings(settings: Readonly<Record<string, unknown>>): string | undefined {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined)
  return given.length === 0 ? undefined : identityOf(given)
}

/** Of the template of kube-proxy's pods, and so of the pods. */
export function identityOfKubeProxy({ cluster }: Pick<ProvisionParams, 'cluster'>): string | undefined {
  return identityOfSettings({ 'kube-proxy': cluster.overrides['kube-proxy'] })
}

/** The annotation in a manifest or patch, as YAML; undefined in those of a build without it. */
export function identityIn(yaml: string | undefined): string | undefined {
  return new RegExp(`${CONFIGURATION_ANNOTATION.replace('.', '\\.')}"?: "?([0-9a-f]{16})`).exec(yaml ?? '')?.[1]
}

export const patchPath = (directory: string, target: string) => `${directory}/${target}+strategic.yaml`
