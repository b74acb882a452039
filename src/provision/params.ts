import type { BundleFile, BundleManifest } from '../bundle/format.ts'
import type { StepContext } from '../engine/step.ts'
import type { Host } from '../host/host.ts'
import type { NodeParams, NodeTask } from '../protocol/wire/instruction.ts'
import type { Invitation } from '../protocol/wire/operation.ts'

/** A verified bundle whose files come from the controller when they are first needed. */
export interface BundleStore {
  manifest: BundleManifest
  /** Throws AgentError `bundle/missing-file` where the manifest does not have it. */
  file(role: BundleFile['role'], name: string): BundleFile
  /** Where the file lies once fetched. */
  pathOf(file: BundleFile): string
  /**
   * Makes sure that the file is on disk and verified; two callers at once cause one download. Who has used it moves or
   * discards it: the node keeps nothing that the controller can give again.
   */
  fetch(host: Host, file: BundleFile, onProgress?: (doneBytes: number) => void, signal?: AbortSignal): Promise<string>
}

/** What the steps of a provisioning role are given. */
export interface ProvisionParams extends NodeParams {
  /** Its id. */
  run: string
  /** What this run makes of the node. */
  task: NodeTask
  bundleStore: BundleStore
  /** Asks the controller, and through it a master, for what this node needs to join; waits for its turn. */
  requestInvitation(context: Pick<StepContext, 'signal' | 'log'>): Promise<Invitation>
  /** Asks the controller to sign the operator's key. */
  requestOperatorCertificate(csrPem: string): Promise<string>
  /** This program, where it is one file. */
  executable: string
  controller: { urls: readonly string[]; ca: string }
}
