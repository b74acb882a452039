import { type GivenFile, readGivenFile } from '../../files/given-file.ts'
import { trustOf } from '../../files/trust.ts'
import { linuxHostView } from '../host-view.ts'

/** As readGivenFile, on this machine and for whoever started this process. */
export async function readGiven(file: Omit<GivenFile, 'trust'>): Promise<string> {
  const view = linuxHostView()
  return readGivenFile({ ...file, trust: await trustOf(view, process.env) }, view)
}
