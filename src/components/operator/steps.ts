import { createHash } from 'node:crypto'
import type { HostView } from '../../host/host.ts'
import { readApi } from '../../provision/api/api.ts'
import { applyManifest } from '../../provision/api/kubectl.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { OPERATOR_PKI } from '../../provision/paths.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { IDENTITY_ANNOTATION, manifest, type OperatorSettings, objectPaths } from './templates.ts'

interface Deployment {
  metadata: { annotations?: Record<string, string> }
  spec?: { replicas?: number }
}

export const applyOperator: ProvisionStep = {
  id: 'operator/apply',
  title: 'Applying the operator',
  async isDone(host, params) {
    const settings = await settingsOf(host, params)
    const paths = objectPaths(settings)
    const found = await Promise.all(paths.map((path) => readApi<Deployment>(host, params, path)))
    const deployment = found.at(-1)
    const isCurrent = deployment?.metadata.annotations?.[IDENTITY_ANNOTATION] === settings.identity
    // An operator that was scaled down to 0 is applied again: nothing in the cluster does that.
    return isCurrent && deployment?.spec?.replicas !== 0 && found.every((object) => object !== undefined)
  },
  async apply(host, params, context) {
    const key = (await host.read(`${OPERATOR_PKI}/tls.key`)) ?? ''
    await applyManifest(host, params, manifest(await settingsOf(host, params), key), context)
  },
}

async function settingsOf(host: HostView, params: ProvisionParams): Promise<OperatorSettings> {
  const settings = {
    image: imageOf(params),
    controller: params.controller,
    certificate: (await host.read(`${OPERATOR_PKI}/tls.crt`)) ?? '',
    identity: '',
  }
  // The hash covers the whole manifest, so that a manifest of another agent version is replaced. A new key has a new certificate.
  const hash = createHash('sha256').update(manifest(settings, ''))
  // Whoever sees the annotation could guess the password of a proxy, but for the key.
  if (params.controller.proxy) hash.update((await host.read(`${OPERATOR_PKI}/tls.key`)) ?? '')
  return { ...settings, identity: hash.digest('hex').slice(0, 16) }
}

/** The agent image of the bundle, independent of the version of the running agent. */
function imageOf({ bundleStore }: ProvisionParams): string {
  const images = bundleStore.manifest.files.filter(({ role }) => role === 'image')
  const own = images.find(({ name }) => name.startsWith('cantrip.local/agent:'))
  return (own ?? bundleStore.file('image', 'cantrip.local/agent')).name
}
