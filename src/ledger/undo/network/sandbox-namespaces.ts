import type { HostView } from '../../../host/host.ts'
import { answer } from '../answer.ts'

/** containerd's own database below its root directory: it keeps each sandbox of its CRI plugin as JSON. */
const DATABASE = 'io.containerd.metadata.v1.bolt/meta.db'
/** containerd/internal/cri/store/sandbox. Texts of pods, as annotations, lie beside it, but with their quotes escaped. */
const NAMESPACE = '"NetNSPath":"[^"]*/cni-[0-9a-f-]{36}"'

/** The network namespaces of the sandboxes; none once the database is gone. `containerd` is its root directory. */
export async function sandboxNamespaces(containerd: string, host: HostView): Promise<string[]> {
  const text = await answer(host, ['grep', '--text', '--only-matching', '-E', NAMESPACE, `${containerd}/${DATABASE}`])
  return text.match(/cni-[0-9a-f-]{36}/g) ?? []
}
