import type { HostView } from '../../host/host.ts'
import { answer } from './answer.ts'

/** containerd's own database below its root directory: it names the network namespace of every sandbox of its CRI plugin. */
const DATABASE = 'io.containerd.metadata.v1.bolt/meta.db'

/** None once the database is gone. `containerd` is its root directory. */
export async function sandboxNamespaces(containerd: string, host: HostView): Promise<string[]> {
  const database = `${containerd}/${DATABASE}`
  return (await answer(host, ['grep', '--text', '--only-matching', '-E', 'cni-[0-9a-f-]{36}', database])).split('\n')
}
