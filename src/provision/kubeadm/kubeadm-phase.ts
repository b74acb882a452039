import type { Layout } from '../../base/layout.ts'
import type { StepContext } from '../../engine/step.ts'
import type { Argv } from '../../host/argv.ts'
import type { Host, Output } from '../../host/host.ts'
import type { Undo } from '../../host/undo.ts'
import { whileContainerdRuns } from '../images/containerd-calls.ts'
import { KUBEADM_CONFIG } from '../paths.ts'

/** One phase of `kubeadm init`. @param args the name of the phase, and its flags */
export function kubeadmPhaseArgv({ binaries }: Layout, args: readonly string[]): Argv {
  return [`${binaries}/kubeadm`, 'init', 'phase', ...args, '--config', KUBEADM_CONFIG]
}

/** Runs a phase. Each phase can be repeated after a kill. */
export async function kubeadmPhase(
  host: Host,
  args: readonly string[],
  undo: Undo,
  { signal }: Pick<StepContext, 'signal'>,
): Promise<void> {
  await runKubeadm(host, kubeadmPhaseArgv(host.layout, args), undo, signal)
}

/** Retries if containerd, which kubeadm queries, stopped in the meantime. */
export function runKubeadm(host: Host, argv: Argv, undo: Undo, signal: AbortSignal): Promise<Output> {
  return whileContainerdRuns(host, () => host.run(argv, undo, { signal, timeoutMs: 300_000 }), signal)
}

/** For phases that write below directories whose undo is recorded already. */
export const WITH_ITS_DIRECTORY: Undo = { kind: 'nothing', because: 'the directory that it writes to is removed' }
export const WITH_ETCD: Undo = {
  kind: 'nothing',
  because: "the object is in the cluster, and is removed with etcd's data",
}
