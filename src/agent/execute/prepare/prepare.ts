import { join } from 'node:path/posix'
import { AgentError } from '../../../base/agent-error.ts'
import { type BundleRef, MANIFEST_NAME, SIGNATURE_NAME } from '../../../bundle/format.ts'
import { openBundleStore } from '../../../bundle/store.ts'
import type { Workflow } from '../../../engine/step.ts'
import type { Host } from '../../../host/host.ts'
import type { HttpProxy } from '../../../host/network.ts'
import { BUNDLE_STEPS, PREPARE_STEPS } from '../../../ledger/baked.ts'
import { replay } from '../../../ledger/replay.ts'
import type { Credentials } from '../../identity/credentials.ts'
import { installAgent } from '../../install/install-agent.ts'
import type { InstallParams } from '../../install/params.ts'
import type { AgentPaths } from '../../paths.ts'
import type { Workspace } from '../../restore/workspace.ts'
import { type BundleParams, bundleParams, bundleSteps, COPIES, type OpenedBundle } from '../bake/bundle-steps.ts'

type PrepareParams = BundleParams & Pick<InstallParams, 'paths' | 'executable'>

/** A bundle of the controller, and the way to it. */
export interface Offered {
  ref: BundleRef
  credentials: Pick<Credentials, 'installer' | 'ca' | 'enrolment'>
  proxy: HttpProxy | undefined
}

/**
 * Gives a machine what each node has, whatever it is called and whatever its role: the agent, which can undo it, and the executables and
 * images of the bundle. Nothing is started or enabled, and the machine gets no identity.
 */
export const prepare: Workflow<PrepareParams> = {
  id: 'prepare',
  components: [
    { id: 'agent', after: [], steps: () => [installAgent] },
    { id: 'bundle', after: ['agent'], steps: () => bundleSteps(PREPARE_STEPS) },
  ],
}

export function prepareParams(paths: AgentPaths, executable: string, offered: Offered): PrepareParams {
  return { ...bundleParams((host, signal) => fromController(host, signal, offered)), paths, executable }
}

async function fromController(
  host: Host,
  signal: AbortSignal,
  { ref, credentials, proxy }: Offered,
): Promise<OpenedBundle> {
  const { installer, ca, enrolment } = credentials
  const tls = { ca, cert: installer.certificate, key: installer.key.reveal() }
  const way = { controllerUrls: enrolment.urls, tls, ...(proxy && { proxy }) }
  const bundleStore = await openBundleStore({
    ...{ ...way, ref, directory: COPIES, executable: process.execPath, host, signal },
  })
  const [bytes = '', signature = ''] = await Promise.all(
    [MANIFEST_NAME, SIGNATURE_NAME].map((name) => host.read(join(COPIES, name))),
  )
  return { bundleStore, bytes, signature }
}

/** Throws if the machine is a node or becomes one, or has a bundle from its image, which an uninstallation must not remove. */
export async function refuseOthers(
  { machine, ledger }: Pick<Workspace, 'machine' | 'ledger'>,
  paths: AgentPaths,
): Promise<void> {
  const files = [paths.configFile, paths.nodeIdentity, paths.nodeKey]
  const found = (await Promise.all(files.map((path) => machine.stat(path)))).findIndex((each) => each !== undefined)
  if (found !== -1)
    throw new AgentError('prepare/installed', `found ${files[found]}: this machine is a node, or becomes one`, {
      fix: 'leave --prepare-only out, or uninstall the agent first: sudo cantrip-agent uninstall',
      kind: 'refused',
    })
  if (!replay(ledger.entries()).outstanding.some(({ step }) => step.startsWith(BUNDLE_STEPS))) return
  throw new AgentError('prepare/baked', 'this machine was made from an image with another bundle', {
    fix: 'leave --prepare-only out: it becomes a node all the same, and downloads what differs',
    kind: 'refused',
  })
}

/** What `controller push` passes: ARCH:NAME:SHA256:KEY, one for each architecture. Throws unless one of them is for this machine. */
export function bundleFor(arch: string, given: readonly string[]): BundleRef {
  for (const each of given) {
    const [of, name = '', manifestSha256 = '', publicKey = ''] = each.split(':')
    if (of === arch) return { name, manifestSha256, publicKey }
  }
  throw new AgentError('prepare/no-bundle', `the controller has no bundle of this cluster's version for ${arch}`, {
    fix: 'on the controller: controller bundle import FILE_OR_DIRECTORY --data DATA_DIRECTORY, and run the same command again',
    kind: 'unfit',
  })
}
