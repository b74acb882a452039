import { createHash } from 'node:crypto'
import type { HostView } from '../../host/host.ts'
import { readApi } from '../../kubernetes/api.ts'
import { applyManifest } from '../../kubernetes/kubectl.ts'
import { OPERATOR_PKI } from '../../kubernetes/paths.ts'
import type { ProvisionStep } from '../../kubernetes/provision.ts'
import { OPERATOR_NAMESPACE } from '../../protocol/cluster-namespaces.ts'
import type { ProvisionParams } from '../../roles/params.ts'
import { IDENTITY_ANNOTATION, manifest, type OperatorSettings } from './templates.ts'

interface Deployment {
  metadata: { annotations?: Record<string, string> }
}
const DEPLOYMENT = `/apis/apps/v1/namespaces/${OPERATOR_NAMESPACE}/deployments/operator`

export const applyOperator: ProvisionStep = {
  id: 'operator/apply',
  title: 'Applying the operator',
  async isDone(host, params) {
    const applied = await readApi<Deployment>(host, params, DEPLOYMENT)
    const found = applied?.metadata.annotations?.[IDENTITY_ANNOTATION]
    return found !== undefined && found === (await settingsOf(host, params)).identity
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
  }
  // The key needs no part in it: another key has another certificate.
  return { ...settings, identity: createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16) }
}

/** The one that came with the bundle, whatever agent is running here. */
function imageOf({ bundleStore }: ProvisionParams): string {
  const images = bundleStore.manifest.files.filter(({ role }) => role === 'image')
  const own = images.find(({ name }) => name.startsWith('cantrip.local/agent:'))
  return (own ?? bundleStore.file('image', 'cantrip.local/agent')).name
}
