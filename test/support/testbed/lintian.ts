import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { rootWith } from './debian-root.ts'
import { run } from './run.ts'

/** The findings of lintian on these packages. */
export async function lintian(packages: readonly string[], signal?: AbortSignal): Promise<string> {
  const root = await rootWith('lintian', signal)
  const inside = await mkdtemp(join(root, 'root/packages-'))
  try {
    for (const file of packages) await copyFile(file, join(inside, basename(file)))
    const files = packages.map((file) => `/root/${basename(inside)}/${basename(file)}`)
    const { stdout, stderr } = await run(['chroot', root, 'lintian', '--allow-root', ...files], { timeoutMs: 300_000 })
    return `${stdout}${stderr}`
  } finally {
    await rm(inside, { recursive: true })
  }
}
