import { ETCD_DATA } from '../../base/kubernetes-paths.ts'
import { saveSnapshot } from '../../provision/etcd/save-snapshot.ts'
import type { ProvisionStep } from '../../provision/provision.ts'

const pathOf = (run: string) => `${ETCD_DATA}/before-${run}.db`

/** One for each run, so that a run that continues after a kill keeps the data from before its first change. */
export const save: ProvisionStep = {
  id: 'etcd-snapshot/save',
  title: 'Saving a snapshot of etcd',
  isDone: async (host, { run }) => (await host.stat(pathOf(run))) !== undefined,
  async apply(host, { run, node }, { signal }) {
    await saveSnapshot(host, node.address, pathOf(run), signal)
    if (host.isDryRun) return
    const others = ((await host.list(ETCD_DATA)) ?? []).map((name) => `${ETCD_DATA}/${name}`)
    for (const path of others.filter((each) => /\/before-r-\w+\.db$/.test(each) && each !== pathOf(run))) {
      await host.discard(path, 'there is a newer snapshot')
    }
  },
}
