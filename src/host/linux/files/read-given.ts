import { type GivenFile, readGivenFile } from '../../files/given-file.ts'
import { trustOf } from '../../files/trust.ts'
import { linuxHostView } from '../host-view.ts'

/** Like readGivenFile, on this machine and for the user who started this process. */
export async function readGiven(file: Omit<GivenFile, 'trust'>): Promise<string> {
  const view = linuxHostView()
  return readGivenFile({ ...file, trust: await trustOf(view, process.env) }, view)
}
