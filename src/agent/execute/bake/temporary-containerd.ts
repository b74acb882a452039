import { AgentError } from '../../../base/agent-error.ts'
import { CONTAINERD } from '../../../base/kubernetes-paths.ts'
import { containerdPrograms } from '../../../base/layout.ts'
import { poll } from '../../../base/retry.ts'
import { ctrImages } from '../../../host/containerd/pinned-images.ts'
import type { Host } from '../../../host/host.ts'

const CONFIGURATION = `${CONTAINERD.baked}/containerd.toml`
const LONGEST_MS = 3_600_000
const START = { firstMs: 100, withinMs: 30_000 }
const NOTHING = { kind: 'nothing', because: 'it runs only while an image of machines is made' } as const

/** Without what starts pods, and without directories of another containerd. */
const configuration = `version = 3
root = '${CONTAINERD.baked}'
state = '${CONTAINERD.state}'
disabled_plugins = [
  'io.containerd.cri.v1.images',
  'io.containerd.cri.v1.runtime',
  'io.containerd.grpc.v1.cri',
  'io.containerd.internal.v1.opt',
  'io.containerd.nri.v1.nri',
]

[grpc]
  address = '${CONTAINERD.socket}'

[plugins.'io.containerd.image-verifier.v1.bindir']
  bin_dir = '${CONTAINERD.baked}/image-verifier/bin'

[plugins.'io.containerd.shim.v1.manager']
  socket_dir = '${CONTAINERD.state}/s'
`

/**
 * Does `work` while a containerd runs whose images are part of the image of this machine. It is a child of this process and no service,
 * so systemd need not run.
 */
export async function withContainerd(
  host: Host,
  given: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  await host.expect({ kind: 'remove-tree', path: CONTAINERD.state, all: true })
  await host.write(CONFIGURATION, configuration)
  const end = new AbortController()
  const died = new AbortController()
  // It ends with this process, however that ends.
  const withThis = ['setpriv', '--pdeathsig', 'KILL', '--'] as const
  const argv = [...withThis, `${containerdPrograms(host.layout)}/containerd`, '--config', CONFIGURATION] as const
  const running = host.run(argv, NOTHING, { signal: end.signal, timeoutMs: LONGEST_MS }).then(
    () => died.abort(ended()),
    (error: unknown) => died.abort(error),
  )
  const signal = AbortSignal.any([given, died.signal])
  try {
    await started(host, signal)
    await work(signal)
  } catch (error) {
    // An import fails because containerd ended, and not the other way round.
    signal.throwIfAborted()
    throw error
  } finally {
    end.abort()
    await running
    await host.run(['rm', '--recursive', '--force', CONTAINERD.state], NOTHING)
    await host.discard(CONFIGURATION, NOTHING.because)
  }
}

async function started(host: Host, signal: AbortSignal): Promise<void> {
  const answers = async () => {
    if ((await host.stat(CONTAINERD.socket)) === undefined) return undefined
    const { exitCode } = await host.ask([...ctrImages(host.layout), 'list', '--quiet'])
    return exitCode === 0 ? true : undefined
  }
  if (await poll(START, answers, { clock: host, signal })) return
  throw new AgentError('bake/containerd', 'containerd did not answer within 30 s of its start', {
    fix: 'run the same command again; with -v it shows more',
  })
}

function ended(): AgentError {
  return new AgentError('bake/containerd', 'containerd ended while images were imported', {
    fix: 'run the same command again',
  })
}
