import type { StepContext } from '../../engine/step.ts'
import type { Host } from '../../host/host.ts'
import type { NodeParams } from '../../protocol/wire/instruction.ts'
import { SUPER_ADMIN_CONF } from '../paths.ts'
import { localApi } from './endpoint.ts'

const IN_CLUSTER = {
  kind: 'nothing',
  because: "the object is in the cluster, and is removed with etcd's data",
} as const

/**
 * Runs kubectl against this node's API server with super-admin.conf, which has permissions before any role is bound.
 * Secrets are passed by `stdin`.
 */
export async function kubectl(
  host: Host,
  params: Pick<NodeParams, 'node'>,
  args: readonly string[],
  { signal, stdin }: { signal: AbortSignal; stdin?: string },
): Promise<void> {
  const access = ['--kubeconfig', SUPER_ADMIN_CONF, '--server', localApi(params), '--cache-dir', '/run/cantrip-kubectl']
  const environment = { env: { HOME: '/nonexistent' }, signal, timeoutMs: 120_000 }
  await host.makeDirectory('/run/cantrip-kubectl', 0o700)
  await host.run([`${host.layout.binaries}/kubectl`, ...access, ...args], IN_CLUSTER, {
    ...environment,
    ...(stdin !== undefined && { stdin }),
  })
}

/** Server-side apply: creates or changes the objects; without differences it changes nothing. */
export async function applyManifest(
  host: Host,
  params: Pick<NodeParams, 'node'>,
  yaml: string,
  { signal }: Pick<StepContext, 'signal'>,
): Promise<void> {
  const flags = ['--server-side', '--force-conflicts', '--field-manager=cantrip', '--validate=ignore']
  await kubectl(host, params, ['apply', ...flags, '-f', '-'], { signal, stdin: yaml })
}
