import type { FakeHost } from './fake-host.ts'

export interface FakeEtcdutl {
  /** What etcd holds, which is the content of the next snapshot. */
  data: string
  revision: number
  /** The next command fails with this message. */
  failure?: string
  commands: string[]
}

/** etcdctl and etcdutl with snapshots that are plain text, and mkdir and mv for directories. */
export function fakeEtcdutl(host: FakeHost): FakeEtcdutl {
  const etcd: FakeEtcdutl = { data: 'data', revision: 7, commands: [] }
  const answer = (work: () => string) => {
    const { failure } = etcd
    delete etcd.failure
    return failure === undefined ? { stdout: work() } : { exitCode: 1, stderr: `Error: ${failure}\n` }
  }
  host.on(['/usr/local/bin/etcdctl'], (argv) =>
    answer(() => {
      etcd.commands.push('save')
      host.files.seed(argv.at(-1) ?? '', etcd.data)
      return ''
    }),
  )
  host.on(['/usr/local/bin/etcdutl', 'version'], { stdout: 'etcdutl version: 3.6.16\nAPI version: 3.6\n' })
  host.on(['/usr/local/bin/etcdutl', 'snapshot', 'status'], () =>
    answer(() => JSON.stringify({ revision: etcd.revision, totalKey: 3, totalSize: 20_480, version: '3.6.0' })),
  )
  host.on(['/usr/local/bin/etcdutl', 'snapshot', 'restore'], (argv) =>
    answer(() => {
      etcd.commands.push(argv.slice(3).join(' '))
      const directory = argv[argv.indexOf('--data-dir') + 1]
      host.files.seed(`${directory}/member/wal/0`, '')
      host.files.seed(`${directory}/member/snap/db`, host.text(argv[3] ?? ''))
      return ''
    }),
  )
  host.on(['/usr/bin/mkdir'], (argv) => {
    const path = argv.at(-1) ?? ''
    if (host.files.stat(path)) return { exitCode: 1, stderr: `mkdir: cannot create directory '${path}': File exists\n` }
    host.files.seedDirectory(path)
    return {}
  })
  host.on(['/usr/bin/mv'], (argv) => {
    const [from = '', to = ''] = argv.slice(-2)
    for (const [path, node] of [...host.files.nodes]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue
      host.files.nodes.delete(path)
      host.files.nodes.set(`${to}${path.slice(from.length)}`, node)
    }
    return {}
  })
  host.on(['sync'], {})
  return etcd
}
