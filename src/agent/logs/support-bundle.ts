import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { create } from 'tar'
import { AgentError } from '../../base/agent-error.ts'
import { CONTAINERD, KUBELET_UNIT } from '../../base/kubernetes-paths.ts'
import { Redactor } from '../../base/text/secret.ts'
import type { Argv } from '../../host/argv.ts'
import type { HostView } from '../../host/host.ts'
import { privateKeys } from '../identity/identity.ts'
import type { AgentPaths } from '../paths.ts'

export interface SupportBundleOptions {
  paths: AgentPaths
  view: HostView
  /** A .tar.gz; 0600. */
  output: string
}

/** Packs logs and state for troubleshooting, with secrets redacted. Returns the names of the packed files. */
export async function writeSupportBundle({ paths, view, output }: SupportBundleOptions): Promise<string[]> {
  const redactor = redactorFor(paths)
  const texts = await collect(paths, view)
  const directory = await mkdtemp(join(tmpdir(), 'support-'))
  try {
    for (const [name, text] of texts) await writeFile(join(directory, name), redactor.redact(text), { mode: 0o600 })
    const names = texts.map(([name]) => name)
    // Written through the descriptor: the owner of the directory could replace the path by a link to another file.
    const file = await open(output, 'wx', 0o600)
    try {
      await pipeline(create({ gzip: true, portable: true, cwd: directory }, names), file.createWriteStream())
    } catch (error) {
      await rm(output)
      throw error
    }
    return names
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    throw new AgentError('support/exists', `${output} already exists`, {
      fix: 'pass another --to, or move the file away',
      kind: 'invalid',
      cause,
    })
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** Also redacts the keys by value, wherever they appear. */
function redactorFor(paths: AgentPaths): Redactor {
  const redactor = new Redactor()
  for (const key of privateKeys(paths)) redactor.add(key)
  return redactor
}

async function collect(paths: AgentPaths, view: HostView): Promise<[string, string][]> {
  const files: [string, string][] = [
    ['agent.json', paths.configFile],
    ['status.json', paths.statusFile],
    ['link.json', paths.linkFile],
    ['ledger.jsonl', join(paths.ledgerDirectory, 'ledger.jsonl')],
    ['unit.service', paths.unitFile],
    ['agent.log', paths.logFile],
    ...[1, 2, 3].map((number): [string, string] => [`agent.log.${number}`, `${paths.logFile}.${number}`]),
    ['os-release', '/etc/os-release'],
  ]
  const commands: [string, Argv][] = [
    ['unit-status.txt', ['systemctl', 'status', '--no-pager', '--full', paths.unit]],
    ['journal.txt', ['journalctl', '--no-pager', '-n', '5000', '-u', paths.unit]],
    ['journal-kubelet.txt', ['journalctl', '--no-pager', '-n', '2000', '-u', KUBELET_UNIT]],
    ['journal-containerd.txt', ['journalctl', '--no-pager', '-n', '1000', '-u', CONTAINERD.unit]],
    ['addresses.txt', ['ip', 'address']],
    ['routes.txt', ['ip', 'route']],
    ['disks.txt', ['df', '-h']],
  ]
  const read = files.map(async ([name, path]): Promise<[string, string] | undefined> => {
    const text = await view.read(path)
    // The hash of a file with a password would tell who has guessed it.
    return text === undefined ? undefined : [name, text.replaceAll(/"sha256":"[0-9a-f]{64}"/g, '"sha256":"***"')]
  })
  const asked = commands.map(async ([name, argv]): Promise<[string, string]> => {
    const { stdout, stderr } = await view
      .ask(argv, { maxBytes: 4 * 2 ** 20 })
      .catch((error: Error) => ({ stdout: '', stderr: error.message }))
    return [name, stdout + stderr]
  })
  return (await Promise.all([...read, ...asked])).filter((entry) => entry !== undefined)
}
