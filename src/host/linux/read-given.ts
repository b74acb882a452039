import { type GivenFile, readGivenFile } from '../given-file.ts'
import { trustOf } from '../trust.ts'
import { linuxHostView } from './host-view.ts'

/** As readGivenFile, on this machine and for whoever started this process. */
export async function readGiven(file: Omit<GivenFile, 'trust'>): Promise<string> {
  const view = linuxHostView()
  return readGivenFile({ ...file, trust: await trustOf(view, process.env) }, view)
}
