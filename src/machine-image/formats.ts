import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { ImageFormat } from './description.ts'
import { type Appliance, ovfDescriptor, ovfManifest } from './ovf.ts'
import type { Run } from './tools.ts'

export interface Source {
  /** The disk as raw bytes. */
  disk: string
  /** Where the files are written, with this name. */
  directory: string
  name: string
  appliance: Omit<Appliance, 'name' | 'disk'>
  run: Run
}

/** Write the image in one format, and return the name of the file. `raw` moves the disk, so it comes last. */
export const WRITE: Record<ImageFormat, (source: Source) => Promise<string>> = {
  async raw({ disk, directory, name }) {
    await rename(disk, join(directory, `${name}.raw`))
    return `${name}.raw`
  },
  async qcow2({ disk, directory, name, run }) {
    await run(['qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', '-c', disk, join(directory, `${name}.qcow2`)])
    return `${name}.qcow2`
  },
  ova: writeOva,
}

async function writeOva({ disk, directory, name, appliance, run }: Source): Promise<string> {
  const [ovf, manifest, vmdk, ova] = [`${name}.ovf`, `${name}.mf`, `${name}-disk1.vmdk`, `${name}.ova`]
  const at = (file: string) => join(directory, file)
  const form = ['-o', 'subformat=streamOptimized,adapter_type=lsilogic']
  await run(['qemu-img', 'convert', '-f', 'raw', '-O', 'vmdk', ...form, disk, at(vmdk)])
  const [{ size: capacityBytes }, { size: bytes }] = await Promise.all([stat(disk), stat(at(vmdk))])
  await writeFile(at(ovf), ovfDescriptor({ ...appliance, name, disk: { file: vmdk, bytes, capacityBytes } }))
  const files = [ovf, vmdk]
  const sums = await Promise.all(files.map(async (file) => ({ name: file, sha256: await sha256Of(at(file)) })))
  await writeFile(at(manifest), ovfManifest(sums))
  // The description comes first: DSP0243 5.3.
  const owner = ['--owner=0', '--group=0', '--numeric-owner', '--mode=0644']
  await run(['tar', '--create', '--format=ustar', ...owner, '-f', at(ova), '-C', directory, ovf, manifest, vmdk])
  for (const file of [ovf, manifest, vmdk]) await rm(at(file))
  return ova
}

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}
