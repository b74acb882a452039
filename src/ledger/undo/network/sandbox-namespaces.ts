import { outputOf } from '../../../host/ask-if-installed.ts'
import type { HostView } from '../../../host/host.ts'

/** containerd's database below its root directory, which has each sandbox of the CRI plugin as JSON. */
const DATABASE = 'io.containerd.metadata.v1.bolt/meta.db'
/** containerd/internal/cri/store/sandbox. Text from pods, such as annotations, has escaped quotes and does not match. */
const NAMESPACE = '"NetNSPath":"[^"]*/cni-[0-9a-f-]{36}"'

/** The network namespaces of the sandboxes; empty without a database. `containerd` is its root directory. */
export async function sandboxNamespaces(containerd: string, host: HostView): Promise<string[]> {
  const text = await outputOf(host, ['grep', '--text', '--only-matching', '-E', NAMESPACE, `${containerd}/${DATABASE}`])
  return text.match(/cni-[0-9a-f-]{36}/g) ?? []
}
