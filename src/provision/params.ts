import type { Secret } from '../base/text/secret.ts'
import type { BundleFile, BundleManifest } from '../bundle/format.ts'
import type { StepContext } from '../engine/step.ts'
import type { Host } from '../host/host.ts'
import type { HttpProxy } from '../host/network.ts'
import type { NodeParams, NodeTask } from '../protocol/wire/instruction.ts'
import type { RestoreOrder } from '../protocol/wire/messages/backup.ts'
import type { Invitation } from '../protocol/wire/operation.ts'

/** A verified bundle. Its files are fetched from the controller when they are first needed. */
export interface BundleStore {
  manifest: BundleManifest
  /** Throws AgentError `bundle/missing-file` if the manifest does not contain it. */
  file(kind: BundleFile['role'], name: string): BundleFile
  /** The path of the file after it is fetched. */
  pathOf(file: BundleFile): string
  /**
   * Ensures that the file is on disk and verified; two concurrent callers cause one download. The caller moves or discards the
   * file after use: the node keeps no file that the controller can provide again.
   */
  fetch(host: Host, file: BundleFile, onProgress?: (doneBytes: number) => void, signal?: AbortSignal): Promise<string>
}

/** The parameters of the steps that provision a node. */
export interface ProvisionParams extends NodeParams {
  /** Id of the run. */
  run: string
  /** The task of this run. */
  task: NodeTask
  /** Of the role `restore-etcd`. */
  restore?: RestoreOrder
  bundleStore: BundleStore
  /** Requests, through the controller, an invitation from a master; waits for the turn of this node. */
  requestInvitation(context: Pick<StepContext, 'signal' | 'log'>): Promise<Invitation>
  /** Requests a certificate for the operator's key from the controller. */
  requestOperatorCertificate(csrPem: string): Promise<string>
  /** Path of the agent's executable. */
  executable: string
  /** `proxy`: through which the node reaches it. */
  controller: { urls: readonly string[]; ca: string; proxy?: HttpProxy }
  /** USER:PASSWORD by the host of a registry or a mirror; only this node knows them. */
  registryLogins?: Readonly<Record<string, Secret>>
}
