import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, copyFile, lstat, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import type { VersionInfo } from '../../src/base/version.ts'
import type { Target } from '../targets.ts'

const run = promisify(execFile)
const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' } as const
const SCRIPTS = ['preinst', 'postinst', 'prerm', 'postrm']
const MAINTAINER = 'Cantrip authors <maintainers@cantrip.example>'

export interface PackageOrder {
  root: string
  target: Target
  version: VersionInfo
  /** The executable. */
  executable: string
  /** Directory of the package, and of the tree that it is made of. */
  output: string
  scratch: string
  /** Of every file in the package; default: the time of the commit. */
  epochSeconds: number
}

/** Builds the Debian package of a program. The same executable and time give the same package. Returns its path. */
export async function buildPackage(order: PackageOrder): Promise<string> {
  const { root, target, scratch, output, epochSeconds } = order
  const name = `cantrip-${target.program}`
  const version = debianVersion(order.version)
  const architecture = ARCHITECTURES[target.arch]
  const tree = join(scratch, `${name}-${architecture}`)
  const own = join(root, 'build/deb')
  await rm(tree, { recursive: true, force: true })
  const put = async (path: string, content: string | Buffer, mode = 0o644) => {
    await mkdir(dirname(join(tree, path)), { recursive: true })
    await writeFile(join(tree, path), content)
    await chmod(join(tree, path), mode)
  }
  await put(`usr/bin/${name}`, '', 0o755)
  await copyFile(order.executable, join(tree, `usr/bin/${name}`))
  await chmod(join(tree, `usr/bin/${name}`), 0o755)
  await put(`usr/share/doc/${name}/copyright`, await readFile(join(own, 'copyright')))
  const changelog = `${name} (${version}) unstable; urgency=medium\n\n  * Built from commit ${order.version.commit}.\n\n -- ${MAINTAINER}  ${rfc5322(epochSeconds)}\n`
  await put(`usr/share/doc/${name}/changelog.gz`, gzipSync(changelog, { level: 9 }))
  const overrides = await readFile(join(own, 'overrides'), 'utf8')
  await put(`usr/share/lintian/overrides/${name}`, overrides.replaceAll('PACKAGE', name))
  const isService = target.program === 'controller'
  if (isService) {
    const unit = await readFile(join(root, `systemd/${name}.service`), 'utf8')
    await put(`usr/lib/systemd/system/${name}.service`, packagedUnit(unit))
    await put(`etc/default/${name}`, await readFile(join(own, target.program, 'default')))
    await put('DEBIAN/conffiles', `/etc/default/${name}\n`)
  }
  for (const script of SCRIPTS) {
    const text = await readFile(join(own, target.program, script), 'utf8').catch(() => undefined)
    if (text !== undefined) await put(`DEBIAN/${script}`, text, 0o755)
  }
  const files = (await filesIn(tree)).filter((path) => !path.startsWith('DEBIAN/'))
  const sums = await Promise.all(files.map(async (path) => `${await md5(join(tree, path))}  ${path}\n`))
  await put('DEBIAN/md5sums', sums.join(''))
  const sizes = await Promise.all(files.map(async (path) => (await lstat(join(tree, path))).size))
  await put(
    'DEBIAN/control',
    [
      ...[`Package: ${name}`, `Version: ${version}`, `Architecture: ${architecture}`, `Maintainer: ${MAINTAINER}`],
      `Installed-Size: ${Math.ceil(sizes.reduce((sum, size) => sum + size, 0) / 1_024)}`,
      `Depends: libc6 (>= 2.28), libstdc++6${isService ? ', systemd (>= 247)' : ''}`,
      ...['Section: admin', 'Priority: optional', 'Homepage: https://kubernetes.io/'],
      `Description: ${await readFile(join(own, target.program, 'description'), 'utf8')}`,
    ].join('\n'),
  )
  await setTimes(tree, epochSeconds)
  const file = join(output, `${name}_${version}_${architecture}.deb`)
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(epochSeconds) }
  await run('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z6', '--build', tree, file], { env })
  await rm(tree, { recursive: true })
  return file
}

/** `0.1.0+20261129172203.dfb431a0a1b2`: later commits have higher versions. */
export function debianVersion({ version, commit, date }: VersionInfo): string {
  return `${version}+${date.replaceAll(/\D/g, '') || '0'}.${commit.replaceAll('-', '.')}`
}

/** With the options of /etc/default, which an administrator can change. */
function packagedUnit(unit: string): string {
  const start =
    'EnvironmentFile=-/etc/default/cantrip-controller\nExecStart=/usr/bin/cantrip-controller serve $CONTROLLER_OPTIONS'
  return unit.replace(/^ExecStart=.*$/m, () => start)
}

async function filesIn(tree: string): Promise<string[]> {
  const entries = await readdir(tree, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  return files.map((path) => path.slice(tree.length + 1)).sort()
}

async function setTimes(tree: string, seconds: number): Promise<void> {
  const entries = await readdir(tree, { recursive: true, withFileTypes: true })
  for (const { parentPath, name } of entries) {
    const path = join(parentPath, name)
    if ((await lstat(path)).isDirectory()) await chmod(path, 0o755)
    await utimes(path, seconds, seconds)
  }
  await utimes(tree, seconds, seconds)
}

async function md5(path: string): Promise<string> {
  return createHash('md5')
    .update(await readFile(path))
    .digest('hex')
}

function rfc5322(seconds: number): string {
  return new Date(seconds * 1_000).toUTCString().replace('GMT', '+0000')
}
