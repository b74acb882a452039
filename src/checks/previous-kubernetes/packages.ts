import { command } from '../../base/command.ts'
import { findCommand } from '../../host/files/find-command.ts'
import type { HostView } from '../../host/host.ts'

/** Queries for the package that owns a file. dpkg prints its name before a colon, rpm on a line. */
const ASK_DPKG = ['dpkg-query', '--search'] as const
const ASK_RPM = ['rpm', '--query', '--queryformat', '%{NAME}\n', '--file'] as const

export interface Owners {
  packages: string[]
  /** Paths that belong to no package. */
  unowned: string[]
}

export async function ownersOf(host: HostView, paths: readonly string[]): Promise<Owners> {
  const owners = await Promise.all(paths.map(async (path) => ({ path, name: await ownerOf(host, path) })))
  return {
    packages: [...new Set(owners.flatMap(({ name }) => name ?? []))],
    unowned: owners.filter(({ name }) => name === undefined).map(({ path }) => path),
  }
}

async function ownerOf(host: HostView, path: string): Promise<string | undefined> {
  // With a merged /usr a package can contain the file as /lib/….
  const spellings = path.startsWith('/usr/lib/') ? [path, path.slice('/usr'.length)] : [path]
  for (const spelling of spellings) {
    if (await findCommand(host, 'dpkg-query')) {
      const { exitCode, stdout } = await host.ask([...ASK_DPKG, spelling])
      const [, name] = /^([\w.+-]+)(?::\w+)?: /m.exec(stdout) ?? []
      if (exitCode === 0 && name !== undefined) return name
    }
    if (await findCommand(host, 'rpm')) {
      const { exitCode, stdout } = await host.ask([...ASK_RPM, spelling])
      if (exitCode === 0 && stdout.trim() !== '') return stdout.trim().split('\n')[0]
    }
  }
  return undefined
}

export async function removePackages(host: HostView, packages: readonly string[]): Promise<string | undefined> {
  if (packages.length === 0) return undefined
  if (await findCommand(host, 'apt-get')) return command`apt-get purge -y --allow-change-held-packages ${packages}`
  if (await findCommand(host, 'zypper')) return command`zypper --non-interactive remove ${packages}`
  if (await findCommand(host, 'dnf')) return command`dnf remove -y ${packages}`
  return command`yum remove -y ${packages}`
}
