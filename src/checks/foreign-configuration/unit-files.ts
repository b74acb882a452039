import { command, inOrder } from '../../base/command.ts'
import { ETCD_UNIT, KUBELET_UNIT } from '../../base/kubernetes-paths.ts'
import { escapeArgv } from '../../base/text/escape-argv.ts'
import type { Finding } from '../../engine/checks/findings.ts'
import { realPath } from '../../host/files/real-path.ts'
import type { HostView } from '../../host/host.ts'
import { parseUnitFile } from '../../host/parse/unit-file.ts'
import { type Harm, judgeDirective } from './judge-directive.ts'
import { BEFORE_OWN, dropInDirectories, OWN_DIRECTORY, UNIT_DIRECTORIES, UNITS } from './unit-directories.ts'

interface DropIn {
  path: string
  directory: string
  units: string[]
}

/** Drop-ins that Cantrip writes. They hide files of the same name in directories that systemd reads later. */
const OWN_DROP_INS = [`${KUBELET_UNIT}.d/10-kubeadm.conf`, `${ETCD_UNIT}.d/10-data.conf`]
const RELOAD = 'systemctl daemon-reload'

/** Foreign drop-ins for the units of Kubernetes, and foreign unit files that hide them. */
export async function unitFileFindings(host: HostView): Promise<Finding[]> {
  const [hiding, dropIns] = await Promise.all([hidingFiles(host), foreignDropIns(host)])
  const judged = await Promise.all(dropIns.map((dropIn) => judge(host, dropIn)))
  return [...hiding, ...judged.flat()]
}

async function hidingFiles(host: HostView): Promise<Finding[]> {
  const paths = BEFORE_OWN.flatMap((directory) => UNITS.map((unit) => `${directory}/${unit}`))
  const stats = await Promise.all(paths.map((path) => host.stat(path)))
  return paths
    .filter((_, index) => stats[index] !== undefined)
    .map((path) => ({
      kind: 'fail',
      found: `${shown(path)} hides the unit of Kubernetes with the same name`,
      wanted: 'units that systemd reads from /etc/systemd/system',
      fix: inOrder(disable(path), RELOAD),
    }))
}

async function foreignDropIns(host: HostView): Promise<DropIn[]> {
  const directories = [...new Set(UNITS.flatMap(dropInDirectories))]
  const found = await Promise.all(directories.map((directory) => readDropIns(host, directory)))
  return found.flat()
}

/** One file for each name, as systemd selects it; a link to /dev/null masks the others of the same name. */
async function readDropIns(host: HostView, directory: string): Promise<DropIn[]> {
  const lists = await Promise.all(UNIT_DIRECTORIES.map((parent) => host.list(`${parent}/${directory}`)))
  const paths = new Map<string, string>()
  UNIT_DIRECTORIES.forEach((parent, index) => {
    for (const name of lists[index] ?? []) {
      const isOwn = OWN_DROP_INS.includes(`${directory}/${name}`) && !BEFORE_OWN.includes(parent)
      if (name.endsWith('.conf') && !isOwn && !paths.has(name)) paths.set(name, `${parent}/${directory}/${name}`)
    }
  })
  const units = UNITS.filter((unit) => dropInDirectories(unit).includes(directory))
  return [...paths.values()].map((path) => ({ path, directory, units }))
}

async function judge(host: HostView, { path, directory, units }: DropIn): Promise<Finding[]> {
  // A masked drop-in is a link to /dev/null, which is not a regular file.
  const real = await realPath(host, path)
  if (real === undefined || (await host.stat(real))?.kind !== 'file') return []
  const directives = parseUnitFile((await host.read(real)) ?? '')
  const harms = directives.flatMap((directive) => {
    const harm = judgeDirective(directive)
    return harm === undefined ? [] : [{ harm, name: directive.name }]
  })
  const missing = await missingFiles(host, directives)
  const kind: Harm | undefined = [...harms.map(({ harm }) => harm), ...missing.map((): Harm => 'fail')].toSorted()[0]
  if (kind === undefined) return []
  const names = [...new Set(harms.map(({ name }) => `${name}=`))]
  const reads = missing.map((file) => `EnvironmentFile=${shown(file)}, which does not exist`)
  return [
    {
      kind,
      found: `${shown(path)} sets ${[...names, ...reads].join(', ')} for ${units.join(', ')}`,
      wanted: 'units without such drop-ins; limits, priorities and a proxy are allowed',
      fix: inOrder(...withoutDropIn(path, directory), RELOAD),
    },
  ]
}

/** systemd does not start a unit whose EnvironmentFile is missing, unless the path has the prefix `-`. */
async function missingFiles(host: HostView, directives: readonly { name: string; value: string }[]): Promise<string[]> {
  const files = directives
    .filter(({ name, value }) => name === 'EnvironmentFile' && /^\/[^*?[%]*$/.test(value))
    .map(({ value }) => value)
  const stats = await Promise.all(files.map((file) => host.stat(file)))
  return files.filter((_, index) => stats[index] === undefined)
}

/** systemd reads only files that end in .conf. A drop-in of a package is masked, because an update would reinstall it. */
function withoutDropIn(path: string, directory: string): string[] {
  if (path.startsWith('/etc/')) return [disable(path)]
  const own = `${OWN_DIRECTORY}/${directory}`
  const link = `${own}/${path.slice(path.lastIndexOf('/') + 1)}`
  return [command`mkdir -p ${own}`, command`ln -s /dev/null ${link}`]
}

function disable(path: string): string {
  return command`mv ${path} ${`${path}.disabled`}`
}

function shown(path: string): string {
  return escapeArgv([path])
}
